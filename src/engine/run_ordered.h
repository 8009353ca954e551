/// Running elements one after the other: what one of them writes to memory that all share, the next one sees.
#pragma once

#include <cstdint>

#include "engine/run.h"

namespace pp::engine {

struct OrderedAnswer {
    bool completed = true;     ///< false: the supervisor stopped it
    int64_t end = 0;           ///< all elements before this one are done
    bool has_flagged = false;  ///< that one is to be handed back; it has written nothing
};

/// Runs elements [begin, end) on the calling thread until one is to be handed back. `request.count` is of no account;
/// its views have no outputs. Throws std::bad_alloc.
OrderedAnswer run_ordered(const RunRequest& request, int64_t begin, int64_t end, Timings& timings);

}  // namespace pp::engine
