/// See numbers.h.
#include "frontend/numbers.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "frontend/intrinsics_support.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

constexpr std::string_view kFloat64 = "numpy.float64";

bool is_numpy_bool(const Value& value) {
    return is_number_object(value) && value.items().front().shape == Shape::Bool;
}

/// A new scalar of numpy's, of the same class as `like`.
Value made(Translation& t, const RecordShape* shape, const Value& number) {
    return t.record(shape, {number});
}

Outcomes numpy_bool(Translation& t, const Value& object, ValueId leaf) {
    const RecordShape* shape = t.environment().truth_shape();
    return shape ? t.done(made(t, shape, bool_value(leaf))) : numpy_computes(t, "a comparison", object);
}

Value plain(Translation& t, const Value& value) {
    return is_number_object(value) ? number_in(t, value) : value;
}

/// A float64 of numpy's or a number of Python's.
bool is_float64_operand(const Value& value) {
    return value.is_number() || is_float64(value);
}

std::optional<Op> operation(BinaryOperator op) {
    switch (op) {
    case BinaryOperator::Add: return Op::FAdd;
    case BinaryOperator::Subtract: return Op::FSub;
    case BinaryOperator::Multiply: return Op::FMul;
    case BinaryOperator::TrueDivide: return Op::PyFloatTrueDiv;
    case BinaryOperator::Power: return Op::PyFloatPow;
    default: return std::nullopt;
    }
}

/// Hands back where numpy warns, or raises, as it was told to: at infinities and NaNs, and at results that are so small
/// that they may have lost digits. Sums and differences lose none there.
void guard_silence(Translation& t, BinaryOperator op, ValueId left, ValueId right, ValueId result) {
    t.guard(is_finite(t, result));
    if (op == BinaryOperator::Add || op == BinaryOperator::Subtract) {
        return;
    }
    const ValueId zero = t.constant(0.0), least = t.constant(std::numeric_limits<double>::min());
    ValueId is_exact = t.emit(Op::FEq, {left, zero});
    if (op == BinaryOperator::Multiply) {
        is_exact = logical_or(t, is_exact, t.emit(Op::FEq, {right, zero}));
    }
    t.guard(logical_or(t, is_exact, t.emit(Op::FLe, {least, t.emit(Op::FAbs, {result})})));
}

Outcomes float64_binary(Translation& t, BinaryOperator op, const Value& left, const Value& right) {
    const RecordShape* shape = (is_float64(left) ? left : right).node->record;
    const ValueId a = to_float(t, plain(t, left)), b = to_float(t, plain(t, right));
    const ValueId result = t.emit(*operation(op), {a, b});
    guard_silence(t, op, a, b, result);
    return t.done(made(t, shape, float_value(result)));
}

std::optional<Op> bool_operation(BinaryOperator op) {
    switch (op) {
    case BinaryOperator::And: return Op::BAnd;
    case BinaryOperator::Or: return Op::BOr;
    case BinaryOperator::Xor: return Op::BXor;
    default: return std::nullopt;
    }
}

/// numpy compares floats with ints as floats, Python by their values.
void guard_exact(Translation& t, const Value& number) {
    constexpr int64_t kExactFloat = int64_t{1} << 53;
    if (number.shape == Shape::Int) {
        t.guard(t.emit(Op::ILe, {t.constant(-kExactFloat), number.leaf}));
        t.guard(t.emit(Op::ILe, {number.leaf, t.constant(kExactFloat)}));
    }
}

/// v.item(): the number as Python's own.
Outcomes item(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return t.beyond("item() with an index");
    }
    return t.done(plain(t, call.arguments[0]));
}

constexpr IntrinsicEntry kNumbers[] = {{"numpy.item", item}};

}  // namespace

std::span<const IntrinsicEntry> number_intrinsics() {
    return kNumbers;
}

bool takes_floats(std::string_view intrinsic) {
    const std::span<const IntrinsicEntry> table = math_intrinsics();
    return std::any_of(table.begin(), table.end(),
                       [&](const IntrinsicEntry& entry) { return entry.name == intrinsic; });
}

bool takes_any_object(std::string_view intrinsic, size_t arguments) {
    constexpr std::string_view kNames[] = {"builtins.bool", "builtins.abs", "builtins.isinstance", "builtins.type",
                                           "builtins.min",  "builtins.max", "numpy.item",          "list.append"};
    const bool is_operator = intrinsic == "builtins.pow" && arguments == 2;
    return is_operator || intrinsic.starts_with("operator.") || intrinsic.starts_with("prelude.") ||
           std::find(std::begin(kNames), std::end(kNames), intrinsic) != std::end(kNames);
}

bool is_number_object(const Value& value) {
    return value.shape == Shape::Record && value.node->record->form == RecordForm::Number;
}

