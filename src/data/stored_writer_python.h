/// Objects of values in memory, in claimed blocks: what sequence_boxer_python.h does through the API.
#pragma once

#include <Python.h>

#include <cstdint>

#include "data/chunk_objects_python.h"
#include "ir/kind.h"

namespace pp::data {

/// A new reference to the value of a dynamic `kind` whose leaves are `address` and `length`. Any thread; takes the
/// blocks that `count_dynamic` counted.
PyObject* write_dynamic(KindRef kind, int64_t address, int64_t length, ChunkObjects& objects) noexcept;

}  // namespace pp::data
