/// See gpu_library.h.
#include "codegen/gpu_library.h"

#include <memory>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SourceMgr.h"

extern "C" const unsigned char pp_libdevice_bitcode[];
extern "C" const unsigned char pp_libdevice_bitcode_end[];
extern "C" const unsigned char pp_gpu_memory_ir[];
extern "C" const unsigned char pp_gpu_memory_ir_end[];

namespace pp::codegen {
namespace {

/// Whether `module` lacks a function whose name begins like that.
bool lacks(const llvm::Module& module, llvm::StringRef prefix) {
    for (const llvm::Function& function : module)
        if (function.isDeclaration() && function.getName().starts_with(prefix)) return true;
    return false;
}

std::unique_ptr<llvm::Module> parse_memory_functions(llvm::LLVMContext& context) {
    const llvm::StringRef text(reinterpret_cast<const char*>(pp_gpu_memory_ir),
                               static_cast<size_t>(pp_gpu_memory_ir_end - pp_gpu_memory_ir));
    llvm::SMDiagnostic error;
    // The parser wants the zero behind the text, which is there.
    auto functions = llvm::parseAssembly(llvm::MemoryBufferRef(text, "gpu_memory.ll"), error, context);
    if (!functions)
        throw InternalError("gpu_memory.ll, line " + std::to_string(error.getLineNo()) + ": " +
                            error.getMessage().str());
    return functions;
}

std::unique_ptr<llvm::Module> open_device_library(llvm::LLVMContext& context) {
    const llvm::StringRef bytes(reinterpret_cast<const char*>(pp_libdevice_bitcode),
                                static_cast<size_t>(pp_libdevice_bitcode_end - pp_libdevice_bitcode));
    auto library = llvm::getLazyBitcodeModule({bytes, "libdevice"}, context);
    if (!library) throw InternalError("libdevice cannot be read: " + llvm::toString(library.takeError()));
    return std::move(*library);
}

void link(llvm::Module& module, std::unique_ptr<llvm::Module> library) {
    library->setDataLayout(module.getDataLayout());
    library->setTargetTriple(module.getTargetTriple());
    PP_CHECK(!llvm::Linker::linkModules(module, std::move(library), llvm::Linker::LinkOnlyNeeded));
}

}  // namespace

void link_gpu_library(llvm::Module& module) {
    if (lacks(module, "pp_memory_")) link(module, parse_memory_functions(module.getContext()));
    if (lacks(module, "__nv_")) link(module, open_device_library(module.getContext()));
    for (llvm::Function& function : module)
        if (!function.isDeclaration() && function.getName() != kCudaKernelName)
            function.setLinkage(llvm::Function::InternalLinkage);
}

}  // namespace pp::codegen
