/// Values that have no kind though their like has: CPython computes with them, element by element.
#pragma once

#include <Python.h>

#include "ir/kind.h"

namespace pp::python {

/// The part of `value`, itself perhaps, that keeps it from having a kind: an int beyond 64 bits, or an instance of a
/// subclass of int, float, tuple or list. Borrowed. Null where `value` has a kind, and where some part of it is of a
/// type that has no compiled form at all. GIL held; runs no Python code.
PyObject* unforeseen_part(PyObject* value);

/// The kind as which a value of the surroundings is read anew at each call and handed to kernels as its scalars; null
/// where it has none: part of it is carried, of any length, or an object with attributes, which only columns have.
KindRef uniform_kind(PyObject* value);

}  // namespace pp::python
