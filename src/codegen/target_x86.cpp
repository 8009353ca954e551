/// The frame of a CPU kernel: a loop over the elements of a range, as base/kernel_abi.h describes it.
#include <cstddef>
#include <vector>

#include "base/kernel_abi.h"
#include "codegen/lower_memory.h"
#include "codegen/math_symbols.h"
#include "codegen/target.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"

namespace pp::codegen {
namespace {

constexpr int64_t kFuel = int64_t{1} << 16;

class X86Target final : public Target {
public:
    explicit X86Target(bool has_fma) : has_fma_(has_fma) {}

    llvm::Function* begin(llvm::Module& module, const ir::Function& function, llvm::IRBuilderBase& builder) override;
    llvm::Value* load_input(llvm::IRBuilderBase& builder, uint32_t leaf, llvm::Type* type) override;
    llvm::Value* uniform(uint32_t index) override { return uniforms_[index]; }
    void store_output(llvm::IRBuilderBase& builder, uint32_t slot, llvm::Value* value) override;
    void end(llvm::IRBuilderBase& builder, llvm::Value* mark) override;
    int64_t fuel() const noexcept override { return kFuel; }
    bool refuel(llvm::IRBuilderBase& builder) override;
    llvm::Value* call_memory(llvm::IRBuilderBase& builder, MemoryFunction function,
                             std::span<llvm::Value* const> arguments) const override;
    llvm::PointerType* memory_pointer(llvm::IRBuilderBase& builder) const override { return builder.getPtrTy(); }
    llvm::Value* data(llvm::IRBuilderBase& builder, uint32_t, const std::string& bytes) const override {
        return lower_data(builder, bytes);
    }
    llvm::Value* journal(llvm::IRBuilderBase& builder) const override {
        return load_field(builder, offsetof(CpuArguments, journal), builder.getPtrTy(), "journal");
    }
    llvm::Value* element(llvm::IRBuilderBase&) const override { return index_; }
    bool runs_on_with_items() const noexcept override { return true; }
    llvm::PointerType* read_only_pointer(llvm::IRBuilderBase& builder) const override { return builder.getPtrTy(); }
    void mark_read_only(llvm::LoadInst& load) const override;
    const char* math_symbol(ir::MathFunction function) const override { return libm_symbol(function); }
    const char* fma_symbol() const override { return has_fma_ ? nullptr : kFmaSymbol; }

private:
    llvm::Value* load_field(llvm::IRBuilderBase& builder, size_t offset, llvm::Type* type, const char* name) const;
    std::vector<llvm::Value*> load_words(llvm::IRBuilderBase& builder, size_t field, size_t count, llvm::Type* type,
                                         const char* name) const;
    void make_alias_scopes(llvm::LLVMContext& context, size_t outputs);
    llvm::MDNode* make_loop_hints(llvm::IRBuilderBase& builder) const;

    const bool has_fma_;
    bool is_ordered_ = false;  ///< the first mark ends the range
    llvm::Function* kernel_ = nullptr;
    llvm::BasicBlock* entry_ = nullptr;
    llvm::BasicBlock* element_ = nullptr;
    llvm::BasicBlock* cancelled_ = nullptr;
    llvm::PHINode* index_ = nullptr;
    llvm::PHINode* sticky_ = nullptr;
    std::vector<llvm::Value*> inputs_, outputs_, uniforms_;
    llvm::MDNode* input_scope_ = nullptr;                   ///< list of the one scope of all inputs
    llvm::MDNode* output_scopes_ = nullptr;                 ///< list of the scopes of all outputs
    std::vector<llvm::MDNode*> own_scopes_, other_scopes_;  ///< lists for each output
};

llvm::Function* X86Target::begin(llvm::Module& module, const ir::Function& function, llvm::IRBuilderBase& builder) {
    llvm::LLVMContext& context = module.getContext();
    is_ordered_ = ir::writes_shared(function);
    llvm::Type* word = builder.getInt64Ty();
    auto* type = llvm::FunctionType::get(builder.getInt32Ty(), {builder.getPtrTy(), word, word}, false);
    kernel_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage, kCpuKernelName, module);
    kernel_->setDoesNotThrow();
    // 512-bit vectors lower the clock of several processors and gain nothing where memory is the limit.
    kernel_->addFnAttr("prefer-vector-width", "256");
    kernel_->getArg(0)->setName("arguments");
    kernel_->getArg(1)->setName("begin");
    kernel_->getArg(2)->setName("end");

