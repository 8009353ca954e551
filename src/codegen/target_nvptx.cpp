/// The frame of a CUDA kernel: one thread an element, parameters in the order of base/kernel_abi.h.
#include <array>
#include <cstddef>
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
    explicit NvptxTarget(const CudaLayout* layout) : layout_(layout) {}

    llvm::Function* begin(llvm::Module& module, const ir::Function& function, llvm::IRBuilderBase& builder) override;
    llvm::Value* load_input(llvm::IRBuilderBase& builder, uint32_t leaf, llvm::Type* type) override;
    llvm::Value* uniform(uint32_t index) override { return kernel_->getArg(inputs_ + outputs_ + index); }
    void store_output(llvm::IRBuilderBase& builder, uint32_t slot, llvm::Value* value) override;
    void end(llvm::IRBuilderBase& builder, llvm::Value* mark) override;
    int64_t fuel() const noexcept override { return kCudaIterationLimit; }
    bool refuel(llvm::IRBuilderBase&) override { return false; }
    llvm::Value* call_memory(llvm::IRBuilderBase& builder, MemoryFunction function,
                             std::span<llvm::Value* const> arguments) const override;
    llvm::PointerType* memory_pointer(llvm::IRBuilderBase& builder) const override {
        return builder.getPtrTy(kGlobalMemory);
    }
    llvm::Value* journal(llvm::IRBuilderBase&) const override { refuse_writes(); }
    llvm::Value* element(llvm::IRBuilderBase&) const override { refuse_writes(); }
    llvm::Value* data(llvm::IRBuilderBase& builder, uint32_t index, const std::string& bytes) const override;
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
    void begin_memory(llvm::IRBuilderBase& builder);
    llvm::CallInst* call(llvm::IRBuilderBase& builder, const char* function, llvm::Type* result,
                         std::span<llvm::Value* const> arguments) const;
    /// Of those behind the uniforms.
    llvm::Argument* trailing(size_t index) const { return kernel_->getArg(inputs_ + outputs_ + uniforms_ + index); }

    llvm::Value* place(llvm::IRBuilderBase& builder, size_t argument, uint64_t stride) const {
        llvm::Value* offset = builder.CreateMul(index_, builder.getInt64(stride), "", true, true);
        return builder.CreateInBoundsGEP(builder.getInt8Ty(), kernel_->getArg(static_cast<unsigned>(argument)), offset);
    }
    llvm::Value* narrowed(llvm::IRBuilderBase& builder, llvm::Value* value, const CudaLeaf& leaf);
    llvm::Value* narrowed_int(llvm::IRBuilderBase& builder, llvm::Value* value, const CudaLeaf& leaf);
    void add_misfit(llvm::IRBuilderBase& builder, llvm::Value* is_misfit);

    const CudaLayout* const layout_;
    bool can_hand_back_ = true;
    llvm::Value* misfit_ = nullptr;  ///< i1: some result does not fit
    llvm::Function* kernel_ = nullptr;
    llvm::BasicBlock* done_ = nullptr;
    llvm::Value* index_ = nullptr;
    size_t inputs_ = 0;
    size_t outputs_ = 0;
    size_t uniforms_ = 0;
    llvm::Value* memory_ = nullptr;  ///< what gpu_memory.ll knows of this thread; null where it is not needed
};

void NvptxTarget::declare(llvm::Module& module, const ir::Function& function, llvm::IRBuilderBase& builder) {
    llvm::Type* address = builder.getPtrTy(kGlobalMemory);
    llvm::Type* word = builder.getInt64Ty();
    can_hand_back_ = ir::can_hand_back(function);
    inputs_ = function.inputs.size();
    outputs_ = layout_ ? layout_->outputs.size() : function.outputs.size();
    uniforms_ = function.uniforms.size();
    std::vector<llvm::Type*> parameters(function.inputs.size() + outputs_, address);
    parameters.insert(parameters.end(), function.uniforms.size(), word);
    static_assert(kCudaTrailingParameters == 3);
    parameters.insert(parameters.end(), {address, address, word});
    if (ir::uses_memory(function)) parameters.push_back(address);
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
    if (ir::writes_shared(function)) refuse_writes();  // elements do not run one after the other
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
    builder.CreateCondBr(builder.CreateICmpSLT(index_, trailing(2)), element, done_);
    builder.SetInsertPoint(element);
    if (ir::uses_memory(function)) begin_memory(builder);
    return kernel_;
}

