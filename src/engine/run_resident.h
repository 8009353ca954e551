/// Runs over columns that stay on a GPU.
#pragma once

#include <span>

#include "engine/run.h"

namespace pp::engine {

/// Runs `request`, which has residents, with its columns where they lie on the device; uploads what is missing there.
/// The results are then on the device and nowhere else. False, and nothing has happened, where that cannot be: see
/// `can_stay`; or there is no memory for it. Where it goes on when this has returned, and that matters to anybody,
/// `answer.started` says so. The GIL is held at first.
bool run_resident(const RunRequest& request, int ordinal, Timings& timings, RunAnswer& answer);

/// The same on several GPUs, each of which computes some of the elements and keeps these results: so what follows on
/// all of them finds its part where it is. It does not go on where elements may be handed back.
bool run_resident_on_each(const RunRequest& request, std::span<const int> ordinals, Timings& timings,
                          RunAnswer& answer);

}  // namespace pp::engine