    entry_ = llvm::BasicBlock::Create(context, "entry", kernel_);
    element_ = llvm::BasicBlock::Create(context, "element", kernel_);
    builder.SetInsertPoint(entry_);
    inputs_ = load_words(builder, offsetof(CpuArguments, inputs), function.inputs.size(), builder.getPtrTy(), "input");
    outputs_ =
        load_words(builder, offsetof(CpuArguments, outputs), function.outputs.size(), builder.getPtrTy(), "output");
    uniforms_ = load_words(builder, offsetof(CpuArguments, uniforms), function.uniforms.size(), word, "uniform");
    make_alias_scopes(context, function.outputs.size());

    builder.SetInsertPoint(element_);
    index_ = builder.CreatePHI(word, 2, "index");
    sticky_ = builder.CreatePHI(word, 2, "sticky");
    index_->addIncoming(kernel_->getArg(1), entry_);
    sticky_->addIncoming(builder.getInt64(0), entry_);
    return kernel_;
}

llvm::Value* X86Target::load_field(llvm::IRBuilderBase& builder, size_t offset, llvm::Type* type,
                                   const char* name) const {
    return builder.CreateLoad(type, builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), kernel_->getArg(0), offset),
                              name);
}

std::vector<llvm::Value*> X86Target::load_words(llvm::IRBuilderBase& builder, size_t field, size_t count,
                                                llvm::Type* type, const char* name) const {
    std::vector<llvm::Value*> words(count);
    if (count == 0) return words;
    llvm::Value* array = load_field(builder, field, builder.getPtrTy(), "");
    for (size_t i = 0; i < count; ++i)
        words[i] = builder.CreateLoad(type, builder.CreateConstInBoundsGEP1_64(type, array, i), name);
    return words;
}

// The arrays' addresses are loaded, so `noalias` of parameters cannot say that they are disjoint; these lists do.
void X86Target::make_alias_scopes(llvm::LLVMContext& context, size_t outputs) {
    llvm::MDBuilder metadata(context);
    llvm::MDNode* domain = metadata.createAnonymousAliasScopeDomain("arrays");
    llvm::MDNode* inputs = metadata.createAnonymousAliasScope(domain, "inputs");
    std::vector<llvm::Metadata*> scopes(outputs);
    for (llvm::Metadata*& scope : scopes)
        scope = metadata.createAnonymousAliasScope(domain, "output");
    input_scope_ = llvm::MDNode::get(context, {inputs});
    output_scopes_ = llvm::MDNode::get(context, scopes);
    for (size_t i = 0; i < outputs; ++i) {
        std::vector<llvm::Metadata*> others = scopes;
        others[i] = inputs;
        own_scopes_.push_back(llvm::MDNode::get(context, {scopes[i]}));
        other_scopes_.push_back(llvm::MDNode::get(context, others));
    }
}

llvm::Value* X86Target::load_input(llvm::IRBuilderBase& builder, uint32_t leaf, llvm::Type* type) {
    llvm::LoadInst* load = builder.CreateLoad(type, builder.CreateInBoundsGEP(type, inputs_[leaf], index_));
    load->setMetadata(llvm::LLVMContext::MD_alias_scope, input_scope_);
    load->setMetadata(llvm::LLVMContext::MD_noalias, output_scopes_);
    return load;
}

void X86Target::mark_read_only(llvm::LoadInst& load) const {
    load.setMetadata(llvm::LLVMContext::MD_alias_scope, input_scope_);
    load.setMetadata(llvm::LLVMContext::MD_noalias, output_scopes_);
}

void X86Target::store_output(llvm::IRBuilderBase& builder, uint32_t slot, llvm::Value* value) {
    llvm::StoreInst* store =
        builder.CreateStore(value, builder.CreateInBoundsGEP(value->getType(), outputs_[slot], index_));
    store->setMetadata(llvm::LLVMContext::MD_alias_scope, own_scopes_[slot]);
    store->setMetadata(llvm::LLVMContext::MD_noalias, other_scopes_[slot]);
}

// One vector an iteration: several take a third more time to compile and gain nothing where memory is the limit.
llvm::MDNode* X86Target::make_loop_hints(llvm::IRBuilderBase& builder) const {
    llvm::LLVMContext& context = kernel_->getContext();
    llvm::Metadata* hint[] = {llvm::MDString::get(context, "llvm.loop.interleave.count"),
                              llvm::ConstantAsMetadata::get(builder.getInt32(1))};
    llvm::MDNode* hints = llvm::MDNode::getDistinct(context, {nullptr, llvm::MDNode::get(context, hint)});
    hints->replaceOperandWith(0, hints);
    return hints;
}