bool is_float64(const Value& value) {
    return is_number_object(value) && value.node->record->class_name == kFloat64;
}

Value number_in(Translation& t, const Value& object) {
    t.looks().look(object);
    Value number = object.items().front();
    PP_CHECK(number.is_number());
    number.origin = {};  // the object there is numpy's
    return number;
}

Outcomes numpy_computes(Translation& t, std::string_view what, const Value& object) {
    const std::string construct = std::string(what) + " of a " + quoted(type_name(object));
    // What is a float as well is no error.
    return is_float64(object) ? t.beyond(construct)
                              : t.unsupported(construct, "numpy has rules of its own for it",
                                              "write float(x), int(x) or x.item(), or fill the list from "
                                              "array.tolist()");
}

std::optional<Outcomes> number_binary(Translation& t, BinaryOperator op, const Value& left, const Value& right) {
    if (!is_number_object(left) && !is_number_object(right)) {
        return std::nullopt;
    }
    const Value& object = is_number_object(left) ? left : right;
    const auto is_bool = [](const Value& value) { return is_numpy_bool(value) || value.shape == Shape::Bool; };
    if (const std::optional<Op> of_bools = bool_operation(op); of_bools && is_bool(left) && is_bool(right)) {
        return numpy_bool(t, object, t.emit(*of_bools, {plain(t, left).leaf, plain(t, right).leaf}));
    }
    if (operation(op) && is_float64_operand(left) && is_float64_operand(right)) {
        return float64_binary(t, op, left, right);
    }
    return numpy_computes(t, "arithmetic", object);
}

std::optional<Outcomes> number_unary(Translation& t, UnaryOperator op, const Value& operand) {
    if (!is_number_object(operand) || op == UnaryOperator::Not || op == UnaryOperator::ToBool) {
        return std::nullopt;
    }
    if (is_float64(operand) && op != UnaryOperator::Invert) {
        const ValueId leaf = number_in(t, operand).leaf;
        const ValueId result = op == UnaryOperator::Negative ? t.emit(Op::FNeg, {leaf}) : leaf;
        return t.done(made(t, operand.node->record, float_value(result)));
    }
    return numpy_computes(t, "a sign", operand);
}

std::optional<Outcomes> number_absolute(Translation& t, const Value& operand) {
    if (!is_float64(operand)) {
        return std::nullopt;
    }
    const ValueId result = t.emit(Op::FAbs, {number_in(t, operand).leaf});
    return t.done(made(t, operand.node->record, float_value(result)));
}

std::optional<Outcomes> number_compare(Translation& t, CompareOperator op, const Value& left, const Value& right) {
    if (!is_number_object(left) && !is_number_object(right)) {
        return std::nullopt;
    }
    const Value& object = is_number_object(left) ? left : right;
    if (is_float64_operand(left) && is_float64_operand(right)) {
        const Value a = plain(t, left), b = plain(t, right);
        guard_exact(t, a);
        guard_exact(t, b);
        return numpy_bool(t, object, compare_numbers(t, op, float_value(to_float(t, a)), float_value(to_float(t, b))));
    }
    const auto is_whole = [&](const Value& value) {
        return value.shape == Shape::Int || (is_number_object(value) && value.node->record == object.node->record);
    };
    if (object.items().front().shape == Shape::Int && is_whole(left) && is_whole(right)) {
        const Value a = plain(t, left), b = plain(t, right);
        if (type_name(object).starts_with("numpy.u")) {  // older ones compare these with ints as floats
            guard_exact(t, a);
            guard_exact(t, b);
        }
        return numpy_bool(t, object, compare_numbers(t, op, a, b));
    }
    return numpy_computes(t, "a comparison", object);
}

Outcomes number_attribute(Translation& t, const Value& object, std::string_view name) {
    if (name == "__class__") {
        return t.done(t.class_value(*object.node->record));
    }
    if (name == "item") {
        return t.done(t.method(kNumbers[0].name, object));
    }
    return numpy_computes(t, "the attribute " + quoted(name), object);
}

std::vector<Value> plain_arguments(Translation& t, std::string_view intrinsic, std::span<const Value> arguments) {
    std::vector<Value> taken(arguments.begin(), arguments.end());
    const bool is_constructor = intrinsic == "builtins.float" || intrinsic == "builtins.int";
    for (Value& argument : taken) {
        if (!is_number_object(argument)) {
            continue;
        }
        if (is_constructor && taken.size() == 1) {
            argument = number_in(t, argument);
        } else if (takes_floats(intrinsic) && (intrinsic != "math.trunc" || is_float64(argument))) {
            argument = float_value(to_float(t, number_in(t, argument)));
        }
    }
    return taken;
}

}  // namespace pp::frontend
