/// Arrays as Arrow's C data interface has them.
#pragma once

#include <Python.h>

#include "python/object.h"

namespace pp::python {

/// (schema, array): the two capsules of `__arrow_c_array__`. Scalars in a run, and rows of numbers of one dtype, are
/// handed over where they lie, and growth is blocked as long as the consumer keeps them; bools, columns with steps and
/// rows of several dtypes are copied, rows as a struct. Throws PythonError, std::bad_alloc.
Object arrow_capsules(PyObject* array);

}  // namespace pp::python
