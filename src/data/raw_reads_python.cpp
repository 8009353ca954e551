/// Decides whether objects may be read raw: tries it, at first use, on values whose answers the API knows.
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "data/layout_python.h"
#include "data/reader_python.h"

namespace pp::data {
namespace {

/// Whether nothing can change what is read while this thread waits with the GIL. A free-threaded build may have turned
/// its GIL on; it stays on then.
bool has_gil() {
#ifdef Py_GIL_DISABLED
    PyObject* query = PySys_GetObject("_is_gil_enabled");  // borrowed
    PyObject* answer = query ? PyObject_CallNoArgs(query) : nullptr;
    const bool is_on = answer == Py_True;
    Py_XDECREF(answer);
    return is_on;
#else
    return true;
#endif
}

/// An object owned by a scope.
class Owned {
public:
    explicit Owned(PyObject* object) : object_(object) {}
    ~Owned() { Py_XDECREF(object_); }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    PyObject* get() const { return object_; }
    explicit operator bool() const { return object_ != nullptr; }

private:
    PyObject* object_;
};

bool is_same_interpreter() {
    // Layouts belong to one minor version; a build against another one would read the wrong words.
    return Py_Version >> 16 == PY_VERSION_HEX >> 16 &&
           std::string_view(Py_GetVersion()).find("PyPy") == std::string_view::npos;
}

bool sizes_agree() {
    return PyFloat_Type.tp_basicsize == sizeof(PyFloatObject) && PyList_Type.tp_basicsize == sizeof(PyListObject) &&
           PyTuple_Type.tp_basicsize == offsetof(PyTupleObject, ob_item) &&
           PyTuple_Type.tp_itemsize == sizeof(PyObject*) && PyLong_Type.tp_itemsize == sizeof(digit);
}

bool floats_agree() {
    using Limits = std::numeric_limits<double>;
    for (double value : {0.0, -0.0, 1.5, -1e300, Limits::denorm_min(), Limits::infinity(), Limits::quiet_NaN()}) {
        const Owned object(PyFloat_FromDouble(value));
        if (!object || std::bit_cast<uint64_t>(raw_float(object.get())) != std::bit_cast<uint64_t>(value)) {
            return false;
        }
    }
    return true;
}

bool int_agrees(PyObject* object) {
    if (!object) {
        return false;
    }
    int overflow = 0;
    const long long expected = PyLong_AsLongLongAndOverflow(object, &overflow);
    int64_t value = 0;
    return raw_int(object, value) ? !overflow && value == expected : overflow != 0;
}

bool ints_agree() {
    for (int bit = 0; bit < 64; ++bit) {
        for (int64_t offset : {-1, 0, 1}) {
            const auto value = static_cast<int64_t>((uint64_t{1} << bit) + static_cast<uint64_t>(offset));
            const Owned positive(PyLong_FromLongLong(value));
            const Owned negative(PyLong_FromLongLong(static_cast<int64_t>(-static_cast<uint64_t>(value))));
            const Owned beyond(PyLong_FromUnsignedLongLong(static_cast<uint64_t>(value)));
            if (!int_agrees(positive.get()) || !int_agrees(negative.get()) || !int_agrees(beyond.get())) {
                return false;
            }
        }
    }
    for (const char* text : {"-9223372036854775808", "-9223372036854775809", "9223372036854775808",
                             "1000000000000000000000000000000", "-1000000000000000000000000000000"}) {
        const Owned object(PyLong_FromString(text, nullptr, 10));
        if (!int_agrees(object.get())) {
            return false;
        }
    }
    return true;
}

bool rows_agree() {
    const Owned tuple(Py_BuildValue("(dO[]())", 2.5, Py_True));
    const Owned list(Py_BuildValue("[Oid]", Py_None, 7, 3.5));
    PyObject* const* items = nullptr;
    if (!tuple || !list || raw_tuple_items(list.get(), 3, items) || raw_list_items(tuple.get(), 4, items) ||
        raw_tuple_items(tuple.get(), 3, items) || raw_list_items(list.get(), 4, items)) {
        return false;
    }
    if (!raw_tuple_items(tuple.get(), 4, items)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < 4; ++i) {
        if (items[i] != PyTuple_GetItem(tuple.get(), i)) {
            return false;
        }
    }
    PyObject* const* none = nullptr;
    if (!raw_list_items(items[2], 0, none) || !raw_tuple_items(items[3], 0, none) || !is_raw_bool(items[1]) ||
        !raw_list_items(list.get(), 3, items)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < 3; ++i) {
        if (items[i] != PyList_GetItem(list.get(), i)) {
            return false;
        }
    }
    return true;
}

bool is_turned_off() {
    const char* wish = std::getenv("PARALLEL_PARTY_RAW_READS");
    return wish && std::string_view(wish) == "0";
}

bool find_out() {
    if (!has_gil() || is_turned_off()) {
        return false;
    }
    const bool works = is_same_interpreter() && sizes_agree() && floats_agree() && ints_agree() && rows_agree();
    if (PyErr_Occurred()) {
        PyErr_Clear();  // no memory for the test: the answer is no, and the caller will meet the shortage itself
    }
    return works;
}

}  // namespace

bool raw_reads_enabled() {
    // Not a guarded static: the test makes objects, which may run a collection and so other threads, and these would
    // wait for the guard with the GIL held.
    enum : int { Unknown, No, Yes };
    static std::atomic<int> answer{Unknown};
    int known = answer.load(std::memory_order_relaxed);
    if (known == Unknown) {
        known = find_out() ? Yes : No;
        answer.store(known, std::memory_order_relaxed);
    }
    return known == Yes;
}

}  // namespace pp::data
