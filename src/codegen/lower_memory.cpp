/// See lower_memory.h. Loads and stores are instructions, the rest calls of the run's memory.
#include "codegen/lower_memory.h"

#include <cstddef>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"

namespace pp::codegen {
namespace {

using ir::Op;

struct MemoryOperation {
    llvm::IRBuilderBase& b;
    const ir::Value& value;
    llvm::Value* const* operands;
    const Target& target;
    Marker& marker;

    /// The operand is the base of the access, so that the optimiser sees one array and its index.
    llvm::Value* place() const {
        return b.CreateGEP(b.getInt8Ty(), b.CreateIntToPtr(operands[0], target.memory_pointer(b)), operands[1]);
    }
    llvm::Value* load() const;
    void store(unsigned bytes) const;
    void write() const;
    llvm::Value* call(MemoryFunction function, std::initializer_list<llvm::Value*> arguments) const {
        return target.call_memory(b, function, {arguments.begin(), arguments.size()});
    }
    llvm::Value* or_leave(llvm::Value* address) const {
        marker.mark_if(b, b.CreateIsNull(address));
        return address;
    }
    llvm::Value* reserve() const;
    llvm::Value* extend() const;
    llvm::Value* order() const;
};

llvm::Value* MemoryOperation::load() const {
    const auto bits = static_cast<unsigned>(8 * value.immediate);
    if (value.type == ir::Type::F64) {
        llvm::Type* type = bits == 32 ? b.getFloatTy() : b.getDoubleTy();
        llvm::Value* loaded = b.CreateAlignedLoad(type, place(), llvm::Align(value.immediate));
        return bits == 32 ? b.CreateFPExt(loaded, b.getDoubleTy()) : loaded;
    }
    llvm::Value* loaded = b.CreateAlignedLoad(b.getIntNTy(bits), place(), llvm::Align(value.immediate));
    if (value.type == ir::Type::Bool) return b.CreateIsNotNull(loaded);
    return b.CreateZExt(loaded, register_type(b, value.type));
}

void MemoryOperation::store(unsigned bytes) const {
    llvm::Value* stored = operands[2];
    if (stored->getType()->isIntegerTy()) stored = b.CreateZExtOrTrunc(stored, b.getIntNTy(8 * bytes));
    if (stored->getType()->isDoubleTy() && bytes == 4) stored = b.CreateFPTrunc(stored, b.getFloatTy());
    b.CreateAlignedStore(stored, place(), llvm::Align(bytes));
}

void MemoryOperation::write() const {
    const ir::WriteLeaf leaf = ir::WriteLeaf::of(value.immediate);
    if (!leaf.is_last) {
        llvm::Value* journal = target.journal(b);
        llvm::Value* keep = b.CreateLoad(
            b.getPtrTy(), b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), journal, offsetof(KernelJournal, keep)), "keep");
        llvm::Value* arguments[] = {journal, b.CreateAdd(operands[0], operands[1]), b.getInt64(leaf.bytes),
                                    target.element(b)};
        llvm::Type* types[] = {b.getPtrTy(), b.getInt64Ty(), b.getInt64Ty(), b.getInt64Ty()};
        llvm::CallInst* kept = b.CreateCall(llvm::FunctionType::get(b.getInt32Ty(), types, false), keep, arguments);
        kept->setDoesNotThrow();
        marker.mark_if(b, b.CreateIsNull(kept));
    }
    store(leaf.bytes);
}

llvm::Value* MemoryOperation::reserve() const {
    return or_leave(call(MemoryFunction::Reserve, {operands[0]}));
}

// Nearly always the block has room: the call stands aside.
llvm::Value* MemoryOperation::extend() const {
    llvm::Value* block = b.CreateIntToPtr(operands[0], target.memory_pointer(b));
    llvm::Value* head = b.CreateConstGEP1_64(b.getInt8Ty(), block, static_cast<uint64_t>(-8));
    llvm::Value* capacity = b.CreateAlignedLoad(b.getInt64Ty(), head, llvm::Align(8), "capacity");
    llvm::Function* kernel = b.GetInsertBlock()->getParent();
    llvm::BasicBlock* here = b.GetInsertBlock();
    auto* full = llvm::BasicBlock::Create(kernel->getContext(), "full", kernel);
    auto* extended = llvm::BasicBlock::Create(kernel->getContext(), "extended", kernel);
    llvm::MDNode* weights = llvm::MDBuilder(kernel->getContext()).createUnlikelyBranchWeights();
    b.CreateCondBr(b.CreateICmpULT(capacity, operands[2]), full, extended, weights);
    b.SetInsertPoint(full);
    llvm::Value* moved = or_leave(call(MemoryFunction::Extend, {operands[0], operands[1], operands[2]}));
    llvm::BasicBlock* from = b.GetInsertBlock();
    b.CreateBr(extended);
    b.SetInsertPoint(extended);
    llvm::PHINode* address = b.CreatePHI(b.getInt64Ty(), 2);
    address->addIncoming(operands[0], here);
    address->addIncoming(moved, from);
    return address;
}

