/// Typed IR -> machine code for this processor, or PTX. No LLVM type appears here.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/kernel_abi.h"
#include "codegen/cuda_layout.h"
#include "ir/ir.h"

namespace pp::codegen {

struct Options {
    bool fast_math = false;  ///< contraction, reassociation and reciprocals allowed
};

/// What making code may cost. The results have the same bits.
enum class Effort {
    BySize,  ///< what PARALLEL_PARTY_EFFORT says, else Full for kernels of ordinary size, Quick for larger ones
    Quick,   ///< time in proportion to the kernel's size; no vectors, and little is kept in registers
    Full,    ///< time that grows with the square of the kernel's size
};

/// Where a kernel came from.
enum class Provenance {
    Compiled,
    Shared,  ///< equal code was in use already
    Stored,  ///< by an earlier process: code_store.h
};

/// Machine code for this processor, kept in memory while this object or another with equal code lives. Safe to call
/// from any thread.
class CpuKernel {
public:
    virtual ~CpuKernel() = default;
    CpuKernelFunction run = nullptr;  ///< fast: says only whether some element of the range must be handed back
    /// The same answers and stores as `run`, found by running ever smaller ranges, and a flag for each element.
    uint32_t locate(const CpuArguments* arguments, int64_t begin, int64_t end) const noexcept;
    bool has_loops = false;
    double compile_milliseconds = 0;
    size_t code_bytes = 0;
    Effort effort = Effort::Full;  ///< Quick or Full
    double full_milliseconds = 0;  ///< what Full takes or would take, roughly
    Provenance provenance = Provenance::Compiled;
};

/// Held by whoever compiles. Fork waits for it, so that a child never inherits a half-done compilation. Whoever holds
/// it needs no other lock, the GIL included.
using CompilerLock = std::unique_lock<std::mutex>;
[[nodiscard]] CompilerLock lock_compiler();
/// Whether somebody else compiles at this moment.
bool is_compiler_busy();
/// For the end of a process: waits for whoever compiles. From then on a thread that asks for the lock sleeps for ever,
/// since LLVM's static variables die before it does.
void stop_compiling() noexcept;
/// Ends that: the process goes on with another interpreter.
void resume_compiling() noexcept;

/// `function` must have been through `passes::run_pipeline`. Compiles only where no equal code is in use or in the
/// store; BySize takes what was made with full effort where there is such. Kernels die without the lock. Thread-safe.
std::unique_ptr<CpuKernel> compile_cpu(const ir::Function& function, const Options& options, Effort effort,
                                       const CompilerLock& lock);
/// The same, taking the lock.
std::unique_ptr<CpuKernel> compile_cpu(const ir::Function& function, const Options& options,
                                       Effort effort = Effort::BySize);

struct PtxKernel {
    std::string ptx;
    bool has_loops = false;
    double compile_milliseconds = 0;
    Provenance provenance = Provenance::Compiled;  ///< or Stored
};
/// PTX for compute capability `sm` (75 and up), libdevice linked in. Without a `layout` columns are dense arrays.
/// Thread-safe.
PtxKernel compile_ptx(const ir::Function& function, int sm, const Options& options, const CudaLayout* layout = nullptr);

enum class Dump { LlvmIr, OptimizedLlvmIr, Assembly };
/// Text of the CPU kernel, for `explain` and tests.
std::string dump_cpu(const ir::Function& function, const Options& options, Dump what, Effort effort = Effort::BySize);

/// Name and features of the processor that kernels are made for, e.g. "znver4".
std::string host_processor();

}  // namespace pp::codegen
