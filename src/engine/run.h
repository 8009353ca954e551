/// Running a specialisation over columns that have been read, on either device.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "data/arena.h"
#include "data/column.h"
#include "engine/specialisation.h"

namespace pp::engine {

/// Asked on the calling thread every few milliseconds; true stops the run.
using Supervisor = std::function<bool()>;

struct RunRequest {
    Specialisation* specialisation;
    std::span<const void* const> inputs;  ///< leaves, host memory
    std::span<void* const> outputs;       ///< slots, host memory
    std::span<const uint64_t> uniforms;
    int64_t count = 0;
    const Supervisor* supervisor = nullptr;
    data::Arenas* memory = nullptr;  ///< where results of dynamic length are made; needed by what uses memory
};

/// Result of a run. `flagged` lists the elements to hand back, ascending.
struct RunAnswer {
    bool completed = true;  ///< false: the supervisor stopped it, outputs are incomplete
    std::vector<int64_t> flagged;
};

RunAnswer run_on_cpu(const RunRequest& request, Timings& timings);
RunAnswer run_on_cuda(const RunRequest& request, int ordinal, Timings& timings);

}  // namespace pp::engine
