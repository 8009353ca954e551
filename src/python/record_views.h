/// The classes of what elements of Arrays are shown as that can be written to (data/record_place_python.h).
#pragma once

#include <Python.h>

#include <cstdint>

#include "python/object.h"

namespace pp::python {

/// The base of `parallel_party._records.RecordDict`, of the current interpreter: borrowed. Throws PythonError.
PyTypeObject* record_base_class();

/// A new reference to element `index` of an Array: what `list` would hold, or for dicts and instances what shows it.
/// Throws PythonError, UserError.
Object array_element(PyObject* array, int64_t index);

/// Lets go of the classes of what shows instances of which there are no elements any more. May run any Python code.
/// Throws std::bad_alloc, PythonError.
void release_shown_classes();

}  // namespace pp::python
