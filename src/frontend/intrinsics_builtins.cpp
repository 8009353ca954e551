/// Builtins of single numbers: abs, round, pow, divmod, and the constructors float, int and bool.
#include <array>
#include <cmath>
#include <limits>

#include "frontend/intrinsics_support.h"
#include "frontend/numbers.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

Outcomes absolute(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    const Value& value = call.arguments[0];
    if (std::optional<Outcomes> outcomes = number_absolute(t, value)) {
        return std::move(*outcomes);
    }
    if (value.shape == Shape::Float) {
        return t.done(float_value(t.emit(Op::FAbs, {value.leaf})));
    }
    if (value.shape == Shape::Bool) {
        return t.done(as_int(t, value));
    }
    if (auto outcomes = class_method(t, "__abs__", {value})) {
        return std::move(*outcomes);
    }
    if (value.shape == Shape::Complex) {
        return t.follow("complex_abs", {value});
    }
    if (value.shape != Shape::Int) {
        return wrong_type(t, call, value);
    }
    const std::optional<int64_t> known = t.known_int(value);
    if (known && *known != std::numeric_limits<int64_t>::min()) {
        return t.done(*known < 0 ? t.int_constant(-*known) : value);
    }
    const Value result = int_value(t.emit(Op::PyIntAbs, {value.leaf}));
    // What is not negative is the same object.
    const ValueId is_negative = t.emit(Op::ILt, {value.leaf, t.constant(int64_t{0})});
    Value kept = result;
    kept.origin = value.origin;
    return t.done(select_scalar(t, is_negative, result, kept));
}

Outcomes round_float(Translation& t, const Value& value, const Value& digits) {
    constexpr auto kMost = static_cast<int64_t>(kPowersOfTen.size()) - 1;
    const std::optional<int64_t> known = t.known_int(digits);
    if (known == 0) {
        return t.done(float_value(t.emit(Op::FRoundEven, {value.leaf})));
    }
    const Value plain = float_value(value.leaf);
    if (known && -kMost <= *known && *known <= kMost) {
        const Value scale = t.float_constant(kPowersOfTen[static_cast<size_t>(std::abs(*known))]);
        return t.follow(*known > 0 ? "round_places" : "round_tens", {plain, scale});
    }
    return t.follow("round_float", {plain, as_int(t, digits)});
}

Outcomes round_int(Translation& t, const Value& value, const Value& digits) {
    if (const std::optional<int64_t> known = t.known_int(digits)) {
        return *known >= 0 ? t.done(value) : t.follow("round_int", {value, as_int(t, digits)});
    }
    const Fork fork = t.fork(t.emit(Op::ILe, {t.constant(int64_t{0}), to_int(t, digits)}));
    t.enter(fork.if_true);
    Outcomes outcomes = t.done(value);
    t.enter(fork.if_false);
    outcomes.push_back(t.follow("round_int", {value, as_int(t, digits)}).front());
    return outcomes;
}

Outcomes round(Translation& t, const IntrinsicCall& call) {
    Value digits = has_count(call, 2, 2) ? call.arguments[1] : Value{};
    if (!has_count(call, 1, 2) || !take_keyword(call, "ndigits", digits)) {
        return wrong_count(t, call);
    }
    const Value& value = call.arguments[0];
    if (!value.is_number()) {
        return wrong_type(t, call, value);
    }
    if (digits.is_null() || digits.shape == Shape::None) {
        if (value.is_integral()) {
            return t.done(as_int(t, value));
        }
        Outcomes raised = no_whole(t, value.leaf);
        return joined(std::move(raised), t.done(int_value(t.emit(Op::PyFloatRound, {value.leaf}))));
    }
    if (!digits.is_integral()) {
        return wrong_type(t, call, digits);
    }
    return value.is_integral() ? round_int(t, as_int(t, value), digits) : round_float(t, value, digits);
}

Outcomes power(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 3)) {
        return wrong_count(t, call);
    }
    if (has_count(call, 2, 2) || call.arguments[2].shape == Shape::None) {
        return are_numbers(call.arguments.first(2))
                   ? binary(t, BinaryOperator::Power, call.arguments[0], call.arguments[1])
                   : t.follow("operator_pow", {call.arguments[0], call.arguments[1]});
    }
    if (!are_integral(call.arguments)) {
        return not_integral(t, call);
    }
    return t.follow("power_modulo",
                    {as_int(t, call.arguments[0]), as_int(t, call.arguments[1]), as_int(t, call.arguments[2])});
}

