/// One element of an Array as a Python object of its own.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/element_type.h"
#include "data/leaf_view.h"

namespace pp::data {

/// A new reference to element `index`. Null with an exception set. GIL held; runs no Python code.
PyObject* element_object(const ElementType& type, std::span<const LeafView> leaves, int64_t index);

/// The number at one place.
PyObject* number_object(const LeafView& leaf, int64_t index);
/// A row or a record of these items, whose references it takes; a null among them, with an exception set, gives null.
PyObject* row_object(KindRef kind, std::vector<PyObject*>& items);

}  // namespace pp::data