// Texts are mostly compared a character at a time, where a call would take longer than all the rest of a loop.
llvm::Value* MemoryOperation::order() const {
    const auto* count = llvm::dyn_cast<llvm::ConstantInt>(operands[2]);
    if (!count || !count->isOne()) {
        return call(MemoryFunction::Order, {operands[0], operands[1], operands[2], b.getInt64(value.immediate)});
    }
    const auto character = [&](llvm::Value* address, unsigned bytes) {
        llvm::Type* unit = b.getIntNTy(8 * bytes);
        return b.CreateZExt(
            b.CreateAlignedLoad(unit, b.CreateIntToPtr(address, target.memory_pointer(b)), llvm::Align(1)),
            b.getInt32Ty());
    };
    const ir::Units units = ir::Units::of(value.immediate);
    return b.CreateIntrinsic(b.getInt64Ty(), llvm::Intrinsic::ucmp,
                             {character(operands[0], units.first), character(operands[1], units.second)});
}

}  // namespace

llvm::Value* lower_memory(llvm::IRBuilderBase& builder, const ir::Value& value, llvm::Value* const* operands,
                          const Target& target, Marker& marker) {
    PP_CHECK(!marker.runs_on());
    const MemoryOperation operation{builder, value, operands, target, marker};
    const auto units = [&] { return builder.getInt64(value.immediate); };
    switch (value.op) {
    case Op::Load: return operation.load();
    case Op::Store: operation.store(static_cast<unsigned>(value.immediate)); return nullptr;
    case Op::Write: operation.write(); return nullptr;
    case Op::Reserve: return operation.reserve();
    case Op::Extend: return operation.extend();
    case Op::Copy:
        operation.call(MemoryFunction::Copy, {operands[0], operands[1], operands[2], units()});
        return nullptr;
    case Op::Order: return operation.order();
    default: throw InternalError(std::string("the operation ") + ir::op_text(value.op) + " is none on memory");
    }
}

llvm::Value* lower_item(llvm::IRBuilderBase& b, const ir::Value& value, llvm::Value* const* operands,
                        const Target& target, bool checks_place) {
    const ir::ItemLeaf leaf = ir::ItemLeaf::of(value.immediate);
    llvm::Value *address = operands[0], *position = operands[1], *count = operands[2];
    if (checks_place) {
        // Nowhere: the first item, and where there is none, zeros.
        llvm::Value* zero = b.getInt64(0);
        llvm::Value* zeros = lower_data(b, std::string(leaf.stride, '\0'));
        address = b.CreateSelect(b.CreateICmpSGT(count, zero), address, zeros);
        position = b.CreateSelect(b.CreateICmpULT(position, count), position, zero);
    }
    const bool is_bool = value.type == ir::Type::Bool;
    const bool is_float = value.type == ir::Type::F64;
    llvm::Type* type = !is_float ? b.getIntNTy(8 * leaf.bytes) : leaf.bytes == 4 ? b.getFloatTy() : b.getDoubleTy();
    llvm::Value* base = b.CreateIntToPtr(address, target.read_only_pointer(b));
    llvm::Value* item = b.CreateGEP(llvm::ArrayType::get(b.getInt8Ty(), leaf.stride), base, position);
    llvm::Value* place = b.CreateConstGEP1_64(b.getInt8Ty(), item, leaf.offset);
    llvm::LoadInst* loaded = b.CreateAlignedLoad(type, place, llvm::Align(leaf.bytes));
    target.mark_read_only(*loaded);
    if (is_float) return leaf.bytes == 4 ? b.CreateFPExt(loaded, b.getDoubleTy()) : loaded;
    return is_bool ? b.CreateIsNotNull(loaded) : b.CreateZExt(loaded, register_type(b, value.type));
}

llvm::Value* lower_data(llvm::IRBuilderBase& builder, const std::string& bytes) {
    llvm::Constant* array =
        llvm::ConstantDataArray::getString(builder.getContext(), llvm::StringRef(bytes.data(), bytes.size()), false);
    auto* global = new llvm::GlobalVariable(*builder.GetInsertBlock()->getModule(), array->getType(), true,
                                            llvm::GlobalValue::PrivateLinkage, array, "data");
    global->setAlignment(llvm::Align(8));
    return builder.CreatePtrToInt(global, builder.getInt64Ty());
}

}  // namespace pp::codegen
