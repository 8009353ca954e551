/// `pp.compile`: what a later call would wait for, now.
#pragma once

#include <Python.h>

namespace pp::python {

/// METH_FASTCALL | METH_KEYWORDS implementation of `compile`; returns the function that it was given.
PyObject* compile_function(PyObject* module, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names);

}  // namespace pp::python