void X86Target::end(llvm::IRBuilderBase& builder, llvm::Value* mark) {
    llvm::BasicBlock* done = llvm::BasicBlock::Create(kernel_->getContext(), "done", kernel_);
    llvm::BasicBlock* latch = builder.GetInsertBlock();
    llvm::Value* sticky = builder.CreateOr(sticky_, mark);
    llvm::Value* next = builder.CreateAdd(index_, builder.getInt64(1), "next", true, true);
    llvm::Value* goes_on = builder.CreateICmpSLT(next, kernel_->getArg(2));
    if (is_ordered_) {
        goes_on = builder.CreateAnd(goes_on, builder.CreateIsNull(mark));
        llvm::Value* place = load_field(builder, offsetof(CpuArguments, next), builder.getPtrTy(), "");
        builder.CreateStore(next, place);
    }
    auto* back = builder.CreateCondBr(goes_on, element_, done);
    back->setMetadata(llvm::LLVMContext::MD_loop, make_loop_hints(builder));
    index_->addIncoming(next, latch);
    sticky_->addIncoming(sticky, latch);

    builder.SetInsertPoint(entry_);
    builder.CreateCondBr(builder.CreateICmpSLT(kernel_->getArg(1), kernel_->getArg(2)), element_, done);

    builder.SetInsertPoint(done);
    llvm::PHINode* result = builder.CreatePHI(builder.getInt64Ty(), 2);
    result->addIncoming(builder.getInt64(0), entry_);
    result->addIncoming(sticky, latch);
    static_assert(kOk == 0 && kHandedBack == 1);
    builder.CreateRet(builder.CreateTrunc(result, builder.getInt32Ty()));
}

llvm::Value* X86Target::call_memory(llvm::IRBuilderBase& b, MemoryFunction function,
                                    std::span<llvm::Value* const> arguments) const {
    constexpr size_t kOffsets[] = {offsetof(KernelMemory, reserve), offsetof(KernelMemory, extend),
                                   offsetof(KernelMemory, copy), offsetof(KernelMemory, order)};
    llvm::Value* memory = load_field(b, offsetof(CpuArguments, memory), b.getPtrTy(), "memory");
    const size_t offset = kOffsets[static_cast<size_t>(function)];
    llvm::Value* entry =
        b.CreateLoad(b.getPtrTy(), b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), memory, offset), "function");
    std::vector<llvm::Value*> passed;
    if (function == MemoryFunction::Reserve || function == MemoryFunction::Extend) passed.push_back(memory);
    passed.insert(passed.end(), arguments.begin(), arguments.end());
    std::vector<llvm::Type*> types;
    for (const llvm::Value* argument : passed)
        types.push_back(argument->getType());
    llvm::Type* result = function == MemoryFunction::Copy ? b.getVoidTy() : b.getInt64Ty();
    llvm::CallInst* answer = b.CreateCall(llvm::FunctionType::get(result, types, false), entry, passed);
    answer->setDoesNotThrow();
    return function == MemoryFunction::Copy ? nullptr : answer;
}

bool X86Target::refuel(llvm::IRBuilderBase& builder) {
    llvm::LLVMContext& context = kernel_->getContext();
    if (!cancelled_) {
        cancelled_ = llvm::BasicBlock::Create(context, "cancelled", kernel_);
        llvm::ReturnInst::Create(context, builder.getInt32(kCancelled), cancelled_);
    }
    llvm::Value* poll = load_field(builder, offsetof(CpuArguments, poll), builder.getPtrTy(), "poll");
    llvm::Value* poll_context = load_field(builder, offsetof(CpuArguments, poll_context), builder.getPtrTy(), "");
    auto* type = llvm::FunctionType::get(builder.getInt32Ty(), {builder.getPtrTy()}, false);
    llvm::CallInst* answer = builder.CreateCall(type, poll, {poll_context});
    answer->setDoesNotThrow();
    llvm::BasicBlock* resume = llvm::BasicBlock::Create(context, "refuelled", kernel_);
    builder.CreateCondBr(builder.CreateIsNotNull(answer), cancelled_, resume);
    builder.SetInsertPoint(resume);
    return true;
}

}  // namespace

std::unique_ptr<Target> make_x86_target(bool has_fma) {
    return std::make_unique<X86Target>(has_fma);
}

}  // namespace pp::codegen
