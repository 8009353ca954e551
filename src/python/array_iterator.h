/// What goes through an Array, from either end: as a list's iterators do, of which it has all the manners.
#pragma once

#include <Python.h>

namespace pp::python {

// `self` is an Array; null with an exception set.
PyObject* make_array_iterator(PyObject* self);
PyObject* make_reversed_array_iterator(PyObject* self, PyObject*);

}  // namespace pp::python
