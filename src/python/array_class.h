/// The class that `parallel_party.Array` is made of.
#pragma once

#include <Python.h>

#include "python/object.h"

namespace pp::python {

/// Makes it for the current interpreter. Throws PythonError.
Object make_array_base_class();

// Its parts, by what they are about; each is a null-terminated table.
extern PyMethodDef array_sequence_methods[];
extern PyMethodDef array_exchange_methods[];
extern PyMethodDef array_state_methods[];

// Slots. What they have in common: `self` is an Array; null or -1 with an exception set.
Py_ssize_t array_length(PyObject* self);
PyObject* array_item(PyObject* self, Py_ssize_t index);
PyObject* array_subscript(PyObject* self, PyObject* key);
int array_assign_subscript(PyObject* self, PyObject* key, PyObject* value);
int array_assign_item(PyObject* self, Py_ssize_t index, PyObject* value);
int array_contains(PyObject* self, PyObject* value);
PyObject* array_concat(PyObject* self, PyObject* other);
PyObject* array_repeat(PyObject* self, Py_ssize_t times);
PyObject* array_inplace_concat(PyObject* self, PyObject* other);
PyObject* array_inplace_repeat(PyObject* self, Py_ssize_t times);
PyObject* array_compare(PyObject* self, PyObject* other, int operation);
int array_get_buffer(PyObject* self, Py_buffer* view, int flags);
void array_release_buffer(PyObject* self, Py_buffer* view);

/// A new list of the elements. Throws PythonError.
Object array_to_list(PyObject* self);

}  // namespace pp::python