void NvptxTarget::begin_memory(llvm::IRBuilderBase& builder) {
    constexpr unsigned kBytes = 40;  // %memory of gpu_memory.ll
    llvm::IRBuilder<> entry(&kernel_->getEntryBlock(), kernel_->getEntryBlock().begin());
    llvm::AllocaInst* variable = entry.CreateAlloca(llvm::ArrayType::get(builder.getInt8Ty(), kBytes));
    variable->setAlignment(llvm::Align(8));
    memory_ = builder.CreateAddrSpaceCast(variable, builder.getPtrTy());
    call(builder, "pp_memory_begin", builder.getVoidTy(), std::array<llvm::Value*, 2>{memory_, trailing(3)});
}

llvm::CallInst* NvptxTarget::call(llvm::IRBuilderBase& builder, const char* function, llvm::Type* result,
                                  std::span<llvm::Value* const> arguments) const {
    std::vector<llvm::Type*> types;
    for (const llvm::Value* argument : arguments)
        types.push_back(argument->getType());
    auto* type = llvm::FunctionType::get(result, types, false);
    llvm::CallInst* answer = builder.CreateCall(kernel_->getParent()->getOrInsertFunction(function, type),
                                                llvm::ArrayRef(arguments.data(), arguments.size()));
    answer->setDoesNotThrow();
    return answer;
}

llvm::Value* NvptxTarget::call_memory(llvm::IRBuilderBase& builder, MemoryFunction function,
                                      std::span<llvm::Value* const> arguments) const {
    std::vector<llvm::Value*> passed(arguments.begin(), arguments.end());
    llvm::Type* word = builder.getInt64Ty();
    const auto units = [&] { return ir::Units::of(llvm::cast<llvm::ConstantInt>(arguments.back())->getZExtValue()); };
    switch (function) {
    case MemoryFunction::Reserve:
        passed.insert(passed.begin(), memory_);
        return call(builder, "pp_memory_reserve", word, passed);
    case MemoryFunction::Extend:
        passed.insert(passed.begin(), memory_);
        return call(builder, "pp_memory_extend", word, passed);
    case MemoryFunction::Copy: {
        const bool widens = units().first != units().second;
        passed.pop_back();
        if (!widens) passed.back() = builder.CreateMul(passed.back(), builder.getInt64(units().first));
        call(builder, widens ? "pp_memory_widen" : "pp_memory_copy", builder.getVoidTy(), passed);
        return nullptr;
    }
    case MemoryFunction::Order:
        passed.back() = builder.getInt64(units().first);
        passed.push_back(builder.getInt64(units().second));
        return call(builder, "pp_memory_order", word, passed);
    }
    throw InternalError("an unknown function on memory");
}

// A variable with a name, so that addresses in results can be told by whoever asks the driver where it lies.
llvm::Value* NvptxTarget::data(llvm::IRBuilderBase& builder, uint32_t index, const std::string& bytes) const {
    llvm::Module& module = *kernel_->getParent();
    const std::string name = kCudaDataName + std::to_string(index);
    llvm::GlobalVariable* variable = module.getGlobalVariable(name);
    if (!variable) {
        // With the zero at its end, since nothing may be empty.
        llvm::Constant* value =
            llvm::ConstantDataArray::getString(module.getContext(), llvm::StringRef(bytes.data(), bytes.size()), true);
        variable = new llvm::GlobalVariable(module, value->getType(), true, llvm::GlobalValue::ExternalLinkage, value,
                                            name, nullptr, llvm::GlobalValue::NotThreadLocal, kGlobalMemory);
        variable->setAlignment(llvm::Align(8));
    }
    return builder.CreatePtrToInt(variable, builder.getInt64Ty());
}

llvm::Value* NvptxTarget::load_input(llvm::IRBuilderBase& builder, uint32_t leaf, llvm::Type* type) {
    if (!layout_) return builder.CreateLoad(type, builder.CreateInBoundsGEP(type, kernel_->getArg(leaf), index_));
    const CudaLeaf& stored = layout_->inputs[leaf];
    const bool is_float = type->isDoubleTy();
    llvm::Type* narrow =
        is_float ? stored.bytes == 4 ? builder.getFloatTy() : type : builder.getIntNTy(8 * stored.bytes);
    llvm::Value* loaded =
        builder.CreateAlignedLoad(narrow, place(builder, leaf, stored.stride), llvm::Align(stored.bytes));
    if (narrow == type) return loaded;
    if (is_float) return builder.CreateFPExt(loaded, type);
    return stored.is_signed ? builder.CreateSExt(loaded, type) : builder.CreateZExt(loaded, type);
}

