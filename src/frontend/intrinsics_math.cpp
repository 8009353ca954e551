/// Functions of the math module that are one operation or a few.
#include <cmath>

#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"

namespace pp::frontend {
namespace {

using ir::MathFunction;
using ir::Op;
using ir::ValueId;

constexpr double kPi = 3.14159265358979323846;

constexpr double kLeastOverflow = 709.79, kLeastHyperbolicOverflow = 710.48;  ///< just above where exp, sinh overflow

/// Where CPython surely raises, as a way on for whoever may catch that; the operation checks what is left.
Outcomes math_errors(Translation& t, MathFunction function, ValueId x) {
    if (!t.catches()) {
        return {};
    }
    const auto domain = [&](ValueId condition) { return t.raised_where(condition, "ValueError", "math domain error"); };
    const auto range = [&](ValueId magnitude, double least) {
        const ValueId is_beyond = t.emit(Op::FLt, {t.constant(least), magnitude});
        return t.raised_where(logical_and(t, is_beyond, is_finite(t, x)), "OverflowError", "math range error");
    };
    const auto magnitude = [&] { return t.emit(Op::FAbs, {x}); };
    switch (function) {
    case MathFunction::Sqrt: return domain(t.emit(Op::FLt, {x, t.constant(0.0)}));
    case MathFunction::Log:
    case MathFunction::Log2:
    case MathFunction::Log10: return domain(t.emit(Op::FLe, {x, t.constant(0.0)}));
    case MathFunction::Log1p: return domain(t.emit(Op::FLe, {x, t.constant(-1.0)}));
    case MathFunction::Asin:
    case MathFunction::Acos: return domain(t.emit(Op::FLt, {t.constant(1.0), magnitude()}));
    case MathFunction::Acosh: return domain(t.emit(Op::FLt, {x, t.constant(1.0)}));
    case MathFunction::Atanh: return domain(t.emit(Op::FLe, {t.constant(1.0), magnitude()}));
    case MathFunction::Sin:
    case MathFunction::Cos:
    case MathFunction::Tan:
        return domain(t.emit(Op::FEq, {magnitude(), t.constant(std::numeric_limits<double>::infinity())}));
    case MathFunction::Exp:
    case MathFunction::Expm1: return range(x, kLeastOverflow);
    case MathFunction::Sinh:
    case MathFunction::Cosh: return range(magnitude(), kLeastHyperbolicOverflow);
    default: return {};
    }
}

/// A function of the math library, `parameter`, with CPython's checks.
Outcomes libm(Translation& t, const IntrinsicCall& call) {
    const auto function = static_cast<MathFunction>(call.parameter);
    const auto arity = static_cast<size_t>(ir::math_info(function).arity);
    if (!has_count(call, arity, arity)) {
        return wrong_count(t, call);
    }
    if (!are_numbers(call.arguments)) {
        return not_numbers(t, call);
    }
    const ValueId first = to_float(t, call.arguments[0]);
    if (arity == 1) {
        Outcomes raised = math_errors(t, function, first);
        return joined(std::move(raised), t.done(float_value(t.builder().math(Op::PyMath, function, {first}))));
    }
    const ValueId second = to_float(t, call.arguments[1]);
    return t.done(float_value(t.builder().math(Op::PyMath, function, {first, second})));
}

/// math.log: with a base it is the quotient of two logarithms.
Outcomes log(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 2)) {
        return wrong_count(t, call);
    }
    if (!are_numbers(call.arguments)) {
        return not_numbers(t, call);
    }
    ValueId logarithms[2] = {};
    Outcomes raised;
    for (size_t i = 0; i < call.arguments.size(); ++i) {
        const ValueId x = to_float(t, call.arguments[i]);
        raised = joined(std::move(raised), math_errors(t, MathFunction::Log, x));
        logarithms[i] = t.builder().math(Op::PyMath, MathFunction::Log, {x});
    }
    if (call.arguments.size() == 1) {
        return joined(std::move(raised), t.done(float_value(logarithms[0])));
    }
    if (t.catches()) {
        const ValueId is_zero = t.emit(Op::FEq, {logarithms[1], t.constant(0.0)});
        raised = joined(std::move(raised), t.raised_where(is_zero, "ZeroDivisionError", "division by zero"));
    }
    const Value quotient = float_value(t.emit(Op::PyFloatTrueDiv, {logarithms[0], logarithms[1]}));
    return joined(std::move(raised), t.done(quotient));
}

/// One float operation, `parameter`, of one or two floats.
template <size_t Arity> Outcomes operation(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, Arity, Arity)) {
        return wrong_count(t, call);
    }
    if (!are_numbers(call.arguments)) {
        return not_numbers(t, call);
    }
    const auto op = static_cast<Op>(call.parameter);
    const ValueId first = to_float(t, call.arguments[0]);
    return t.done(
        float_value(Arity == 1 ? t.emit(op, {first}) : t.emit(op, {first, to_float(t, call.arguments[Arity - 1])})));
}

/// math.floor, ceil and trunc, `parameter`: an int. An int is its own.
Outcomes to_whole(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    const Value& value = call.arguments[0];
    if (value.is_integral()) {
        return t.done(as_int(t, value));
    }
    if (value.shape != Shape::Float) {
        return wrong_type(t, call, value);
    }
    Outcomes raised = no_whole(t, value.leaf);
    return joined(std::move(raised), t.done(int_value(t.emit(static_cast<Op>(call.parameter), {value.leaf}))));
}