Outcomes quotient_and_remainder(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    if (!are_numbers(call.arguments)) {
        return not_numbers(t, call);
    }
    const Value &left = call.arguments[0], &right = call.arguments[1];
    if (left.shape == Shape::Float || right.shape == Shape::Float) {
        const ValueId a = to_float(t, left), b = to_float(t, right);
        Outcomes raised;
        if (t.catches()) {
            raised = t.raised_where(t.emit(Op::FEq, {b, t.constant(0.0)}), "ZeroDivisionError", "float divmod()");
        }
        const Outcomes large = large_quotient(t, "divided_large", a, b);
        const Value quotient = float_value(t.emit(Op::PyFloatFloorDiv, {a, b}));
        const Value remainder = float_value(t.emit(Op::PyFloatMod, {a, b}));
        return joined(joined(std::move(raised), large), t.done(t.row(Shape::Tuple, {quotient, remainder})));
    }
    return then(t, binary(t, BinaryOperator::FloorDivide, left, right), [&](const Value& quotient) {
        return then(t, binary(t, BinaryOperator::Modulo, left, right),
                    [&](const Value& remainder) { return t.done(t.row(Shape::Tuple, {quotient, remainder})); });
    });
}

/// What float() makes of words: "inf", "-Infinity", "nan".
std::optional<double> float_of_word(const std::string& text) {
    std::string word;
    for (const char letter : text) {
        word += static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter);
    }
    const double sign = word.starts_with('-') ? -1.0 : 1.0;
    word = word.substr(word.starts_with('-') || word.starts_with('+') ? 1 : 0);
    if (word == "inf" || word == "infinity") {
        return sign * std::numeric_limits<double>::infinity();
    }
    return word == "nan" ? std::optional(std::copysign(std::numeric_limits<double>::quiet_NaN(), sign)) : std::nullopt;
}

Outcomes make_float(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 0, 1)) {
        return wrong_count(t, call);
    }
    if (call.arguments.empty()) {
        return t.done(t.float_constant(0.0));
    }
    const Value& value = call.arguments[0];
    if (auto outcomes = class_method(t, "__float__", {value})) {
        return std::move(*outcomes);
    }
    if (const std::string* known = constant_text(value)) {
        if (const std::optional<double> number = float_of_word(*known)) {
            return t.done(t.float_constant(*number));
        }
    }
    if (const Value text = as_text(t, value); !text.is_null()) {
        return t.follow("float_of_text", {text});
    }
    if (!value.is_number()) {
        return wrong_type(t, call, value);
    }
    return t.done(value.shape == Shape::Float ? value : float_value(to_float(t, value)));
}

Outcomes make_int(Translation& t, const IntrinsicCall& call) {
    Value base = has_count(call, 2, 2) ? call.arguments[1] : Value{};
    if (!has_count(call, 0, 2) || !take_keyword(call, "base", base)) {
        return wrong_count(t, call);
    }
    if (call.arguments.empty()) {
        return t.done(t.int_constant(0));
    }
    const Value& value = call.arguments[0];
    if (const Value text = as_text(t, value); !text.is_null()) {
        if (!base.is_null() && !base.is_integral()) {
            return wrong_type(t, call, base);
        }
        return t.follow("int_of_text_in", {text, base.is_null() ? t.int_constant(10) : as_int(t, base)});
    }
    if (!base.is_null()) {
        return t.raises("TypeError", "int() can't convert non-string with explicit base");
    }
    if (!value.is_number()) {
        return wrong_type(t, call, value);
    }
    if (value.is_integral()) {
        return t.done(as_int(t, value));
    }
    Outcomes raised = no_whole(t, value.leaf);
    return joined(std::move(raised), t.done(int_value(t.emit(Op::PyFloatToInt, {value.leaf}))));
}

Outcomes make_bool(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 0, 1)) {
        return wrong_count(t, call);
    }
    if (call.arguments.empty()) {
        return t.done(t.bool_constant(false));
    }
    const Value& value = call.arguments[0];
    return value.shape == Shape::Bool ? t.done(value) : unary(t, UnaryOperator::ToBool, value);
}

constexpr IntrinsicEntry kBuiltins[] = {
    {"builtins.abs", absolute},     {"builtins.round", round, 0, false, true},
    {"builtins.pow", power},        {"builtins.divmod", quotient_and_remainder},
    {"builtins.float", make_float}, {"builtins.int", make_int, 0, false, true},
    {"builtins.bool", make_bool},
};

}  // namespace

std::span<const IntrinsicEntry> builtin_intrinsics() {
    return kBuiltins;
}

}  // namespace pp::frontend
