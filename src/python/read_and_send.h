/// Reading a column of Python objects while what has been read is on its way to a GPU.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/reader_python.h"
#include "engine/sent_column.h"

namespace pp::python {

/// Reads `elements` into `leaves` as data::read_elements does; what has been read goes to the GPU while the rest is.
/// `kind` is not dynamic. Null where they were only read: for want of memory there, or, unless they are to be kept
/// there (`is_kept`), because they are so few that one copy serves as well, or so many that they are computed in parts.
/// GIL held and kept. Throws std::bad_alloc and UserError.
std::shared_ptr<engine::SentColumn> read_and_send(data::ElementSpan elements, KindRef kind,
                                                  std::span<const ir::Type> types, std::span<void* const> leaves,
                                                  int ordinal, bool is_kept, std::vector<int64_t>& others,
                                                  engine::Timings& timings);

}  // namespace pp::python