enum Class : uint64_t { kFinite, kInfinite, kNan };

/// math.isfinite, isinf and isnan.
Outcomes classify(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    const Value& value = call.arguments[0];
    if (value.is_integral()) {
        return t.done(t.bool_constant(call.parameter == kFinite));
    }
    if (value.shape != Shape::Float) {
        return wrong_type(t, call, value);
    }
    const ValueId x = value.leaf;
    switch (static_cast<Class>(call.parameter)) {
    case kFinite: return t.done(bool_value(is_finite(t, x)));
    case kInfinite: {
        const ValueId infinity = t.constant(std::numeric_limits<double>::infinity());
        return t.done(bool_value(t.emit(Op::FEq, {t.emit(Op::FAbs, {x}), infinity})));
    }
    case kNan: break;
    }
    return t.done(bool_value(t.emit(Op::FNe, {x, x})));
}

/// math.degrees and math.radians: CPython multiplies by one constant.
template <bool ToDegrees> Outcomes convert_angle(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    if (!are_numbers(call.arguments)) {
        return not_numbers(t, call);
    }
    const ValueId factor = t.constant(ToDegrees ? 180.0 / kPi : kPi / 180.0);
    return t.done(float_value(t.emit(Op::FMul, {to_float(t, call.arguments[0]), factor})));
}

/// math.fma: a NaN from numbers and an infinity from finite numbers raise.
Outcomes fused(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 3, 3)) {
        return wrong_count(t, call);
    }
    if (!are_numbers(call.arguments)) {
        return not_numbers(t, call);
    }
    const std::vector<Value> operands = to_floats(t, call.arguments);
    const ValueId result = t.emit(Op::FFma, {operands[0].leaf, operands[1].leaf, operands[2].leaf});
    ValueId all_numbers = t.constant(true);
    ValueId all_finite = t.constant(true);
    for (const Value& operand : operands) {
        all_numbers = logical_and(t, all_numbers, t.emit(Op::FEq, {operand.leaf, operand.leaf}));
        all_finite = logical_and(t, all_finite, is_finite(t, operand.leaf));
    }
    const ValueId is_number = t.emit(Op::FEq, {result, result});
    const ValueId from_infinity = logical_and(t, is_number, logical_not(t, all_finite));
    t.guard(logical_or(t, is_finite(t, result), logical_or(t, from_infinity, logical_not(t, all_numbers))));
    return t.done(float_value(result));
}

constexpr IntrinsicEntry libm_row(std::string_view name, MathFunction function) {
    return {name, libm, static_cast<uint64_t>(function)};
}

template <size_t Arity> constexpr IntrinsicEntry operation_row(std::string_view name, Op op) {
    return {name, operation<Arity>, static_cast<uint64_t>(op)};
}

constexpr IntrinsicEntry whole_row(std::string_view name, Op op) {
    return {name, to_whole, static_cast<uint64_t>(op)};
}

constexpr IntrinsicEntry kMath[] = {
    libm_row("math.sin", MathFunction::Sin),
    libm_row("math.cos", MathFunction::Cos),
    libm_row("math.tan", MathFunction::Tan),
    libm_row("math.asin", MathFunction::Asin),
    libm_row("math.acos", MathFunction::Acos),
    libm_row("math.atan", MathFunction::Atan),
    libm_row("math.atan2", MathFunction::Atan2),
    libm_row("math.sinh", MathFunction::Sinh),
    libm_row("math.cosh", MathFunction::Cosh),
    libm_row("math.tanh", MathFunction::Tanh),
    libm_row("math.asinh", MathFunction::Asinh),
    libm_row("math.acosh", MathFunction::Acosh),
    libm_row("math.atanh", MathFunction::Atanh),
    libm_row("math.exp", MathFunction::Exp),
    libm_row("math.exp2", MathFunction::Exp2),
    libm_row("math.expm1", MathFunction::Expm1),
    libm_row("math.log2", MathFunction::Log2),
    libm_row("math.log10", MathFunction::Log10),
    libm_row("math.log1p", MathFunction::Log1p),
    libm_row("math.sqrt", MathFunction::Sqrt),
    libm_row("math.cbrt", MathFunction::Cbrt),
    libm_row("math.pow", MathFunction::Pow),
    libm_row("math.fmod", MathFunction::Fmod),
    libm_row("math.remainder", MathFunction::Remainder),
    libm_row("math.erf", MathFunction::Erf),
    libm_row("math.erfc", MathFunction::Erfc),
    {"math.log", log},
    operation_row<1>("math.fabs", Op::FAbs),
    operation_row<2>("math.copysign", Op::FCopySign),
    whole_row("math.floor", Op::PyFloatFloor),
    whole_row("math.ceil", Op::PyFloatCeil),
    whole_row("math.trunc", Op::PyFloatToInt),
    {"math.isfinite", classify, kFinite},
    {"math.isinf", classify, kInfinite},
    {"math.isnan", classify, kNan},
    {"math.degrees", convert_angle<true>},
    {"math.radians", convert_angle<false>},
    {"math.fma", fused},
};

}  // namespace

std::span<const IntrinsicEntry> math_intrinsics() {
    return kMath;
}

}  // namespace pp::frontend
