/// Which blocks the objects of values in memory need: rows of any length and text, with all that is in them.
#pragma once

#include <cstdint>
#include <span>

#include "data/block_counts_python.h"
#include "data/small_ints_python.h"
#include "ir/kind.h"

namespace pp::data {

/// Adds the blocks of the value of a dynamic `kind` whose leaves are `address` and `length`, in the order in which
/// `StoredWriter` takes them. Any thread. Throws std::bad_alloc.
void count_dynamic(KindRef kind, int64_t address, int64_t length, const SmallInts& small, BlockCounts& counts);

}  // namespace pp::data
