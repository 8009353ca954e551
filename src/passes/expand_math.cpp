/// Calls of the math library with the checks that CPython's mathmodule.c makes.
///
/// CPython judges a result by NaN and infinity. Where a function's domain is known, one comparison of the argument (or
/// of the result) decides the same; the generic rules stand for functions without such a shortcut.
#include <limits>

#include "base/error.h"
#include "passes/expand.h"

namespace pp::passes {
namespace {

using ir::MathFunction;
using ir::Op;
using ir::ValueId;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// NaN only from NaN, an infinity only from an infinity.
ValueId passes_unary(Emitter& emit, ValueId x, ValueId result) {
    ValueId infinities = emit.both(emit.is_infinite(result), emit.is_infinite(x));
    return emit.either(emit.either(emit.is_finite(result), emit.is_nan(x)), infinities);
}

/// float ** float and math.pow: finite numbers must give a finite number. It says so for 0.0 ** -1.0 (an infinity),
/// (-8.0) ** 0.5 (NaN: Python would give a complex number) and overflow alike; what is left agrees with C.
ValueId passes_pow(Emitter& emit, ValueId x, ValueId y, ValueId result) {
    ValueId finite_operands = emit.both(emit.is_finite(x), emit.is_finite(y));
    return emit.either(emit.is_finite(result), emit.negated(finite_operands));
}

ValueId passes_fmod(Emitter& emit, ValueId x, ValueId y, ValueId result) {
    return emit.either(emit.is_number(result), emit.either(emit.is_nan(x), emit.is_nan(y)));
}

ValueId passes_by_rule(Emitter& emit, MathFunction function, const ir::Value& value, ValueId result) {
    ValueId x = value.operands[0];
    switch (ir::math_info(function).check) {
    case ir::MathCheck::Domain:
    case ir::MathCheck::Range: return passes_unary(emit, x, result);
    case ir::MathCheck::Pow: return passes_pow(emit, x, value.operands[1], result);
    case ir::MathCheck::Fmod: return passes_fmod(emit, x, value.operands[1], result);
    case ir::MathCheck::None: break;
    }
    return ir::kNoValue;
}

/// True where CPython returns `result`; kNoValue where it always does. Comparisons are written so that NaN passes.
ValueId passes(Emitter& emit, MathFunction function, const ir::Value& value, ValueId result) {
    ValueId x = value.operands[0];
    auto magnitude = [&](ValueId of) { return emit.op(Op::FAbs, of); };
    switch (function) {
    case MathFunction::Atan:
    case MathFunction::Tanh:
    case MathFunction::Asinh:
    case MathFunction::Cbrt:
    case MathFunction::Erf:
    case MathFunction::Erfc: return ir::kNoValue;  // a finite result for every finite argument
    case MathFunction::Sin:
    case MathFunction::Cos:
    case MathFunction::Tan: return emit.either(emit.is_number(result), emit.is_nan(x));
    case MathFunction::Exp:
    case MathFunction::Exp2:
    case MathFunction::Expm1: {
        ValueId infinity = emit.constant(kInfinity);
        return emit.either(emit.op(Op::FNe, result, infinity), emit.op(Op::FEq, x, infinity));
    }
    case MathFunction::Sinh:
    case MathFunction::Cosh: return emit.either(emit.negated(emit.is_infinite(result)), emit.is_infinite(x));
    case MathFunction::Log:
    case MathFunction::Log2:
    case MathFunction::Log10: return emit.negated(emit.op(Op::FLe, x, emit.constant(0.0)));
    case MathFunction::Log1p: return emit.negated(emit.op(Op::FLe, x, emit.constant(-1.0)));
    case MathFunction::Sqrt: return emit.negated(emit.op(Op::FLt, x, emit.constant(0.0)));
    case MathFunction::Asin:
    case MathFunction::Acos: return emit.negated(emit.op(Op::FLt, emit.constant(1.0), magnitude(x)));
    case MathFunction::Acosh: return emit.negated(emit.op(Op::FLt, x, emit.constant(1.0)));
    case MathFunction::Atanh: return emit.negated(emit.op(Op::FLe, emit.constant(1.0), magnitude(x)));
    default: return passes_by_rule(emit, function, value, result);
    }
}

}  // namespace

ValueId expand_math(Emitter& emit, const ir::Value& value) {
    auto function = static_cast<MathFunction>(value.immediate);
    PP_CHECK(ir::math_info(function).arity == value.operand_count);
    ValueId result;
    if (function == MathFunction::Sqrt)
        result = emit.op(Op::FSqrt, value.operands[0]);
    else if (value.operand_count == 1)
        result = emit.call(function, value.operands[0]);
    else
        result = emit.call(function, value.operands[0], value.operands[1]);
    ValueId condition = passes(emit, function, value, result);
    if (condition != ir::kNoValue) emit.guard(condition);
    return result;
}

}  // namespace pp::passes
