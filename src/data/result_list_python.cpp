/// Lists that grow to their size before they have items.
#include "data/result_list_python.h"

#include <algorithm>
#include <utility>

namespace pp::data {

PyObject* new_result_list(int64_t count) {
#ifdef Py_GIL_DISABLED
    PyObject* list = PyList_New(count);  // item arrays have heads of their own there
#else
    PyObject* list = PyList_New(0);
    if (list && count > 0) {
        auto* parts = reinterpret_cast<PyListObject*>(list);
        parts->ob_item = static_cast<PyObject**>(PyMem_Malloc(static_cast<size_t>(count) * sizeof(PyObject*)));
        if (!parts->ob_item) {
            Py_DECREF(list);
            return PyErr_NoMemory();
        }
        parts->allocated = count;
    }
#endif
    if (list) {
        PyObject_GC_UnTrack(list);
    }
    return list;
}

PyObject** result_slots(PyObject* list) {
    return reinterpret_cast<PyListObject*>(list)->ob_item;
}

void fill_with_nulls(PyObject* list, int64_t count) {
    std::fill_n(result_slots(list), count, nullptr);
    set_filled(list, count);
}

void set_filled(PyObject* list, int64_t count) {
    reinterpret_cast<PyVarObject*>(list)->ob_size = count;
}

void exchange_items(PyObject* a, PyObject* b) {
#ifdef Py_GIL_DISABLED
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(a); ++i) {
        std::swap(result_slots(a)[i], result_slots(b)[i]);
    }
#else
    auto *first = reinterpret_cast<PyListObject*>(a), *second = reinterpret_cast<PyListObject*>(b);
    std::swap(first->ob_item, second->ob_item);
    std::swap(first->allocated, second->allocated);
#endif
}

}  // namespace pp::data
