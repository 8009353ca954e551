/// Imports in the midst of a call.
#pragma once

#include "python/object.h"

namespace pp::python {

/// The module called `name`. Runs Python code the first time; meanwhile other threads may run, but none forks. Throws
/// PythonError.
Object import_module(const char* name);

}  // namespace pp::python
