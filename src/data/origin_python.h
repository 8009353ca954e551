/// Finding the input's own object for a result that passed through a function unchanged.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>

#include "data/box_plan_python.h"
#include "data/boxer_python.h"

namespace pp::data {

/// Whether `object` is exactly what `node` describes for element `position`: same types, same bits. GIL held; runs no
/// Python code.
bool holds_value(PyObject* object, const BoxNode* node, int64_t position);

/// A new reference to the object that lies at `path` for element `source`, if it (still) holds the value of `node`; else
/// null without an exception.
PyObject* find_original(const OriginPath& path, std::span<const ElementSpan> columns, int64_t source,
                        const BoxNode* node, int64_t position);

}  // namespace pp::data
