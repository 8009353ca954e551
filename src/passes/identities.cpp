/// Algebra of single operations. Of float operations only those that merely move bits have identities: `x * 1.0` and
/// `x + 0.0` change signalling NaNs and zeros.
#include <utility>

#include "passes/simplify_values.h"

namespace pp::passes {
namespace {

using ir::Function;
using ir::kNoValue;
using ir::Op;
using ir::Value;
using ir::ValueId;
using Identity = std::optional<ValueId>;

constexpr uint64_t kMinusOne = ~uint64_t{0};

const Value& operand(const Function& function, const Value& value, int index) {
    return function.values[value.operands[index]];
}

bool is_operation(const Value& value, Op op) {
    return !value.is_parameter && value.op == op;
}

bool is_constant(const Function& function, const Value& value, int index, uint64_t bits) {
    const Value& constant = operand(function, value, index);
    return is_operation(constant, Op::Const) && constant.immediate == bits;
}

Identity become(Value& value, Op op, ValueId first, ValueId second = kNoValue) {
    value.op = op;
    value.operand_count = second == kNoValue ? 1 : 2;
    value.operands[0] = first;
    value.operands[1] = second;
    value.operands[2] = kNoValue;
    return kNoValue;
}

Identity become_constant(Value& value, uint64_t bits) {
    value = {.op = Op::Const, .type = value.type, .immediate = bits, .span = value.span};
    return kNoValue;
}

/// Both operands are the same value.
Identity with_itself(Value& value) {
    switch (value.op) {
    case Op::IAnd:
    case Op::IOr:
    case Op::BAnd:
    case Op::BOr: return value.operands[0];
    case Op::ISub:
    case Op::ISubChecked:
    case Op::IXor:
    case Op::BXor:
    case Op::INe:
    case Op::ILt: return become_constant(value, 0);
    case Op::IEq:
    case Op::ILe: return become_constant(value, 1);
    default: return std::nullopt;
    }
}

Identity with_zero(const Function& function, Value& value) {
    const Value& other = operand(function, value, 0);
    switch (value.op) {
    case Op::IAdd:
    case Op::ISub:
    case Op::IAddChecked:
    case Op::ISubChecked:
    case Op::IOr:
    case Op::IXor:
    case Op::IShl:
    case Op::IShr:
    case Op::BOr:
    case Op::BXor: return value.operands[0];
    case Op::IMul:
    case Op::IMulChecked:
    case Op::IAnd:
    case Op::BAnd: return become_constant(value, 0);
    case Op::IEq: return is_operation(other, Op::BoolToInt) ? become(value, Op::BNot, other.operands[0]) : Identity{};
    case Op::INe: return is_operation(other, Op::BoolToInt) ? other.operands[0] : Identity{};
    default: return std::nullopt;
    }
}

/// The second operand is the int 1 or the bool true.
Identity with_one(const Function& function, Value& value) {
    const Value& other = operand(function, value, 0);
    switch (value.op) {
    case Op::IMul:
    case Op::IMulChecked:
    case Op::IDiv:
    case Op::BAnd: return value.operands[0];
    case Op::IRem: return become_constant(value, 0);
    case Op::BOr: return become_constant(value, 1);
    case Op::BXor: return become(value, Op::BNot, value.operands[0]);
    case Op::IEq: return is_operation(other, Op::BoolToInt) ? other.operands[0] : Identity{};
    case Op::INe: return is_operation(other, Op::BoolToInt) ? become(value, Op::BNot, other.operands[0]) : Identity{};
    default: return std::nullopt;
    }
}

Identity of_two(const Function& function, Value& value) {
    if (ir::operand_type(value.op, 0) == ir::Type::F64) {
        return std::nullopt;
    }
    if (value.operands[0] == value.operands[1]) {
        return with_itself(value);
    }
    if (is_commutative_on_integers(value.op) && is_operation(operand(function, value, 0), Op::Const)) {
        std::swap(value.operands[0], value.operands[1]);
    }
    if (is_constant(function, value, 1, 0)) {
        return with_zero(function, value);
    }
    if (is_constant(function, value, 1, 1)) {
        return with_one(function, value);
    }
    if (is_constant(function, value, 1, kMinusOne) && value.op == Op::IAnd) {
        return value.operands[0];
    }
    if (is_constant(function, value, 1, kMinusOne) && value.op == Op::IOr) {
        return value.operands[1];
    }
    return std::nullopt;
}

/// The negation of an order of floats is no order of floats: both are false for a NaN.
Identity of_negation(const Function& function, Value& value) {
    const Value negated = operand(function, value, 0);
    const ValueId* operands = negated.operands;
    if (negated.is_parameter) {
        return std::nullopt;
    }
    switch (negated.op) {
    case Op::BNot: return operands[0];
    case Op::IEq: return become(value, Op::INe, operands[0], operands[1]);
    case Op::INe: return become(value, Op::IEq, operands[0], operands[1]);
    case Op::ILt: return become(value, Op::ILe, operands[1], operands[0]);
    case Op::ILe: return become(value, Op::ILt, operands[1], operands[0]);
    case Op::FEq: return become(value, Op::FNe, operands[0], operands[1]);
    case Op::FNe: return become(value, Op::FEq, operands[0], operands[1]);
    default: return std::nullopt;
    }
}

Identity of_one(const Function& function, Value& value) {
    const Value& inner = operand(function, value, 0);
    switch (value.op) {
    case Op::BNot: return of_negation(function, value);
    case Op::FNeg: return is_operation(inner, Op::FNeg) ? inner.operands[0] : Identity{};
    case Op::FAbs:
        if (is_operation(inner, Op::FAbs)) {
            return value.operands[0];
        }
        return is_operation(inner, Op::FNeg) ? become(value, Op::FAbs, inner.operands[0]) : Identity{};
    case Op::FloatBits: return is_operation(inner, Op::BitsFloat) ? inner.operands[0] : Identity{};
    case Op::BitsFloat: return is_operation(inner, Op::FloatBits) ? inner.operands[0] : Identity{};
    default: return std::nullopt;
    }
}

Identity of_select(const Function& function, Value& value) {
    const Value& condition = operand(function, value, 0);
    if (value.operands[1] == value.operands[2]) {
        return value.operands[1];
    }
    if (is_operation(condition, Op::Const)) {
        return value.operands[condition.immediate != 0 ? 1 : 2];
    }
    if (is_operation(condition, Op::BNot)) {
        value.operands[0] = condition.operands[0];
        std::swap(value.operands[1], value.operands[2]);
        return kNoValue;
    }
    if (value.type == ir::Type::Bool && is_constant(function, value, 1, 1) && is_constant(function, value, 2, 0)) {
        return value.operands[0];
    }
    if (value.type == ir::Type::Bool && is_constant(function, value, 1, 0) && is_constant(function, value, 2, 1)) {
        return become(value, Op::BNot, value.operands[0]);
    }
    if (value.type == ir::Type::Bool && is_constant(function, value, 1, 1)) {
        return become(value, Op::BOr, value.operands[0], value.operands[2]);
    }
    if (value.type == ir::Type::Bool && is_constant(function, value, 2, 0)) {
        return become(value, Op::BAnd, value.operands[0], value.operands[1]);
    }
    return std::nullopt;
}

}  // namespace

bool is_commutative_on_integers(Op op) {
    switch (op) {
    case Op::IAdd:
    case Op::IMul:
    case Op::IAddChecked:
    case Op::IMulChecked:
    case Op::IAnd:
    case Op::IOr:
    case Op::IXor:
    case Op::IEq:
    case Op::INe:
    case Op::BAnd:
    case Op::BOr:
    case Op::BXor: return true;
    default: return false;
    }
}

Identity find_identity(const Function& function, Value& value) {
    switch (ir::operand_count(value.op)) {
    case 1: return of_one(function, value);
    case 2: return of_two(function, value);
    case 3: return value.op == Op::Select ? of_select(function, value) : Identity{};
    default: return std::nullopt;
    }
}

}  // namespace pp::passes
