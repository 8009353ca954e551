/// See codegen_gpu_on_host.h.
#include "codegen_gpu_on_host.h"

#include <stdexcept>

#include "base/kernel_abi.h"
#include "codegen/gpu_library.h"
#include "codegen/lower.h"
#include "codegen/machine.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicsNVPTX.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Target/TargetMachine.h"

namespace pp::codegen::testing {
namespace {

template <typename T> T take(llvm::Expected<T> value) {
    if (!value) throw std::runtime_error(llvm::toString(value.takeError()));
    return std::move(*value);
}

/// What asks for the place of the thread reads a variable instead: blocks of one thread.
void replace_registers(llvm::Module& module, llvm::GlobalVariable& block) {
    for (llvm::Function& function : llvm::make_early_inc_range(module)) {
        const llvm::Intrinsic::ID id = function.getIntrinsicID();
        const bool is_block = id == llvm::Intrinsic::nvvm_read_ptx_sreg_ctaid_x;
        const bool is_width = id == llvm::Intrinsic::nvvm_read_ptx_sreg_ntid_x;
        if (!is_block && !is_width && id != llvm::Intrinsic::nvvm_read_ptx_sreg_tid_x) continue;
        for (llvm::User* user : llvm::make_early_inc_range(function.users())) {
            auto* call = llvm::cast<llvm::CallInst>(user);
            llvm::IRBuilder<> builder(call);
            llvm::Value* value = builder.getInt32(is_width ? 1 : 0);
            if (is_block) value = builder.CreateLoad(builder.getInt32Ty(), &block);
            call->replaceAllUsesWith(value);
            call->eraseFromParent();
        }
        function.eraseFromParent();
    }
}

/// `run(parameters, block)`
void add_entry(llvm::Module& module, llvm::GlobalVariable& block) {
    llvm::Function* kernel = module.getFunction(kCudaKernelName);
    kernel->setCallingConv(llvm::CallingConv::C);
    llvm::IRBuilder<> builder(module.getContext());
    auto* type = llvm::FunctionType::get(builder.getVoidTy(), {builder.getPtrTy(), builder.getInt32Ty()}, false);
    auto* entry = llvm::Function::Create(type, llvm::Function::ExternalLinkage, "run", module);
    builder.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "start", entry));
    builder.CreateStore(entry->getArg(1), &block);
    std::vector<llvm::Value*> arguments;
    for (const llvm::Argument& argument : kernel->args())
        arguments.push_back(builder.CreateLoad(
            argument.getType(), builder.CreateConstGEP1_64(builder.getInt64Ty(), entry->getArg(0), arguments.size())));
    builder.CreateCall(kernel, arguments);
    builder.CreateRetVoid();
}

}  // namespace

struct GpuKernelOnHost::State {
    std::unique_ptr<llvm::orc::LLJIT> jit;
    void (*run)(const uint64_t* parameters, uint32_t block) = nullptr;
};

GpuKernelOnHost::GpuKernelOnHost(const std::string& text, const CudaLayout* layout)
    : state_(std::make_unique<State>()) {
    const std::unique_ptr<llvm::TargetMachine> machine = make_host_machine();
    auto context = std::make_unique<llvm::LLVMContext>();
    auto module = std::make_unique<llvm::Module>("kernel", *context);
    module->setDataLayout(machine->createDataLayout());
    module->setTargetTriple(machine->getTargetTriple());
    const std::unique_ptr<Target> target = make_nvptx_target(layout);
    lower(ir::parse(text), *target, {}, *module);
    link_gpu_library(*module);
    auto* word = llvm::Type::getInt32Ty(*context);
    auto* block = new llvm::GlobalVariable(*module, word, false, llvm::GlobalValue::InternalLinkage,
                                           llvm::ConstantInt::get(word, 0), "block");
    replace_registers(*module, *block);
    add_entry(*module, *block);
    std::string errors;
    llvm::raw_string_ostream stream(errors);
    if (llvm::verifyModule(*module, &stream)) throw std::runtime_error(errors);
    state_->jit = take(llvm::orc::LLJITBuilder().create());
    if (auto error = state_->jit->addIRModule({std::move(module), std::move(context)}))
        throw std::runtime_error(llvm::toString(std::move(error)));
    state_->run = take(state_->jit->lookup("run")).toPtr<void (*)(const uint64_t*, uint32_t)>();
}

GpuKernelOnHost::~GpuKernelOnHost() = default;

void GpuKernelOnHost::run(std::span<const uint64_t> parameters, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
        state_->run(parameters.data(), static_cast<uint32_t>(i));
}

uint64_t GpuKernelOnHost::variable(const std::string& name) {
    auto found = state_->jit->lookup(name);
    if (found) return found->getValue();
    llvm::consumeError(found.takeError());
    return 0;
}

}  // namespace pp::codegen::testing
