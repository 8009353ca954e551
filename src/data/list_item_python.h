/// One item of a list, safe to use also where there is no GIL.
#pragma once

#include <Python.h>

namespace pp::data {

/// Keeps a list's item alive while it is looked at: without a GIL another thread may replace it at any time. Null when
/// the list has no such item (any more); no exception is left set. With a GIL any thread may ask while its owner waits.
class ListItem {
public:
    ListItem(PyObject* list, Py_ssize_t index) {
#ifdef Py_GIL_DISABLED
        object_ = PyList_GetItemRef(list, index);
        if (!object_) {
            PyErr_Clear();  // an IndexError: the list has shrunk since its size was read
        }
#else
        object_ = index < PyList_GET_SIZE(list) ? PyList_GET_ITEM(list, index) : nullptr;
#endif
    }
#ifdef Py_GIL_DISABLED
    ~ListItem() { Py_XDECREF(object_); }
#endif
    ListItem(const ListItem&) = delete;
    ListItem& operator=(const ListItem&) = delete;
    PyObject* get() const { return object_; }

private:
    PyObject* object_;
};

}  // namespace pp::data
