/// Values that have no kind though their like has: CPython computes with them, element by element.
#pragma once

#include <Python.h>

#include "ir/kind.h"

namespace pp::python {

/// The part of `value`, itself perhaps, that keeps it from having a kind: an int beyond 64 bits, or an instance of a
/// subclass of int, float, tuple or list. Borrowed. Null where `value` has a kind, and where some part of it is of a
/// type that has no compiled form at all. GIL held; runs no Python code.
PyObject* unforeseen_part(PyObject* value);

/// The kind as which a value of the surroundings is seen: its scalars are handed to kernels at each call, and of rows
/// that are long, or of any length, where their items lie (Captures). Null where it has none: part of it is carried, or
/// an object with attributes, or it is text by itself, which is a constant.
KindRef uniform_kind(PyObject* value);

/// The kind as which a dict, a set, a buffer, an Array or a row of several types is seen (data/captured_table_python.h,
/// captured_buffer_python.h, array_captures.h, captured_mixed_python.h); null where it has none, and for all else.
KindRef table_kind(PyObject* value);

}  // namespace pp::python
