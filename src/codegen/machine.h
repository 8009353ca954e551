/// LLVM's description of the processors that kernels are made for.
#pragma once

#include <memory>
#include <string>

namespace llvm {
class TargetMachine;
}

namespace pp::codegen {

/// The processor this runs on. Throws InternalError when LLVM does not know it.
std::unique_ptr<llvm::TargetMachine> make_host_machine();
/// NVPTX for compute capability `sm`, or the highest below it that this LLVM knows.
std::unique_ptr<llvm::TargetMachine> make_nvptx_machine(int sm);

bool has_fma(const llvm::TargetMachine& machine);

}  // namespace pp::codegen
