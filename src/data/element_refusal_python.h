/// Why an object is no element of an Array, in words.
#pragma once

#include <Python.h>

#include <string>

#include "ir/kind.h"

namespace pp::data {

/// Of an object that has no array kind: which part of it has none, and why: "['a'][3] is a dict without keys". Empty
/// where that is the object itself, of a type that no Array holds. GIL held; runs no Python code.
std::string why_no_array_kind(PyObject* object);

/// What there is in the object that elements of the array kind `kind` have not: "it lacks the key 'b'", "['a'] is of
/// type 'NoneType', not a dict". Empty where that is the object itself, or where nothing is found. As above.
std::string what_differs(PyObject* object, KindRef kind);

/// What to write for one of NumPy's numbers, which no Array holds as it is; empty for other objects. As above.
std::string advice_on_number(PyObject* object);

}  // namespace pp::data
