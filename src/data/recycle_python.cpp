/// See recycle_python.h.
#include "data/recycle_python.h"

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "data/reader_python.h"

namespace pp::data {
namespace {

[[maybe_unused]] bool is_turned_off() {
    const char* wish = std::getenv("PARALLEL_PARTY_RECYCLE");
    return wish && std::string_view(wish) == "0";
}

/// A float in a list is found to be recyclable only while nobody else refers to it, and takes a value as it should.
[[maybe_unused]] bool works() {
    PyObject* list = Py_BuildValue("[d]", 1234.5);
    if (!list) {
        PyErr_Clear();
        return false;
    }
    PyObject* item = PyList_GET_ITEM(list, 0);
    bool is_right = is_recyclable(item);
    Py_INCREF(item);
    is_right = is_right && !is_recyclable(item);
    Py_DECREF(item);
    if (is_right) {
        recycled_value(item) = -0.25;
        is_right = PyFloat_AsDouble(item) == -0.25;
    }
    Py_DECREF(list);
    return is_right;
}

}  // namespace

bool recycling_enabled() {
#ifdef Py_GIL_DISABLED
    return false;  // the number of references is split between threads there
#else
    static std::atomic<int> answer{-1};
    int known = answer.load(std::memory_order_relaxed);
    if (known < 0) {
        known = raw_reads_enabled() && !is_turned_off() && works();
        answer.store(known, std::memory_order_relaxed);
    }
    return known == 1;
#endif
}

}  // namespace pp::data
