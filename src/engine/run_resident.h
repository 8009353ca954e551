/// Runs over columns that stay on a GPU.
#pragma once

#include "engine/run.h"

namespace pp::engine {

/// Runs `request`, which has residents, with its columns where they lie on the device; uploads what is missing there.
/// The results are then on the device and nowhere else. False, and nothing has happened, where that cannot be: see
/// `can_stay`; or there is no memory for it. Where it goes on when this has returned, and that matters to anybody,
/// `answer.started` says so. The GIL is held at first.
bool run_resident(const RunRequest& request, int ordinal, Timings& timings, RunAnswer& answer);

}  // namespace pp::engine
