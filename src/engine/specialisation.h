/// One function compiled for one signature: its IR, and its kernels for the devices it has run on.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "codegen/codegen.h"
#include "device/cuda_device.h"
#include "engine/statistics.h"
#include "ir/ir.h"

namespace pp::engine {

/// What a kernel for a GPU consists of.
struct CudaProgram {
    std::string ptx;
    std::unique_ptr<device::cuda::Kernel> kernel;
    double compile_milliseconds = 0;
};

/// Immutable after construction, except that kernels are added on first use. Thread-safe.
class Specialisation {
public:
    /// `function` as the front end made it for elements of these kinds; the passes run here.
    Specialisation(ir::Function function, std::span<const KindRef> columns, codegen::Options options);

    const ir::Function& function() const noexcept { return function_; }
    /// The kinds of its elements, column by column.
    std::span<const KindRef> columns() const noexcept { return columns_; }
    const codegen::Options& options() const noexcept { return options_; }
    double analyse_milliseconds = 0;  ///< set by whoever ran the front end

    /// False when every path hands back: there is nothing to run.
    bool has_results() const noexcept { return !function_.variants.empty(); }
    /// True when its results on a GPU have the CPU's bits: no math function that may differ.
    bool same_bits_on_gpu() const noexcept { return same_bits_on_gpu_; }
    bool has_loops() const noexcept { return has_loops_; }
    /// True when no element is ever handed back: a run's results are good before anything is known of the run.
    bool never_hands_back() const noexcept { return never_hands_back_; }
    /// True when some path is CPython's, which may do anything on it.
    bool has_unsupported_path() const;
    /// True when there is nothing to run: every result is an input or a constant, and no check can hand an element
    /// back.
    bool only_passes_through() const noexcept {
        const ir::Block& entry = function_.blocks.front();
        return function_.outputs.empty() && entry.body.empty() && entry.terminator.kind == ir::Terminator::Kind::Return;
    }
    /// True when elements, values or results are of dynamic length: "auto" leaves these to the CPU.
    bool is_dynamic() const noexcept { return is_dynamic_; }
    /// True when its kernel needs a run's memory.
    bool uses_memory() const noexcept { return uses_memory_; }
    /// True when it writes to memory that all elements share: they run in order (engine/run_ordered.h), on the CPU.
    bool writes_shared() const noexcept { return writes_shared_; }
    /// True when results lie in a run's memory, which then must stay as it is until they are boxed.
    bool returns_memory() const noexcept { return returns_memory_; }

    bool has_cpu_kernel() const noexcept { return cpu_ready_.load(std::memory_order_acquire) != nullptr; }
    /// Compiles on first use; `timings` takes what that cost. A large function's code is at first made quickly, and
    /// made anew with full effort once that pays, by what it has run for and the `expected_milliseconds` of the run to
    /// come. Kernels live as long as this object.
    codegen::CpuKernel& cpu(Timings& timings, double expected_milliseconds);
    /// Whether `cpu` would keep its caller waiting so long that others should run meanwhile.
    bool cpu_takes_long(double expected_milliseconds) const;
    /// Adds a run of the CPU's kernel.
    void note_cpu_run(double milliseconds) noexcept {
        cpu_milliseconds_.fetch_add(milliseconds, std::memory_order_relaxed);
    }
    /// Whether the CPU's kernel was, or would be, made with full effort whatever the function's size.
    codegen::Effort cpu_effort() const noexcept;
    /// `layout`: how the columns lie, if not as dense arrays.
    CudaProgram& cuda(int ordinal, Timings& timings, const codegen::CudaLayout* layout = nullptr);
    /// About how much memory it takes, kernels included, those that it shares with others too.
    size_t bytes() const noexcept { return function_bytes_ + kernel_bytes_.load(std::memory_order_relaxed); }

    /// Rough count of machine operations for one element: straight-line ones once, a loop's body 16 times.
    double estimated_operations() const noexcept { return estimated_operations_; }
    /// Nanoseconds one element took on one CPU thread in earlier runs; 0 when there was none.
    std::atomic<double> measured_nanoseconds{0};
    /// Bytes of memory one element took in the last run on a GPU; 0 when there was none.
    std::atomic<double> gpu_memory_each{0};
    /// Nanoseconds that a GPU took for an element of Arrays when it was last waited for; 0: it never was.
    std::atomic<double> gpu_time_each{0};
    /// Whether the next run may be tried in a way that is in vain where some element has to be left to CPython: piece
    /// by piece, or going on when its call has returned. After a vain one as many calls as had been let by, twice and
    /// one more, are to go the safe way.
    bool may_try() noexcept;
    /// What became of a run that was tried.
    void note_trial(bool were_all_computed) noexcept;

private:
    bool is_worth_full_effort(const codegen::CpuKernel& kernel, double expected_milliseconds) const noexcept;
    void add_kernel(std::unique_ptr<codegen::CpuKernel>& place, codegen::Effort effort,
                    const codegen::CompilerLock& lock, Timings& timings);

    ir::Function function_;
    std::vector<KindRef> columns_;
    codegen::Options options_;
    std::atomic<uint32_t> let_by_{0}, to_let_by_{0};  ///< after the last vain try
    bool same_bits_on_gpu_ = true;
    bool has_loops_ = false;
    bool never_hands_back_ = false;
    bool is_dynamic_ = false;
    bool uses_memory_ = false;
    bool writes_shared_ = false;
    bool returns_memory_ = false;
    size_t operation_count_ = 0;
    size_t function_bytes_ = 0;
    std::atomic<size_t> kernel_bytes_{0};
    double estimated_operations_ = 0;
    std::unique_ptr<codegen::CpuKernel> cpu_, cpu_full_;  ///< changed by whoever holds the compiler's lock
    std::atomic<codegen::CpuKernel*> cpu_ready_{nullptr};
    std::atomic<double> cpu_milliseconds_{0};
    std::mutex mutex_;                                    ///< of what follows
    using CudaKey = std::pair<int, codegen::CudaLayout>;  ///< number of the GPU, layout
    std::map<CudaKey, CudaProgram> cuda_;
    std::pair<const CudaKey, CudaProgram>* last_cuda_ = nullptr;  ///< of `cuda_`: mostly the next one asked for
};

}  // namespace pp::engine
