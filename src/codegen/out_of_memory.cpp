/// See out_of_memory.h.
#include "codegen/out_of_memory.h"

#include <new>

#include "llvm-c/Target.h"
#include "llvm/InitializePasses.h"
#include "llvm/PassRegistry.h"
#include "llvm/Support/ErrorHandling.h"

namespace pp::codegen {

void start_llvm() {
    enum class State { NotYet, Begun, Done };
    static State state = State::NotYet;
    if (state == State::Done) return;
    if (state == State::Begun) throw std::bad_alloc();
    state = State::Begun;
    llvm::install_bad_alloc_error_handler([](void*, const char*, bool) { throw std::bad_alloc(); });
    llvm::PassRegistry& registry = *llvm::PassRegistry::getPassRegistry();
    llvm::initializeCore(registry);
    llvm::initializeAnalysis(registry);
    llvm::initializeTransformUtils(registry);
    llvm::initializeCodeGen(registry);
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    state = State::Done;
}

}  // namespace pp::codegen
