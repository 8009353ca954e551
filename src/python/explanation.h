/// What `pp.explain` knows of a function and its columns; the readable form is made in Python.
#pragma once

#include <Python.h>

namespace pp::python {

/// METH_FASTCALL | METH_KEYWORDS implementation of `explain`: how many elements there are, and a list of ExplainedCall,
/// one for each signature among the first of them.
PyObject* explain_function(PyObject* module, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names);

/// The class ExplainedCall of the current interpreter; borrowed. Throws PythonError.
PyObject* explained_call_class();

}  // namespace pp::python
