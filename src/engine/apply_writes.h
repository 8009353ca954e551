/// Adding what a function has logged (passes/log_writes.h) to the Arrays that it meant.
#pragma once

#include <cstdint>
#include <span>

#include "data/leaf_view.h"
#include "passes/log_writes.h"

namespace pp::engine {

/// One place of the function, and where all elements have said what they add.
struct WriteLog {
    passes::LoggedWrite write;
    data::LeafView offsets, values;
    char* target;  ///< what offsets count from
};

/// Adds everything in the order of the loop, on the calling thread. False where a sum has no place in its format, as
/// the loop would have found: the targets then hold anything.
bool apply_in_order(std::span<const WriteLog> logs, int64_t count);

}  // namespace pp::engine
