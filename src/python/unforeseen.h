/// Values that have no kind though their like has: CPython computes with them, element by element.
#pragma once

#include <Python.h>

#include "ir/kind.h"

namespace pp::python {

/// Whether a value of the surroundings that is of this kind is handed to kernels as its scalars. Objects with
/// attributes are left out: whatever else changes in them would be a change of kind.
bool can_be_uniform(KindRef kind);

/// The part of `value`, itself perhaps, that keeps it from having a kind: an int beyond 64 bits, or an instance of a
/// subclass of int, float, tuple or list. Borrowed. Null where `value` has a kind, and where some part of it is of a
/// type that has no compiled form at all. GIL held; runs no Python code.
PyObject* unforeseen_part(PyObject* value);

}  // namespace pp::python
