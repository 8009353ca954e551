/// The Arrays that a function can come by through names, whatever of it compiled code knows.
#pragma once

#include <Python.h>

#include <vector>

#include "python/environment.h"

namespace pp::python {

/// Those bound to globals, free variables and defaults of the function, of functions that it names, and those handed to
/// it by keyword or in advance; borrowed, each once. Not those that are found in other objects. GIL held; runs no
/// Python code.
std::vector<PyObject*> named_arrays(const CallShape& shape);

}  // namespace pp::python
