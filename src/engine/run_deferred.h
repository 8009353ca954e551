/// A run on the CPU that tells what is to be handed back as one on a GPU does: later.
#pragma once

#include "engine/run.h"

namespace pp::engine {

/// Runs `request`, which has residents, with its columns where they lie in host memory; the answer's `started` tells
/// what is to be handed back. False, and nothing has happened, where that cannot be, as for `run_resident`. For tests,
/// and to find faults: nothing is won by it. The GIL is held.
bool run_deferred(const RunRequest& request, Timings& timings, RunAnswer& answer);

}  // namespace pp::engine
