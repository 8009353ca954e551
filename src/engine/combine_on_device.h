/// Applying a log of writes on a GPU.
#pragma once

#include <cstdint>
#include <span>

#include "data/array_body.h"
#include "engine/apply_writes.h"

namespace pp::engine {

/// The numbers of an Array that logs mean.
struct LoggedTarget {
    data::ArrayBlock* block;  ///< nobody else's
    data::LeafView numbers;   ///< in it
    int64_t count;
};

bool can_combine_on_cuda(int ordinal);

/// Adds everything to the target there, floats in any order; the results are then on the device and nowhere else.
/// `logs`: views of `log`, of which the device has what it computed; all of them mean the target and either add or
/// subtract, or take the least, or the most. False where what the loop does is not known to come to the same: the
/// target then holds anything. The GIL is held.
bool combine_on_cuda(int ordinal, data::ArrayBlock& log, std::span<const WriteLog> logs, int64_t count,
                     const LoggedTarget& target);

}  // namespace pp::engine
