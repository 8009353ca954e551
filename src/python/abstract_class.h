/// Classes made by ABCMeta: they may answer isinstance() and refuse to make instances, and are ordinary otherwise.
#pragma once

#include <Python.h>

namespace pp::python {

/// Whether `abc.ABCMeta` itself, no metaclass derived from it, made the class. GIL held; runs no Python code.
bool is_abstract_base(PyTypeObject* type);

}  // namespace pp::python
