/// The table of operations: one or a few LLVM instructions each.
#include "codegen/lower_operation.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/error.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Intrinsics.h"
#include "llvm/IR/Module.h"

namespace pp::codegen {
namespace {

using ir::Op;

/// The operation being lowered. No operation yields poison or traps, even after a guard has failed: where marks
/// accumulate, meaningless values still steer branches, which on poison would be undefined behaviour.
struct Operation {
    llvm::IRBuilderBase& b;
    const ir::Value& value;
    llvm::Value* const* operands;
    const Target& target;
    Marker& marker;

    llvm::Value* x() const { return operands[0]; }
    llvm::Value* y() const { return operands[1]; }
    llvm::Value* z() const { return operands[2]; }
    llvm::Value* unary(llvm::Intrinsic::ID id) const { return b.CreateUnaryIntrinsic(id, x()); }
    llvm::Value* call(const char* symbol) const;
    llvm::Value* fused_multiply_add() const;
    llvm::Value* math() const;
    llvm::Value* add_checked() const;
    llvm::Value* subtract_checked() const;
    llvm::Value* multiply_checked() const;
    llvm::Value* overflowing(llvm::Intrinsic::ID id) const;
    llvm::Value* divisor() const;
    llvm::Value* shift_count() const { return b.CreateAnd(y(), b.getInt64(63)); }
    llvm::Value* guard() const;

    llvm::Value* lower_float() const;
    llvm::Value* lower_int() const;
    llvm::Value* lower_other() const;
};

llvm::Value* Operation::call(const char* symbol) const {
    llvm::Module* module = b.GetInsertBlock()->getModule();
    llvm::Type* type = b.getDoubleTy();
    std::vector<llvm::Type*> parameters(value.operand_count, type);
    llvm::FunctionCallee callee = module->getOrInsertFunction(symbol, llvm::FunctionType::get(type, parameters, false));
    auto* function = llvm::cast<llvm::Function>(callee.getCallee());
    // errno may be written, but nobody reads it: CPython's checks look at the result.
    function->setDoesNotAccessMemory();
    function->setDoesNotThrow();
    function->setWillReturn();
    return b.CreateCall(callee, llvm::ArrayRef(operands, value.operand_count));
}

llvm::Value* Operation::fused_multiply_add() const {
    if (const char* symbol = target.fma_symbol()) return call(symbol);
    return b.CreateIntrinsic(llvm::Intrinsic::fma, {b.getDoubleTy()}, {x(), y(), z()});
}

llvm::Value* Operation::math() const {
    const auto function = static_cast<ir::MathFunction>(value.immediate);
    PP_CHECK(value.operand_count == ir::math_info(function).arity);
    if (function == ir::MathFunction::Sqrt) return unary(llvm::Intrinsic::sqrt);
    return call(target.math_symbol(function));
}

// Sign bits tell overflow without leaving vector registers; where marks branch, the processor's flag is cheaper.
llvm::Value* Operation::add_checked() const {
    if (!marker.runs_on()) return overflowing(llvm::Intrinsic::sadd_with_overflow);
    llvm::Value* sum = b.CreateAdd(x(), y());
    marker.mark_if_negative(b, b.CreateAnd(b.CreateXor(sum, x()), b.CreateXor(sum, y())));
    return sum;
}

llvm::Value* Operation::subtract_checked() const {
    if (!marker.runs_on()) return overflowing(llvm::Intrinsic::ssub_with_overflow);
    llvm::Value* difference = b.CreateSub(x(), y());
    marker.mark_if_negative(b, b.CreateAnd(b.CreateXor(x(), y()), b.CreateXor(difference, x())));
    return difference;
}

// There is no vector form in general; of a constant factor it is known which other factors overflow.
llvm::Value* Operation::multiply_checked() const {
    llvm::Value* variable = llvm::isa<llvm::ConstantInt>(x()) ? y() : x();
    const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(variable == x() ? y() : x());
    const int64_t factor = constant ? constant->getSExtValue() : 0;
    if (!marker.runs_on() || (factor >= -1 && factor <= 1)) return overflowing(llvm::Intrinsic::smul_with_overflow);
    const int64_t at_least = std::numeric_limits<int64_t>::min() / factor;
    const int64_t at_most = std::numeric_limits<int64_t>::max() / factor;
    const auto [low, high] = std::minmax(at_least, at_most);
    marker.mark_if(b,
                   b.CreateOr(b.CreateICmpSLT(variable, b.getInt64(low)), b.CreateICmpSGT(variable, b.getInt64(high))));
    return b.CreateMul(x(), y());
}

llvm::Value* Operation::overflowing(llvm::Intrinsic::ID id) const {
    llvm::Value* pair = b.CreateBinaryIntrinsic(id, x(), y());
    marker.mark_if(b, b.CreateExtractValue(pair, 1));
    return b.CreateExtractValue(pair, 0);
}

// After a failed guard the divisor may be one that traps.
llvm::Value* Operation::divisor() const {
    const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(y());
    if (!marker.runs_on() || (constant && !constant->isZero() && !constant->isMinusOne())) return y();
    llvm::Value* least = b.getInt64(std::numeric_limits<int64_t>::min());
    llvm::Value* overflows = b.CreateAnd(b.CreateICmpEQ(y(), b.getInt64(-1)), b.CreateICmpEQ(x(), least));
    llvm::Value* traps = b.CreateOr(b.CreateICmpEQ(y(), b.getInt64(0)), overflows);
    return b.CreateSelect(traps, b.getInt64(1), y());
}

llvm::Value* Operation::guard() const {
    marker.mark_if(b, b.CreateNot(x()));
    return nullptr;
}

llvm::Value* Operation::lower_float() const {
    switch (value.op) {
    case Op::FAdd: return b.CreateFAdd(x(), y());
    case Op::FSub: return b.CreateFSub(x(), y());
    case Op::FMul: return b.CreateFMul(x(), y());
    case Op::FDiv: return b.CreateFDiv(x(), y());
    case Op::FNeg: return b.CreateFNeg(x());
    case Op::FAbs: return unary(llvm::Intrinsic::fabs);
    case Op::FSqrt: return unary(llvm::Intrinsic::sqrt);
    case Op::FFloor: return unary(llvm::Intrinsic::floor);
    case Op::FCeil: return unary(llvm::Intrinsic::ceil);
    case Op::FTrunc: return unary(llvm::Intrinsic::trunc);
    case Op::FRoundEven: return unary(llvm::Intrinsic::roundeven);
    case Op::FCopySign: return b.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, x(), y());
    case Op::FFma: return fused_multiply_add();
    case Op::FEq: return b.CreateFCmpOEQ(x(), y());
    case Op::FNe: return b.CreateFCmpUNE(x(), y());
    case Op::FLt: return b.CreateFCmpOLT(x(), y());
    case Op::FLe: return b.CreateFCmpOLE(x(), y());
    case Op::CallMath: return math();
    default: return lower_int();
    }
}

llvm::Value* Operation::lower_int() const {
    switch (value.op) {
    case Op::IAdd: return b.CreateAdd(x(), y());
    case Op::ISub: return b.CreateSub(x(), y());
    case Op::IMul: return b.CreateMul(x(), y());
    case Op::IAddChecked: return add_checked();
    case Op::ISubChecked: return subtract_checked();
    case Op::IMulChecked: return multiply_checked();
    case Op::IDiv: return b.CreateSDiv(x(), divisor());
    case Op::IRem: return b.CreateSRem(x(), divisor());
    case Op::IAnd:
    case Op::BAnd: return b.CreateAnd(x(), y());
    case Op::IOr:
    case Op::BOr: return b.CreateOr(x(), y());
    case Op::IXor:
    case Op::BXor: return b.CreateXor(x(), y());
    case Op::IShl: return b.CreateShl(x(), shift_count());
    case Op::IShr: return b.CreateAShr(x(), shift_count());
    case Op::IPopcount: return unary(llvm::Intrinsic::ctpop);
    case Op::IClz: return b.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, x(), b.getFalse());
    case Op::IEq: return b.CreateICmpEQ(x(), y());
    case Op::INe: return b.CreateICmpNE(x(), y());
    case Op::ILt: return b.CreateICmpSLT(x(), y());
    case Op::ILe: return b.CreateICmpSLE(x(), y());
    default: return lower_other();
    }
}

