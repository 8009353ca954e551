/// Typed IR -> machine code for this processor, or PTX. No LLVM type appears here.
#pragma once

#include <memory>
#include <string>

#include "base/kernel_abi.h"
#include "ir/ir.h"

namespace pp::codegen {

struct Options {
    bool fast_math = false;  ///< contraction, reassociation and reciprocals allowed
};

/// Machine code for this processor, kept in memory while this object lives. Safe to call from any thread.
class CpuKernel {
public:
    virtual ~CpuKernel() = default;
    CpuKernelFunction run = nullptr;  ///< fast: says only whether some element of the range must be handed back
    /// The same answers and stores as `run`, found by running ever smaller ranges, and a flag for each element.
    uint32_t locate(const CpuArguments* arguments, int64_t begin, int64_t end) const noexcept;
    bool has_loops = false;
    double compile_milliseconds = 0;
    size_t code_bytes = 0;
};

/// `function` must have been through `passes::run_pipeline`. Thread-safe.
std::unique_ptr<CpuKernel> compile_cpu(const ir::Function& function, const Options& options);

struct PtxKernel {
    std::string ptx;
    bool has_loops = false;
    double compile_milliseconds = 0;
};
/// PTX for compute capability `sm` (75 and up), libdevice linked in. Thread-safe.
PtxKernel compile_ptx(const ir::Function& function, int sm, const Options& options);

enum class Dump { LlvmIr, OptimizedLlvmIr, Assembly };
/// Text of the CPU kernel, for `explain` and tests.
std::string dump_cpu(const ir::Function& function, const Options& options, Dump what);

/// Name and features of the processor that kernels are made for, e.g. "znver4".
std::string host_processor();

}  // namespace pp::codegen
