/// Looking names up in classes without running Python code.
#pragma once

#include <Python.h>

namespace pp::data {

/// What the class and its bases have under `name`, an interned str: borrowed, null without an exception where there is
/// nothing. Neither descriptors nor metaclasses are asked. GIL held.
PyObject* look_up_in_class(PyTypeObject* type, PyObject* name);
PyObject* look_up_in_class(PyTypeObject* type, const char* name);
/// The same of those of its bases that come behind `base`, as super() looks.
PyObject* look_up_behind(PyTypeObject* type, PyTypeObject* base, PyObject* name);

}  // namespace pp::data
