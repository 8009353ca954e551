/// One call of `pp.map`, from its arguments to its list.
#pragma once

#include <Python.h>

namespace pp::python {

/// METH_FASTCALL | METH_KEYWORDS implementation of `parallel_party.map`.
PyObject* map_function(PyObject* module, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names);

}  // namespace pp::python
