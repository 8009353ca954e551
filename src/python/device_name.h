/// Devices as Python code names them.
#pragma once

#include <Python.h>

#include "engine/placement.h"

namespace pp::python {

/// The device called so. Throws UserError(Type) for what is no str, UserError(Value) for what is no device's name,
/// PythonError.
engine::DeviceRequest device_named(PyObject* name);

}  // namespace pp::python
