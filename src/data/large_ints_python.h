/// Rows and records with ints of more than 64 bits in them, which `uint64` may hold.
#pragma once

#include <Python.h>

#include "data/reader_python.h"
#include "ir/kind.h"

namespace pp::data {

/// As `kind_of`, such ints being Ints, too.
KindRef kind_with_large_ints(PyObject* object);

/// The array kind that all elements are of, such ints being Ints; null where there is none. Looks at all. GIL held;
/// runs no Python code.
KindRef kind_with_large_ints(ElementSpan elements);

}  // namespace pp::data
