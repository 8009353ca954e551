/// Objects made of what kernels left in memory: rows of any length, text; and the comparison of objects with that.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>

#include "ir/kind.h"

namespace pp::data {

/// The value of a dynamic `kind` whose leaves are `address` and `length`, as a new reference; null with a Python
/// exception set. `objects` by Kind::object. GIL held; runs no Python code.
PyObject* box_dynamic(KindRef kind, int64_t address, int64_t length, std::span<PyObject* const> objects);

/// Whether `object` is exactly that value: same types, same bits. GIL held; runs no Python code.
bool holds_dynamic(PyObject* object, KindRef kind, int64_t address, int64_t length);

}  // namespace pp::data
