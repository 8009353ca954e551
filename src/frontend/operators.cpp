/// Arithmetic on abstract values: which of Python's types meet, and the operation that follows.
#include "frontend/operators.h"

#include <bit>
#include <limits>
#include <utility>

#include "base/error.h"
#include "frontend/big_int.h"
#include "frontend/complexes.h"
#include "frontend/enums.h"
#include "frontend/intrinsics_support.h"
#include "frontend/numbers.h"
#include "frontend/records.h"
#include "frontend/rows.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

constexpr int64_t kLongestPowerChain = 64;
constexpr double kLargeQuotient = 0x1p50;

const char* symbol(BinaryOperator op) {
    switch (op) {
    case BinaryOperator::Add: return "+";
    case BinaryOperator::Subtract: return "-";
    case BinaryOperator::Multiply: return "*";
    case BinaryOperator::TrueDivide: return "/";
    case BinaryOperator::FloorDivide: return "//";
    case BinaryOperator::Modulo: return "%";
    case BinaryOperator::Power: return "**";
    case BinaryOperator::LeftShift: return "<<";
    case BinaryOperator::RightShift: return ">>";
    case BinaryOperator::And: return "&";
    case BinaryOperator::Or: return "|";
    case BinaryOperator::Xor: return "^";
    case BinaryOperator::MatrixMultiply: return "@";
    }
    return "?";
}

/// What has operators that are not computed here: dicts and sets; instances that are worth an int, beside a row.
bool has_more_operators(Translation& t, BinaryOperator op, const Value& value) {
    if (is_instance_record(value)) {
        return op == BinaryOperator::Multiply &&
               t.environment().class_attribute(value.node->record->class_id, "__index__").kind !=
                   Binding::Kind::Missing;
    }
    return is_dict(value) || value.shape == Shape::Mapping || value.shape == Shape::HashTable ||
           value.shape == Shape::Table || value.shape == Shape::View;
}

Outcomes wrong_types(Translation& t, BinaryOperator op, const Value& left, const Value& right) {
    for (const Value& value : {left, right}) {
        if (has_more_operators(t, op, value)) {
            return t.unsupported(quoted(symbol(op)) + " on a value of type " + quoted(type_name(value)), {},
                                 "compute with float, int, bool, and tuples or lists of these");
        }
    }
    return t.raises("TypeError", std::string("unsupported operand types for ") + symbol(op) + ": " +
                                     quoted(type_name(left)) + " and " + quoted(type_name(right)));
}

std::optional<Op> float_operation(BinaryOperator op) {
    switch (op) {
    case BinaryOperator::Add: return Op::FAdd;
    case BinaryOperator::Subtract: return Op::FSub;
    case BinaryOperator::Multiply: return Op::FMul;
    case BinaryOperator::TrueDivide: return Op::PyFloatTrueDiv;
    case BinaryOperator::FloorDivide: return Op::PyFloatFloorDiv;
    case BinaryOperator::Modulo: return Op::PyFloatMod;
    case BinaryOperator::Power: return Op::PyFloatPow;
    default: return std::nullopt;
    }
}

std::optional<Op> int_operation(BinaryOperator op) {
    switch (op) {
    case BinaryOperator::Add: return Op::IAddChecked;
    case BinaryOperator::Subtract: return Op::ISubChecked;
    case BinaryOperator::Multiply: return Op::IMulChecked;
    case BinaryOperator::FloorDivide: return Op::PyIntFloorDiv;
    case BinaryOperator::Modulo: return Op::PyIntMod;
    case BinaryOperator::LeftShift: return Op::PyIntShl;
    case BinaryOperator::RightShift: return Op::PyIntShr;
    case BinaryOperator::And: return Op::IAnd;
    case BinaryOperator::Or: return Op::IOr;
    case BinaryOperator::Xor: return Op::IXor;
    default: return std::nullopt;
    }
}

