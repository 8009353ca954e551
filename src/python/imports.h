/// Imports in the midst of a call.
#pragma once

#include "python/object.h"

namespace pp::python {

/// The module called `name`. Runs Python code the first time; meanwhile other threads may run, but none forks. Throws
/// PythonError.
Object import_module(const char* name);

/// Whether this thread is in the midst of one: what asks is a signal handler, or other code that runs meanwhile, and a
/// module that it imports may lack what it wants.
bool is_importing();

}  // namespace pp::python
