/// The frame of a CUDA kernel: one thread an element, parameters in the order of base/kernel_abi.h.
#include <vector>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "codegen/target.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicsNVPTX.h"
#include "llvm/IR/Module.h"

namespace pp::codegen {
namespace {

constexpr unsigned kGlobalMemory = 1;  // NVPTX's number of the address space

class NvptxTarget final : public Target {
public:
    llvm::Function* begin(llvm::Module& module, const ir::Function& function, llvm::IRBuilderBase& builder) override;
    llvm::Value* load_input(llvm::IRBuilderBase& builder, uint32_t leaf, llvm::Type* type) override;
    llvm::Value* uniform(uint32_t index) override { return kernel_->getArg(inputs_ + outputs_ + index); }
    void store_output(llvm::IRBuilderBase& builder, uint32_t slot, llvm::Value* value) override;
    void end(llvm::IRBuilderBase& builder, llvm::Value* mark) override;
    int64_t fuel() const noexcept override { return kCudaIterationLimit; }
    bool refuel(llvm::IRBuilderBase&) override { return false; }
    llvm::Value* memory(llvm::IRBuilderBase&) const override {
        throw UserError(ErrorKind::Unsupported, "a function that makes text, or lists whose length is computed, has no "
                                                "kernel for a GPU; device=\"cpu\" runs it");
    }
    llvm::Value* journal(llvm::IRBuilderBase&) const override { refuse_writes(); }
    llvm::Value* element(llvm::IRBuilderBase&) const override { refuse_writes(); }
    bool runs_on_with_items() const noexcept override { return false; }
    llvm::PointerType* read_only_pointer(llvm::IRBuilderBase& builder) const override {
        return builder.getPtrTy(kGlobalMemory);
    }
    void mark_read_only(llvm::LoadInst& load) const override {
        load.setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(load.getContext(), {}));
    }
    const char* math_symbol(ir::MathFunction function) const override { return ir::math_info(function).libdevice; }
    const char* fma_symbol() const override { return nullptr; }

private:
    [[noreturn]] static void refuse_writes() {
        throw UserError(ErrorKind::Unsupported, "a function that writes to an Array from outside has no kernel for a "
                                                "GPU; device=\"cpu\" runs it");
    }
    void declare(llvm::Module& module, const ir::Function& function, llvm::IRBuilderBase& builder);

    llvm::Function* kernel_ = nullptr;
    llvm::BasicBlock* done_ = nullptr;
    llvm::Value* index_ = nullptr;
    size_t inputs_ = 0;
    size_t outputs_ = 0;
};

void NvptxTarget::declare(llvm::Module& module, const ir::Function& function, llvm::IRBuilderBase& builder) {
    llvm::Type* address = builder.getPtrTy(kGlobalMemory);
    llvm::Type* word = builder.getInt64Ty();
    inputs_ = function.inputs.size();
    outputs_ = function.outputs.size();
    std::vector<llvm::Type*> parameters(function.inputs.size() + outputs_, address);
    parameters.insert(parameters.end(), function.uniforms.size(), word);
    static_assert(kCudaTrailingParameters == 3);
    parameters.insert(parameters.end(), {address, address, word});
    auto* type = llvm::FunctionType::get(builder.getVoidTy(), parameters, false);
    kernel_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage, kCudaKernelName, module);
    kernel_->setCallingConv(llvm::CallingConv::PTX_Kernel);
    kernel_->setDoesNotThrow();
    for (llvm::Argument& argument : kernel_->args())
        if (argument.getType()->isPointerTy()) argument.addAttr(llvm::Attribute::NoAlias);
    for (size_t i = 0; i < function.inputs.size(); ++i)
        kernel_->getArg(i)->addAttr(llvm::Attribute::ReadOnly);
}

llvm::Function* NvptxTarget::begin(llvm::Module& module, const ir::Function& function, llvm::IRBuilderBase& builder) {
    declare(module, function, builder);
    llvm::LLVMContext& context = module.getContext();
    llvm::Type* word = builder.getInt64Ty();
    llvm::BasicBlock* entry = llvm::BasicBlock::Create(context, "entry", kernel_);
    llvm::BasicBlock* element = llvm::BasicBlock::Create(context, "element", kernel_);
    done_ = llvm::BasicBlock::Create(context, "done", kernel_);
    llvm::ReturnInst::Create(context, done_);

    builder.SetInsertPoint(entry);
    const auto read = [&](llvm::Intrinsic::ID id) {
        return builder.CreateZExt(builder.CreateIntrinsic(id, llvm::ArrayRef<llvm::Value*>{}), word);
    };
    llvm::Value* block = read(llvm::Intrinsic::nvvm_read_ptx_sreg_ctaid_x);
    llvm::Value* width = read(llvm::Intrinsic::nvvm_read_ptx_sreg_ntid_x);
    llvm::Value* lane = read(llvm::Intrinsic::nvvm_read_ptx_sreg_tid_x);
    index_ = builder.CreateAdd(builder.CreateMul(block, width, "", true, true), lane, "index", true, true);
    llvm::Value* count = kernel_->getArg(kernel_->arg_size() - 1);
    builder.CreateCondBr(builder.CreateICmpSLT(index_, count), element, done_);
    builder.SetInsertPoint(element);
    return kernel_;
}

llvm::Value* NvptxTarget::load_input(llvm::IRBuilderBase& builder, uint32_t leaf, llvm::Type* type) {
    return builder.CreateLoad(type, builder.CreateInBoundsGEP(type, kernel_->getArg(leaf), index_));
}

void NvptxTarget::store_output(llvm::IRBuilderBase& builder, uint32_t slot, llvm::Value* value) {
    llvm::Value* base = kernel_->getArg(inputs_ + slot);
    builder.CreateStore(value, builder.CreateInBoundsGEP(value->getType(), base, index_));
}

void NvptxTarget::end(llvm::IRBuilderBase& builder, llvm::Value* mark) {
    const size_t trailing = kernel_->arg_size() - kCudaTrailingParameters;
    llvm::Type* byte = builder.getInt8Ty();
    llvm::Value* flags = kernel_->getArg(trailing);
    llvm::Value* any = kernel_->getArg(trailing + 1);
    builder.CreateStore(builder.CreateTrunc(mark, byte), builder.CreateInBoundsGEP(byte, flags, index_));
    llvm::BasicBlock* tell = llvm::BasicBlock::Create(kernel_->getContext(), "tell", kernel_);
    builder.CreateCondBr(builder.CreateIsNotNull(mark), tell, done_);
    builder.SetInsertPoint(tell);
    // Threads race here, all with the same value.
    builder.CreateStore(builder.getInt32(1), any);
    builder.CreateBr(done_);
}

}  // namespace

std::unique_ptr<Target> make_nvptx_target() {
    return std::make_unique<NvptxTarget>();
}

}  // namespace pp::codegen