/// What is known while translating stays known, so that `row[i + 1]` finds its item. Floats are the passes' business.
std::optional<int64_t> fold(BinaryOperator op, int64_t left, int64_t right) {
    int64_t result = 0;
    switch (op) {
    case BinaryOperator::Add:
        return __builtin_add_overflow(left, right, &result) ? std::nullopt : std::optional(result);
    case BinaryOperator::Subtract:
        return __builtin_sub_overflow(left, right, &result) ? std::nullopt : std::optional(result);
    case BinaryOperator::Multiply:
        return __builtin_mul_overflow(left, right, &result) ? std::nullopt : std::optional(result);
    case BinaryOperator::FloorDivide:
        if (right <= 0) {
            return std::nullopt;
        }
        return left / right - (left % right < 0 ? 1 : 0);
    case BinaryOperator::Modulo:
        if (right <= 0) {
            return std::nullopt;
        }
        return left % right + (left % right < 0 ? right : 0);
    case BinaryOperator::And: return left & right;
    case BinaryOperator::Or: return left | right;
    case BinaryOperator::Xor: return left ^ right;
    default: return std::nullopt;
    }
}

/// base ** exponent for a known exponent: bit by bit from the top, so that every step is a power that the result
/// contains, and an overflow in it is one of the result.
ValueId power_chain(Translation& t, ValueId base, int64_t exponent) {
    if (exponent == 0) {
        return t.constant(int64_t{1});
    }
    ValueId result = base;
    for (int bit = std::bit_width(static_cast<uint64_t>(exponent)) - 2; bit >= 0; --bit) {
        result = t.emit(Op::IMulChecked, {result, result});
        if (exponent >> bit & 1) {
            result = t.emit(Op::IMulChecked, {result, base});
        }
    }
    return result;
}

/// The kind of int ** int depends on the exponent's sign.
Outcomes int_power(Translation& t, const Value& base, const Value& exponent) {
    const auto positive = [&] {
        if (t.known_int(base) == 2) {
            return t.done(int_value(t.emit(Op::PyIntShl, {t.constant(int64_t{1}), to_int(t, exponent)})));
        }
        return t.follow("int_power", {int_value(to_int(t, base)), int_value(to_int(t, exponent))});
    };
    const auto negative = [&] {
        Outcomes raised;
        if (t.catches()) {
            const ValueId is_zero = t.emit(Op::IEq, {to_int(t, base), t.constant(int64_t{0})});
            raised = t.raised_where(is_zero, "ZeroDivisionError", "0.0 cannot be raised to a negative power");
        }
        const Value result = float_value(t.emit(Op::PyFloatPow, {to_float(t, base), to_float(t, exponent)}));
        return joined(std::move(raised), t.done(result));
    };
    if (const std::optional<int64_t> known = t.known_int(exponent)) {
        if (*known < 0) {
            return negative();
        }
        return *known <= kLongestPowerChain ? t.done(int_value(power_chain(t, to_int(t, base), *known))) : positive();
    }
    if (exponent.shape == Shape::Bool) {
        return positive();
    }
    const Fork fork = t.fork(t.emit(Op::ILe, {t.constant(int64_t{0}), exponent.leaf}));
    t.enter(fork.if_true);
    Outcomes outcomes = positive();
    t.enter(fork.if_false);
    for (Outcome& outcome : negative()) {
        outcomes.push_back(std::move(outcome));
    }
    return outcomes;
}

