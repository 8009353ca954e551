/// Single items of lists and tuples as places that are written: what is there, putting something else there.
#pragma once

#include <Python.h>

#include <utility>

#include "data/box_plan_python.h"

namespace pp::data {

/// Where the result of `node` came from at a position.
inline ir::Origin origin_at(const BoxNode& node, int64_t position) {
    return node.origins ? node.origins[position] : node.origin;
}

/// An item, borrowed. Precondition: exactly a list or tuple that has it.
inline PyObject* item_of(PyObject* row, Py_ssize_t index) {
    return PyList_CheckExact(row) ? PyList_GET_ITEM(row, index) : PyTuple_GET_ITEM(row, index);
}

/// Puts `item` (taken over) into the row and answers what was there, if that is still to be let go. A tuple must be one
/// that nobody else refers to.
inline PyObject* exchange_item(PyObject* row, Py_ssize_t index, PyObject* item) {
    if (PyTuple_CheckExact(row)) {
        return std::exchange(reinterpret_cast<PyTupleObject*>(row)->ob_item[index], item);
    }
#ifdef Py_GIL_DISABLED
    PyList_SetItem(row, index, item);  // another thread may look: CPython's own way
    return nullptr;
#else
    return std::exchange(reinterpret_cast<PyListObject*>(row)->ob_item[index], item);
#endif
}

/// A tuple whose items were changed must forget its hash, which it remembers since 3.14.
inline void forget_hash([[maybe_unused]] PyObject* row) {
#if PY_VERSION_HEX >= 0x030E0000
    if (PyTuple_CheckExact(row)) {
        reinterpret_cast<PyTupleObject*>(row)->ob_hash = -1;
    }
#endif
}

}  // namespace pp::data