llvm::Value* Operation::lower_other() const {
    switch (value.op) {
    case Op::BNot: return b.CreateNot(x());
    case Op::Select: return b.CreateSelect(x(), y(), z());
    case Op::IntToFloat: return b.CreateSIToFP(x(), b.getDoubleTy());
    case Op::FloatToInt: return b.CreateFreeze(b.CreateFPToSI(x(), b.getInt64Ty()));
    case Op::BoolToInt: return b.CreateZExt(x(), b.getInt64Ty());
    case Op::FloatBits: return b.CreateBitCast(x(), b.getInt64Ty());
    case Op::BitsFloat: return b.CreateBitCast(x(), b.getDoubleTy());
    case Op::Guard: return guard();
    default: throw InternalError(std::string("the operation ") + ir::op_text(value.op) + " has no lowering");
    }
}

}  // namespace

llvm::Type* register_type(llvm::IRBuilderBase& builder, ir::Type type) {
    switch (type) {
    case ir::Type::F64: return builder.getDoubleTy();
    case ir::Type::I64: return builder.getInt64Ty();
    case ir::Type::I32: return builder.getInt32Ty();
    case ir::Type::Bool: return builder.getInt1Ty();
    case ir::Type::Void: break;
    }
    throw InternalError("void has no register");
}

llvm::Type* memory_type(llvm::IRBuilderBase& builder, ir::Type type) {
    return type == ir::Type::Bool ? builder.getInt8Ty() : register_type(builder, type);
}

llvm::Value* lower_operation(llvm::IRBuilderBase& builder, const ir::Value& value, llvm::Value* const* operands,
                             const Target& target, Marker& marker) {
    return Operation{builder, value, operands, target, marker}.lower_float();
}

}  // namespace pp::codegen
