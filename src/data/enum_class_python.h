/// Classes that the standard library's `enum` has made, recognised by their metaclass. It is never imported from here.
#pragma once

#include <Python.h>

namespace pp::data {

/// Whether exactly `enum.EnumType` made the class: attributes of such a class are looked up as in any other, its
/// members are instances with attributes of their own. GIL held; runs no Python code.
bool is_enum_class(PyTypeObject* type);

/// Whether the object is exactly an `enum.property`. With an `fget`, it does for instances what a property does. GIL
/// held; runs no Python code.
bool is_enum_property(PyObject* object);

}  // namespace pp::data
