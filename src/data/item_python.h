/// The objects within an object, found by its kind.
#pragma once

#include <Python.h>

#include <cstddef>

#include "ir/kind.h"

namespace pp::data {

/// Item number `index` of what `kind` says `object` is: a new reference, or null, without an exception, where the
/// object has changed and has no such item (any more). GIL held; runs no Python code.
PyObject* new_item_of(PyObject* object, KindRef kind, size_t index);

/// Such an item, released at the end of its scope.
class ItemOf {
public:
    /// `object` may be null: no item.
    ItemOf(PyObject* object, KindRef kind, size_t index)
        : object_(object ? new_item_of(object, kind, index) : nullptr) {}
    ~ItemOf() { Py_XDECREF(object_); }
    ItemOf(const ItemOf&) = delete;
    ItemOf& operator=(const ItemOf&) = delete;
    PyObject* get() const { return object_; }

private:
    PyObject* object_;
};

}  // namespace pp::data
