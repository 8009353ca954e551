/// What a class's metaclass answers in its place.
#pragma once

#include <Python.h>

#include "data/record_class_python.h"

namespace pp::python {

/// Whether `abc.ABCMeta` itself, no metaclass derived from it, made the class: it may answer isinstance() and refuse to
/// make instances, and is ordinary otherwise. GIL held; runs no Python code.
bool is_abstract_base(PyTypeObject* type);

/// Where the value is a class whose instances are known and that leaves isinstance(), calls and attributes to CPython's
/// ways: its metaclass may look at new classes, as registries do, and has nothing else of its own. Else null. GIL held;
/// runs no Python code.
const data::RecordClass* plain_class(PyObject* value);

}  // namespace pp::python