Outcomes int_binary(Translation& t, BinaryOperator op, const Value& left, const Value& right) {
    if (left.shape == Shape::Bool && right.shape == Shape::Bool) {
        switch (op) {
        case BinaryOperator::And: return t.done(bool_value(logical_and(t, left.leaf, right.leaf)));
        case BinaryOperator::Or: return t.done(bool_value(logical_or(t, left.leaf, right.leaf)));
        case BinaryOperator::Xor: return t.done(bool_value(t.emit(Op::BXor, {left.leaf, right.leaf})));
        default: break;
        }
    }
    if (op == BinaryOperator::Power) {
        return int_power(t, left, right);
    }
    const std::optional<int64_t> known_left = t.known_int(left), known_right = t.known_int(right);
    if (known_left && known_right) {
        if (const std::optional<int64_t> known = fold(op, *known_left, *known_right)) {
            return t.done(t.int_constant(*known));
        }
    }
    const bool divides =
        op == BinaryOperator::TrueDivide || op == BinaryOperator::FloorDivide || op == BinaryOperator::Modulo;
    if (known_right == 0 && divides) {
        return t.raises("ZeroDivisionError", "division by zero");
    }
    Outcomes raised;
    if (divides && !known_right && t.catches()) {
        const ValueId is_zero = t.emit(Op::IEq, {to_int(t, right), t.constant(int64_t{0})});
        raised = t.raised_where(is_zero, "ZeroDivisionError", "division by zero");
    } else if ((op == BinaryOperator::LeftShift || op == BinaryOperator::RightShift) && t.catches()) {
        const ValueId is_negative = t.emit(Op::ILt, {to_int(t, right), t.constant(int64_t{0})});
        raised = t.raised_where(is_negative, "ValueError", "negative shift count");
    }
    if (op == BinaryOperator::TrueDivide) {
        const Value quotient = float_value(t.emit(Op::PyIntTrueDiv, {to_int(t, left), to_int(t, right)}));
        return joined(std::move(raised), t.done(quotient));
    }
    if (const std::optional<Op> operation = int_operation(op)) {
        const Value result = int_value(t.emit(*operation, {to_int(t, left), to_int(t, right)}));
        return joined(std::move(raised), t.done(result));
    }
    return wrong_types(t, op, left, right);
}

}  // namespace

Outcomes large_quotient(Translation& t, std::string_view name, ValueId a, ValueId b) {
    if (t.known_float(float_value(a)) || t.known_float(float_value(b))) {
        return {};
    }
    const ValueId quotient = t.emit(Op::FAbs, {t.emit(Op::FDiv, {a, b})});
    const Fork ways = t.fork(t.emit(Op::FLe, {t.constant(kLargeQuotient), quotient}));
    t.enter(ways.if_true);
    Outcomes large = t.follow(name, {float_value(a), float_value(b)});
    t.enter(ways.if_false);
    return large;
}

