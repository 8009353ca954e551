/// Runs what is lowered for a GPU on this processor, one thread after the other: the same LLVM IR, another code
/// generator.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "codegen/cuda_layout.h"

namespace pp::codegen::testing {

class GpuKernelOnHost {
public:
    /// `text` is IR in its text form; `layout` as for `compile_ptx`.
    explicit GpuKernelOnHost(const std::string& text, const CudaLayout* layout = nullptr);
    ~GpuKernelOnHost();
    /// Runs elements [0, count), with parameters as in base/kernel_abi.h.
    void run(std::span<const uint64_t> parameters, int64_t count);
    /// The address of a variable of the module; 0 where it has none of that name.
    uint64_t variable(const std::string& name);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pp::codegen::testing
