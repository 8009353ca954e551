/// Elements of an Array that are equal to an object, as `in`, `index` and `count` ask for them.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "data/array_body.h"
#include "data/packed_element_python.h"
#include "python/object.h"

namespace pp::python {

/// Compares leaves where what equality means is known, else objects one by one, which may run any Python code. GIL
/// held. Throws PythonError, UserError, std::bad_alloc.
class ArraySearch {
public:
    /// Borrows both.
    ArraySearch(PyObject* array, PyObject* value);

    /// The first of elements [start, stop) equal to the object, or -1.
    Py_ssize_t find(Py_ssize_t start, Py_ssize_t stop) const;
    Py_ssize_t count() const;

private:
    void pack();

    PyObject* array_;
    PyObject* value_;
    std::optional<data::PackedElement> packed_;  ///< what the texts of `block_` lie in
    std::shared_ptr<data::ArrayBlock> block_;    ///< the object as an element; null: objects are compared
    bool is_none_ = false;                       ///< no element can be equal to it
};

}  // namespace pp::python
