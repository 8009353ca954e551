/// Compiles kernels to PTX, with what they call linked in.
#include <chrono>
#include <map>
#include <new>
#include <optional>

#include "base/error.h"
#include "codegen/code_key.h"
#include "codegen/code_store.h"
#include "codegen/codegen.h"
#include "codegen/gpu_library.h"
#include "codegen/llvm_lock.h"
#include "codegen/lower.h"
#include "codegen/machine.h"
#include "codegen/optimize.h"
#include "codegen/out_of_memory.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

namespace pp::codegen {
namespace {

struct Machine {
    explicit Machine(int sm) : machine(make_nvptx_machine(sm)), optimizer(*machine) {}
    const std::unique_ptr<llvm::TargetMachine> machine;
    Optimizer optimizer;
};

// What `work` makes with the process's machine for a compute capability, of which there is a new one after an
// exception. Under `lock_llvm`.
template <typename Work> auto with_machine(int sm, Work work) {
    static auto* const machines = new std::map<int, Machine*>;  // never destroyed, as the JIT session
    start_llvm();
    Machine*& machine = (*machines)[sm];
    if (!machine) machine = new Machine(sm);
    try {
        return work(*machine);
    } catch (const std::bad_alloc&) {
        machine = nullptr;
        throw;
    }
}

// By default LLVM prints its diagnostics, and the linker's errors have no other way out.
void collect_errors(llvm::LLVMContext& context, std::string& errors) {
    context.setDiagnosticHandlerCallBack(
        [](const llvm::DiagnosticInfo* info, void* sink) {
            if (info->getSeverity() != llvm::DS_Error) return;
            llvm::raw_string_ostream stream(*static_cast<std::string*>(sink));
            llvm::DiagnosticPrinterRawOStream printer(stream);
            info->print(printer);
        },
        &errors);
}

std::string emit(llvm::Module& module, llvm::TargetMachine& machine) {
    llvm::SmallString<0> text;
    llvm::raw_svector_ostream stream(text);
    const LeftBehind<llvm::legacy::PassManager> passes;
    PP_CHECK(!machine.addPassesToEmitFile(*passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile));
    passes->run(module);
    return text.str().str();
}

PtxKernel compile(const ir::Function& function, Machine& tools, const Options& options, const CudaLayout* layout) {
    std::string errors;
    const LeftBehind<llvm::LLVMContext> context;
    collect_errors(*context, errors);
    const LeftBehind<llvm::Module> owner("kernel", *context);
    llvm::Module& module = *owner;
    module.setDataLayout(tools.machine->createDataLayout());
    module.setTargetTriple(tools.machine->getTargetTriple());
    module.addModuleFlag(llvm::Module::Override, "nvvm-reflect-ftz", 0u);

    PtxKernel kernel;
    const std::unique_ptr<Target> target = make_nvptx_target(layout);
    kernel.has_loops = lower(function, *target, options, module);
    link_gpu_library(module);
    PP_CHECK(!llvm::verifyModule(module));
    tools.optimizer.optimize_cuda_kernel(module);
    kernel.ptx = emit(module, *tools.machine);
    if (!errors.empty()) throw InternalError("a kernel cannot be compiled to PTX: " + errors);
    return kernel;
}

std::string to_stored(const PtxKernel& kernel) {
    return (kernel.has_loops ? "l" : "s") + kernel.ptx;
}

std::optional<PtxKernel> find_stored(const CodeKey& key) {
    const std::optional<std::string> bytes = code_store().find(key);
    if (!bytes || bytes->empty() || ((*bytes)[0] != 'l' && (*bytes)[0] != 's')) return std::nullopt;
    PtxKernel kernel;
    kernel.ptx = bytes->substr(1);
    kernel.has_loops = (*bytes)[0] == 'l';
    kernel.provenance = Provenance::Stored;
    return kernel;
}

}  // namespace

PtxKernel compile_ptx(const ir::Function& function, int sm, const Options& options, const CudaLayout* layout) {
    const auto start = std::chrono::steady_clock::now();
    const auto lock = lock_llvm();
    const CodeKey key = ptx_key(function, sm, options, layout);
    std::optional<PtxKernel> kernel = find_stored(key);
    if (!kernel) {
        kernel = with_machine(sm, [&](Machine& machine) { return compile(function, machine, options, layout); });
        code_store().add(key, to_stored(*kernel));
    }
    kernel->compile_milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    return *kernel;
}

}  // namespace pp::codegen
