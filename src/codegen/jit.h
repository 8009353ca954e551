/// Puts object code into this process.
#pragma once

#include <memory>

#include "base/kernel_abi.h"

namespace llvm {
class MemoryBuffer;
}

namespace pp::codegen {

/// Code in executable memory, freed with this object, under `lock_llvm`. Nobody may be running it then.
class LoadedCode {
public:
    virtual ~LoadedCode() = default;
    virtual CpuKernelFunction entry() const noexcept = 0;
};

/// Links an object that defines `kCpuKernelName` and needs nothing but `math_symbols`. Called under `lock_llvm`.
/// Throws InternalError when it needs more, std::bad_alloc.
std::unique_ptr<LoadedCode> load_code(std::unique_ptr<llvm::MemoryBuffer> object);

}  // namespace pp::codegen
