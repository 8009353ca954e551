/// Finds out which ints are made only once.
#include "data/small_ints_python.h"

#include <atomic>
#include <memory>

namespace pp::data {
namespace {

/// More than any version keeps.
constexpr int64_t kFarthest = 1 << 14;

/// The object of `value` if two requests give the same one, else null.
PyObject* cached(int64_t value) {
    PyObject* first = PyLong_FromLongLong(value);
    PyObject* second = PyLong_FromLongLong(value);
    PyObject* object = first == second ? first : nullptr;
    Py_XDECREF(first);
    Py_XDECREF(second);
    return object;
}

}  // namespace

const SmallInts* SmallInts::find() {
    // They belong to the process: the interpreter's static data, whichever interpreter asks.
    static std::atomic<const SmallInts*> found{nullptr};
    if (const SmallInts* known = found.load(std::memory_order_acquire)) {
        return known;
    }
    auto fresh = std::make_unique<SmallInts>();
    while (fresh->low_ > -kFarthest && cached(fresh->low_ - 1)) {
        --fresh->low_;
    }
    for (int64_t value = fresh->low_; value < kFarthest; ++value) {
        PyObject* object = cached(value);
        if (!object) {
            break;
        }
        fresh->objects_.push_back(object);
    }
    if (PyErr_Occurred()) {
        return nullptr;
    }
    const SmallInts* expected = nullptr;
    return found.compare_exchange_strong(expected, fresh.get()) ? fresh.release() : expected;
}

}  // namespace pp::data