namespace {

Outcomes float_binary(Translation& t, BinaryOperator op, const Value& left, const Value& right) {
    const std::optional<Op> operation = float_operation(op);
    if (!operation) {
        return wrong_types(t, op, left, right);
    }
    const ValueId a = to_float(t, left), b = to_float(t, right), zero = t.constant(0.0);
    Outcomes raised;
    if (t.catches() && op == BinaryOperator::Power) {
        const ValueId is_inverse =
            logical_and(t, t.emit(Op::FEq, {a, zero}), logical_and(t, t.emit(Op::FLt, {b, zero}), is_finite(t, b)));
        raised = t.raised_where(is_inverse, "ZeroDivisionError", "0.0 cannot be raised to a negative power");
    } else if (t.catches() && (op == BinaryOperator::TrueDivide || op == BinaryOperator::FloorDivide ||
                               op == BinaryOperator::Modulo)) {
        raised = t.raised_where(t.emit(Op::FEq, {b, zero}), "ZeroDivisionError", "division by zero");
    }
    if (op == BinaryOperator::FloorDivide || op == BinaryOperator::Modulo) {
        const std::string_view name = op == BinaryOperator::Modulo ? "remainder_large" : "quotient_large";
        raised = joined(std::move(raised), large_quotient(t, name, a, b));
    }
    return joined(std::move(raised), t.done(float_value(t.emit(*operation, {a, b}))));
}

/// One is a complex number, the other any number.
bool are_complex(const Value& left, const Value& right) {
    const bool has_complex = left.shape == Shape::Complex || right.shape == Shape::Complex;
    return has_complex && (left.is_number() || left.shape == Shape::Complex) &&
           (right.is_number() || right.shape == Shape::Complex);
}

bool is_foreign(const Value& value) {
    return !value.is_known();
}

bool is_text_constant(const Value& value) {
    return value.shape == Shape::Object && value.node->name == "str" && value.node->text;
}

/// Whether a value is dynamic, or becomes so: a computed repetition, a text constant that is computed with.
bool is_dynamic_operand(const Value& left, const Value& right) {
    const bool has_text = is_text_constant(left) || is_text_constant(right);
    const bool are_known = (left.has_kind() && left.shape != Shape::Object) || is_text_constant(left);
    const bool are_both_known =
        are_known && ((right.has_kind() && right.shape != Shape::Object) || is_text_constant(right));
    return left.is_dynamic() || right.is_dynamic() || (has_text && are_both_known);
}

Outcomes dynamic_binary(Translation& t, BinaryOperator op, const Value& left, const Value& right) {
    const auto operand = [&](const Value& value) {
        const Value text = as_text(t, value);
        return text.is_null() ? value : text;
    };
    if (is_foreign(left) && !is_text_constant(left)) {
        return t.unsupported(quoted(symbol(op)) + " on a value of type " + quoted(type_name(left)), {});
    }
    if (is_foreign(right) && !is_text_constant(right)) {
        return t.unsupported(quoted(symbol(op)) + " on a value of type " + quoted(type_name(right)), {});
    }
    const Value a = operand(left), b = operand(right);
    if (op == BinaryOperator::Add && !a.is_number() && !b.is_number() && a.shape != Shape::None &&
        b.shape != Shape::None) {
        return concatenate_dynamic(t, a, b);
    }
    if (op == BinaryOperator::Multiply && a.is_dynamic() && b.is_integral()) {
        return repeat_dynamic(t, a, b);
    }
    if (op == BinaryOperator::Multiply && b.is_dynamic() && a.is_integral()) {
        return repeat_dynamic(t, b, a);
    }
    if (op == BinaryOperator::Modulo && a.shape == Shape::Text) {
        return percent_format(t, left, right);
    }
    return wrong_types(t, op, left, right);
}

}  // namespace

ValueId to_float(Translation& t, const Value& number) {
    PP_CHECK(number.is_number());
    if (number.shape == Shape::Float) {
        return number.leaf;
    }
    if (const std::optional<int64_t> known = t.known_int(number)) {
        return t.constant(static_cast<double>(*known));
    }
    return t.emit(Op::IntToFloat, {to_int(t, number)});
}

ValueId to_int(Translation& t, const Value& integral) {
    PP_CHECK(integral.is_integral());
    if (integral.shape == Shape::Int) {
        return integral.leaf;
    }
    if (const std::optional<int64_t> known = t.known_int(integral)) {
        return t.constant(*known);
    }
    return t.emit(Op::BoolToInt, {integral.leaf});
}

namespace {

/// What lies above bit 62 of an int beyond 64 bits meets zeros in an int that is not negative; in a negative one it
/// stays, and the result is beyond 64 bits as well.
Outcomes mask_by(Translation& t, const Value& integral, const BigInt& mask) {
    const ValueId operand = to_int(t, integral);
    t.guard(t.emit(Op::ILe, {t.constant(int64_t{0}), operand}));
    return t.done(int_value(t.emit(Op::IAnd, {operand, t.constant(mask.low)})));
}

}  // namespace

