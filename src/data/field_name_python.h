/// Names of fields: keys of dicts, attributes of instances.
#pragma once

#include <Python.h>

#include <string>
#include <vector>

namespace pp::data {

/// Appends a key or an attribute's name as UTF-8, which may have a NUL in it. False, and nothing has happened, where it
/// is no exact str, or has no UTF-8. GIL held; runs no Python code.
bool append_name(PyObject* text, std::vector<std::string>& names);

/// The name as an interned str, which the caller owns; null with an exception set. GIL held.
PyObject* interned_name(const std::string& name);

}  // namespace pp::data
