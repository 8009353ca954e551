/// See collector.h.
#include "python/collector.h"

#include <algorithm>

#include "data/arenas_python.h"
#include "data/interpreter_python.h"

namespace pp::python {

namespace {

/// Fewer rows than this are not worth a full collection, whatever else holds.
constexpr int64_t kFewRows = 20'000;
/// Growth of memory that is never taken for garbage.
constexpr int64_t kSmallGrowth = int64_t{64} << 20;
/// Collections of the middle generation, in units of CPython's threshold, after which everything is collected.
constexpr int64_t kLongAgo = 10;

/// CPython 3.12 freezes what it makes before it reads any Python code, some 400 objects. An application that freezes
/// does so with all it has imported: thousands.
constexpr int64_t kFrozenByInterpreter = (PY_VERSION_HEX >> 16) == 0x030C ? 1000 : 0;

/// Integer number `index` of a tuple.
int64_t item(const Object& tuple, Py_ssize_t index) {
    const int64_t value = PyLong_AsLongLong(PyTuple_GetItem(tuple.get(), index));
    if (value == -1 && PyErr_Occurred()) throw PythonError{};
    return value;
}

}  // namespace

Collector& Collector::current() {
    return data::Interpreter::current().the<Collector>();
}

Collector::Collector() {
    const Object module = checked(PyImport_ImportModule("gc"));
    gc_ = checked(PyDict_Copy(PyModule_GetDict(module.get())));
}

Object Collector::call(const char* function) const {
    PyObject* callable = PyDict_GetItemString(gc_.get(), function);
    if (!callable) throw PythonError{};
    return checked(PyObject_CallNoArgs(callable));
}

int64_t Collector::number(const char* function) const {
    const int64_t value = PyLong_AsLongLong(call(function).get());
    if (value == -1 && PyErr_Occurred()) throw PythonError{};
    return value;
}

void Collector::adopt(data::TrackedRows& rows) {
    const int64_t count = rows.count();
    if (count == 0) return;
    Object neighbour = oldest_;
    if (number("get_freeze_count") > kFrozenByInterpreter) {
        neighbour = checked(PyList_New(0));
    } else if (!oldest_) {
        // Thawed objects go to the oldest generation. Once only: what is young should not become old with each call.
        neighbour = checked(PyList_New(0));
        call("freeze");
        call("unfreeze");
        oldest_ = neighbour;
    }
    rows.hand_over(neighbour.get());
    adopted_ += count;
}

int Collector::due_generation() {
    const Object counts = call("get_count");
    const Object thresholds = call("get_threshold");
    if (item(thresholds, 0) == 0) return -1;
    const Object statistics = call("get_stats");
    PyObject* oldest = PyList_GetItem(statistics.get(), 2);
    PyObject* collections = oldest ? PyDict_GetItemString(oldest, "collections") : nullptr;
    const int64_t full = collections ? PyLong_AsLongLong(collections) : 0;
    if (PyErr_Occurred()) throw PythonError{};
    const int64_t memory = data::WarmArenas::bytes_in_use();
    if (full != full_collections_) {  // the application's, or one that came due by itself
        full_collections_ = full;
        uncollected_ = adopted_;
        memory_then_ = memory;
    }
    const bool has_grown = memory - memory_then_ > std::max(kSmallGrowth, memory / 4);
    const bool long_ago = item(counts, 2) > kLongAgo * std::max<int64_t>(item(thresholds, 2), 1);
    if ((uncollected_ > kFewRows && has_grown) || long_ago) return 2;
    return item(counts, 1) > item(thresholds, 1) ? 1 : 0;
}

void Collector::settle() {
    if (adopted_ == 0) return;
    uncollected_ += adopted_;
    const int generation = PyGC_IsEnabled() ? due_generation() : -1;
    adopted_ = 0;
    if (generation < 0) return;
    PyObject* collect = PyDict_GetItemString(gc_.get(), "collect");
    if (!collect) throw PythonError{};
    checked(PyObject_CallFunction(collect, "i", generation));
    if (generation == 2) {
        ++full_collections_;
        uncollected_ = 0;
        memory_then_ = data::WarmArenas::bytes_in_use();
    }
}

}  // namespace pp::python