Outcomes binary(Translation& t, BinaryOperator op, const Value& left, const Value& right) {
    if (std::optional<Outcomes> outcomes = number_binary(t, op, left, right)) {
        return std::move(*outcomes);
    }
    if (is_int_member(t, left) || is_int_member(t, right)) {
        return t.beyond(quoted(symbol(op)) + " on a value of type " +
                        quoted(type_name(is_int_member(t, left) ? left : right)));
    }
    if (are_complex(left, right)) {
        return complex_binary(t, op, left, right);
    }
    if (is_named_tuple(left) || is_named_tuple(right)) {
        return binary(t, op, as_plain_tuple(left), as_plain_tuple(right));
    }
    if (left.is_number() && right.is_number()) {
        const bool is_float = left.shape == Shape::Float || right.shape == Shape::Float;
        return is_float ? float_binary(t, op, left, right) : int_binary(t, op, left, right);
    }
    if (op == BinaryOperator::And && (left.is_integral() || right.is_integral())) {
        if (const std::optional<BigInt> mask = big_int_of(left.is_integral() ? right : left)) {
            return mask_by(t, left.is_integral() ? left : right, *mask);
        }
    }
    if (op == BinaryOperator::Modulo && is_text_constant(left)) {
        return percent_format(t, left, right);
    }
    if (left.is_unforeseen || right.is_unforeseen) {
        return t.beyond(left.is_unforeseen ? left : right);
    }
    if (is_dynamic_operand(left, right)) {
        return dynamic_binary(t, op, left, right);
    }
    if (is_foreign(left) || is_foreign(right)) {
        const Value& foreign = is_foreign(left) ? left : right;
        return t.unsupported(quoted(symbol(op)) + " on a value of type " + quoted(type_name(foreign)), {},
                             "compute with float, int, bool, and tuples or lists of these");
    }
    if (op == BinaryOperator::Add && left.is_row() && left.shape == right.shape) {
        return concatenate(t, left, right);
    }
    if (op == BinaryOperator::Multiply && left.is_row() && right.is_integral()) {
        return repeat(t, left, right);
    }
    if (op == BinaryOperator::Multiply && right.is_row() && left.is_integral()) {
        return repeat(t, right, left);
    }
    return wrong_types(t, op, left, right);
}

Outcomes unary(Translation& t, UnaryOperator op, const Value& operand) {
    if (std::optional<Outcomes> outcomes = number_unary(t, op, operand)) {
        return std::move(*outcomes);
    }
    if (op == UnaryOperator::Not || op == UnaryOperator::ToBool) {
        const ValueId leaf = truth(t, operand);
        if (leaf == ir::kNoValue) {
            return t.unsupported("the truth of a value of type " + quoted(type_name(operand)), {});
        }
        return t.done(bool_value(op == UnaryOperator::Not ? logical_not(t, leaf) : leaf));
    }
    if (operand.shape == Shape::Complex) {
        return complex_unary(t, op, operand);
    }
    if (operand.is_unforeseen) {
        return t.beyond(operand);
    }
    if (is_foreign(operand)) {
        return t.unsupported("a sign on a value of type " + quoted(type_name(operand)), {});
    }
    if (operand.shape == Shape::Bool && op == UnaryOperator::Invert && t.places().back().code->version >= 312) {
        return t.unsupported("'~' of a bool", "it is deprecated since Python 3.12 and warns",
                             "write 'not x' or '~int(x)'");
    }
    if (!operand.is_number() || (op == UnaryOperator::Invert && operand.shape == Shape::Float)) {
        return t.raises("TypeError", "bad operand type for a unary operator: " + quoted(type_name(operand)));
    }
    if (operand.shape == Shape::Float) {
        return t.done(op == UnaryOperator::Negative ? float_value(t.emit(Op::FNeg, {operand.leaf})) : operand);
    }
    const std::optional<int64_t> known = t.known_int(operand);
    switch (op) {
    case UnaryOperator::Positive: return t.done(operand.shape == Shape::Int ? operand : int_value(to_int(t, operand)));
    case UnaryOperator::Invert:
        return t.done(known ? t.int_constant(~*known)
                            : int_value(t.emit(Op::IXor, {to_int(t, operand), t.constant(int64_t{-1})})));
    default:
        if (known && *known != std::numeric_limits<int64_t>::min()) {
            return t.done(t.int_constant(-*known));
        }
        return t.done(int_value(t.emit(Op::PyIntNeg, {to_int(t, operand)})));
    }
}

}  // namespace pp::frontend
