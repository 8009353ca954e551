/// Buffers of numbers (array.array, bytes, bytearray, memoryview) as data that kernels read.
#pragma once

#include "data/captured_python.h"

namespace pp::data {

/// Whether the object is exactly of one of these types, whose buffers are had without running Python code.
bool is_buffer(PyObject* object);

/// tuple[tuple[item, ...]], where `item` is float, int or bool; null where the buffer has several dimensions, gaps, or
/// items of another format. GIL held; runs no Python code.
KindRef buffer_kind(PyObject* buffer);

/// As CapturedObject::read. A change is noticed by the bytes.
std::shared_ptr<CapturedObject> read_buffer(PyObject* buffer, KindRef kind);

}  // namespace pp::data
