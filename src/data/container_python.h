/// The list or tuple at the end of a way through rows, and its items' places.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>

#include "data/list_item_python.h"

namespace pp::data {

/// Walks down from an element, one item index for each step. The object found is borrowed where there is a GIL, which
/// somebody holds; else it is kept alive by this one. Any thread.
class Container {
public:
    Container(PyObject* element, std::span<const uint32_t> way) : object_(keep(element)) {
        for (uint32_t step : way) {
            if (!object_) {
                return;
            }
            go_down(static_cast<Py_ssize_t>(step));
        }
    }
    ~Container() { drop(); }
    Container(const Container&) = delete;
    Container& operator=(const Container&) = delete;

    /// Null where the way ends in something else than a row, or a row is too short.
    PyObject* get() const { return object_; }

private:
#ifdef Py_GIL_DISABLED
    static PyObject* keep(PyObject* object) { return Py_NewRef(object); }
    void drop() { Py_XDECREF(object_); }
#else
    static PyObject* keep(PyObject* object) { return object; }
    void drop() {}
#endif

    void go_down(Py_ssize_t index) {
        PyObject* next = nullptr;
        if (PyTuple_CheckExact(object_) && index < PyTuple_GET_SIZE(object_)) {
            next = keep(PyTuple_GET_ITEM(object_, index));
        } else if (PyList_CheckExact(object_) && index < PyList_GET_SIZE(object_)) {
            const ListItem item(object_, index);
            next = item.get() ? keep(item.get()) : nullptr;
        }
        drop();
        object_ = next;
    }

    PyObject* object_;
};

}  // namespace pp::data
