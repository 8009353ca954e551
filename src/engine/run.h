/// Running a specialisation over columns that have been read, on either device.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "data/arena.h"
#include "data/captured.h"
#include "data/column.h"
#include "engine/resident_columns.h"
#include "engine/specialisation.h"
#include "engine/viewed_blocks.h"

namespace pp::engine {

class StartedRun;

/// Asked on the calling thread every few milliseconds; true stops the run.
using Supervisor = std::function<bool()>;

struct RunRequest {
    Specialisation* specialisation;
    std::span<const void* const> inputs;  ///< leaves, host memory
    std::span<void* const> outputs;       ///< slots, host memory; null for what one GPU need not bring back
    std::span<const uint64_t> uniforms;
    std::span<const data::CapturedUse> captured;  ///< whose leaves are among them
    int64_t count = 0;
    const Supervisor* supervisor = nullptr;
    data::Arenas* memory = nullptr;        ///< where results of dynamic length are made; needed by what uses memory
    const ViewedColumns* views = nullptr;  ///< instead of `inputs`, and where they have outputs of `outputs`
    const std::function<void()>* fetch = nullptr;  ///< with `residents`: makes the views ready for the host
    const ResidentColumns* residents = nullptr;    ///< where all views, which must have outputs, may stay on a device
    /// With `residents`: asked whether the run may go on when the call has returned, though elements may have to be
    /// handed back. The caller then keeps the specialisation and the blocks until that is settled. Null: it may not.
    const std::function<bool()>* may_go_on = nullptr;
    /// For each leaf of `inputs` where it is on the GPU that this runs on; 0 where it is not. Empty: none is.
    std::span<const uint64_t> on_device{};
};

/// Result of a run. `flagged` lists the elements to hand back, ascending; what their places hold means nothing.
struct RunAnswer {
    bool completed = true;  ///< false: the supervisor stopped it, outputs are incomplete
    std::vector<int64_t> flagged;
    std::vector<int64_t> misfits;  ///< with `views`: elements whose result has no place in these formats, ascending
    int ordinal = -1;              ///< the GPU that it ran on, or kEveryGpu
    /// Where the run goes on: what it will tell. Not null also where nothing is to be told, but it reads what is
    /// pending.
    std::shared_ptr<StartedRun> started{};
};

/// A kernel of the CPU's that is run piece by piece, by many threads, while other things are done to the same pieces.
class PieceRun {
public:
    /// Whether a specialisation's elements can be run like that: its kernel has been made and has run before, it cannot
    /// loop, so that nobody need be asked meanwhile, and needs no memory.
    static bool is_possible(const Specialisation& specialisation);
    /// About how long all of them take, on all threads.
    static std::chrono::nanoseconds expected(const Specialisation& specialisation, int64_t count);

    /// `request` without a supervisor and arrays.
    PieceRun(const RunRequest& request, Timings& timings);
    /// Runs elements [begin, end), which are at those places of `inputs` and `outputs`. False where some element is to
    /// be handed back. Any thread.
    bool run(void* const* inputs, void* const* outputs, int64_t begin, int64_t end) const noexcept;

private:
    const codegen::CpuKernel& kernel_;
    CpuArguments arguments_;
};

RunAnswer run_on_cpu(const RunRequest& request, Timings& timings);
/// `ordinal`: kEveryGpu (engine/placement.h) divides the elements among all GPUs.
/// Residents are worked on where they lie, where that can be (engine/run_resident.h). All other views are staged
/// through host memory, after `fetch`.
RunAnswer run_on_cuda(const RunRequest& request, int ordinal, Timings& timings);

}  // namespace pp::engine
