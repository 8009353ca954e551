/// What `pp.explain` knows of a function and its columns; the readable form is made in Python.
#pragma once

#include <nanobind/nanobind.h>

namespace pp::python {

/// Adds `explain`, and the class of its answers, to the module.
void bind_explanation(nanobind::module_& module);

}  // namespace pp::python
