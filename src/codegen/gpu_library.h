/// What kernels for a GPU may call: NVIDIA's device library, and the memory functions of gpu_memory.ll.
#pragma once

namespace llvm {
class Module;
}  // namespace llvm

namespace pp::codegen {

/// Links what `module` declares and does not define. Everything but the kernel becomes internal.
void link_gpu_library(llvm::Module& module);

}  // namespace pp::codegen
