/// `pp.for_each`.
#pragma once

#include <Python.h>

namespace pp::python {

/// The vectorcall implementation of `parallel_party.for_each`.
PyObject* for_each_function(PyObject* module, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names);

}  // namespace pp::python