llvm::Value* NvptxTarget::narrowed(llvm::IRBuilderBase& builder, llvm::Value* value, const CudaLeaf& leaf) {
    llvm::Type* const type = value->getType();
    if (type->isIntegerTy(64)) {
        if (leaf.is_float)
            return builder.CreateSIToFP(value, leaf.bytes == 4 ? builder.getFloatTy() : builder.getDoubleTy());
        return narrowed_int(builder, value, leaf);
    }
    if (!type->isDoubleTy() || leaf.bytes == 8) return value;
    llvm::Value* narrow = builder.CreateFPTrunc(value, builder.getFloatTy());
    const auto is_infinite = [&](llvm::Value* number) {
        llvm::Value* size = builder.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, number);
        return builder.CreateFCmpOEQ(size, llvm::ConstantFP::getInfinity(number->getType()));
    };
    add_misfit(builder, builder.CreateXor(is_infinite(narrow), is_infinite(value)));
    return narrow;
}

llvm::Value* NvptxTarget::narrowed_int(llvm::IRBuilderBase& builder, llvm::Value* value, const CudaLeaf& leaf) {
    if (leaf.bytes == 8) {
        if (!leaf.is_signed) add_misfit(builder, builder.CreateICmpSLT(value, builder.getInt64(0)));
        return value;
    }
    llvm::Value* narrow = builder.CreateTrunc(value, builder.getIntNTy(8 * leaf.bytes));
    llvm::Value* back =
        leaf.is_signed ? builder.CreateSExt(narrow, value->getType()) : builder.CreateZExt(narrow, value->getType());
    add_misfit(builder, builder.CreateICmpNE(back, value));
    return narrow;
}

void NvptxTarget::add_misfit(llvm::IRBuilderBase& builder, llvm::Value* is_misfit) {
    misfit_ = misfit_ ? builder.CreateOr(misfit_, is_misfit) : is_misfit;
}

void NvptxTarget::store_output(llvm::IRBuilderBase& builder, uint32_t slot, llvm::Value* value) {
    for (size_t i = 0; layout_ && i < layout_->outputs.size(); ++i) {
        const CudaOutput& output = layout_->outputs[i];
        if (output.slot != slot) continue;
        builder.CreateAlignedStore(narrowed(builder, value, output.leaf),
                                   place(builder, inputs_ + i, output.leaf.stride), llvm::Align(output.leaf.bytes));
    }
    if (layout_) return;
    llvm::Value* base = kernel_->getArg(inputs_ + slot);
    builder.CreateStore(value, builder.CreateInBoundsGEP(value->getType(), base, index_));
}

void NvptxTarget::end(llvm::IRBuilderBase& builder, llvm::Value* mark) {
    if (!can_hand_back_ && !misfit_) {
        builder.CreateBr(done_);
        return;
    }
    llvm::Type* byte = builder.getInt8Ty();
    llvm::Value* verdict = trailing(1);
    if (misfit_) mark = builder.CreateOr(mark, builder.CreateZExt(misfit_, mark->getType()));
    builder.CreateStore(builder.CreateTrunc(mark, byte), builder.CreateInBoundsGEP(byte, trailing(0), index_));
    llvm::BasicBlock* tell = llvm::BasicBlock::Create(kernel_->getContext(), "tell", kernel_);
    builder.CreateCondBr(builder.CreateIsNotNull(mark), tell, done_);
    builder.SetInsertPoint(tell);
    // Threads race here, all with the same value.
    builder.CreateStore(builder.getInt32(1), verdict);
    if (!memory_) {
        builder.CreateBr(done_);
        return;
    }
    llvm::BasicBlock* exhausted = llvm::BasicBlock::Create(kernel_->getContext(), "exhausted", kernel_);
    llvm::Value* is_exhausted =
        builder.CreateIsNotNull(call(builder, "pp_memory_exhausted", builder.getInt32Ty(), std::array{memory_}));
    builder.CreateCondBr(is_exhausted, exhausted, done_);
    builder.SetInsertPoint(exhausted);
    builder.CreateStore(builder.getInt32(1),
                        builder.CreateConstInBoundsGEP1_64(byte, verdict, offsetof(CudaVerdict, exhausted)));
    builder.CreateBr(done_);
}

}  // namespace

std::unique_ptr<Target> make_nvptx_target(const CudaLayout* layout) {
    return std::make_unique<NvptxTarget>(layout);
}

}  // namespace pp::codegen
