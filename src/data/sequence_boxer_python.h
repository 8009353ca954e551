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

/// Whether no object of this kind can refer to one that the collector watches. `objects` by Kind::object. Any thread.
bool is_atomic_kind(KindRef kind, std::span<PyObject* const> objects) noexcept;

/// Whether `object` is exactly that value: same types, same bits. Runs no Python code. GIL held; where there
/// is one, any thread may ask while its owner waits.
bool holds_dynamic(PyObject* object, KindRef kind, int64_t address, int64_t length);

}  // namespace pp::data
