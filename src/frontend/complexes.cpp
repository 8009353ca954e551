/// See complexes.h. Since 3.14 a float takes part as a real number, before that as a complex one whose other part is 0.
#include "frontend/complexes.h"

#include <algorithm>
#include <limits>

#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// Exponents up to this magnitude are multiplied out, by CPython as well.
constexpr int64_t kLargestPower = 100;

bool is_real(const Value& value) {
    return value.shape != Shape::Complex;
}

ValueId real_part(Translation& t, const Value& value) {
    return is_real(value) ? to_float(t, value) : value.items()[0].leaf;
}

ValueId imaginary_part(Translation& t, const Value& value) {
    return is_real(value) ? t.constant(0.0) : value.items()[1].leaf;
}

Value made(Translation& t, ValueId real, ValueId imaginary) {
    return t.complex(float_value(real), float_value(imaginary));
}

Value as_complex(Translation& t, const Value& value) {
    return is_real(value) ? made(t, real_part(t, value), imaginary_part(t, value)) : value;
}

bool has_real_arithmetic(Translation& t) {
    return !t.places().empty() && t.places().back().code->version >= 314;
}

Outcomes sum(Translation& t, BinaryOperator op, const Value& left, const Value& right) {
    const Op operation = op == BinaryOperator::Add ? Op::FAdd : Op::FSub;
    const ValueId real = t.emit(operation, {real_part(t, left), real_part(t, right)});
    ValueId imaginary = ir::kNoValue;
    if (has_real_arithmetic(t) && is_real(right)) {
        imaginary = imaginary_part(t, left);
    } else if (has_real_arithmetic(t) && is_real(left)) {
        imaginary = op == BinaryOperator::Add ? imaginary_part(t, right) : t.emit(Op::FNeg, {imaginary_part(t, right)});
    } else {
        imaginary = t.emit(operation, {imaginary_part(t, left), imaginary_part(t, right)});
    }
    return t.done(made(t, real, imaginary));
}

ValueId is_nan(Translation& t, ValueId x) {
    return t.emit(Op::FNe, {x, x});
}

/// Since 3.14 a product or quotient that would be NaN in both parts is looked at again: that is left to CPython.
void leave_nans(Translation& t, const Value& value) {
    if (has_real_arithmetic(t)) {
        const ValueId both = t.emit(Op::BAnd, {is_nan(t, value.items()[0].leaf), is_nan(t, value.items()[1].leaf)});
        t.guard(t.emit(Op::BNot, {both}));
    }
}

Value product(Translation& t, const Value& left, const Value& right) {
    const ValueId a = real_part(t, left), b = imaginary_part(t, left);
    const ValueId c = real_part(t, right), d = imaginary_part(t, right);
    if (has_real_arithmetic(t) && (is_real(left) || is_real(right))) {
        const ValueId factor = is_real(left) ? a : c;
        const Value& other = is_real(left) ? right : left;
        return made(t, t.emit(Op::FMul, {is_real(left) ? factor : a, is_real(left) ? c : factor}),
                    t.emit(Op::FMul, {imaginary_part(t, other), factor}));
    }
    const ValueId real = t.emit(Op::FSub, {t.emit(Op::FMul, {a, c}), t.emit(Op::FMul, {b, d})});
    const Value value = made(t, real, t.emit(Op::FAdd, {t.emit(Op::FMul, {a, d}), t.emit(Op::FMul, {b, c})}));
    leave_nans(t, value);
    return value;
}

Outcomes quotient(Translation& t, const Value& left, const Value& right) {
    if (has_real_arithmetic(t) && is_real(right)) {
        const ValueId divisor = real_part(t, right);
        return t.done(made(t, t.emit(Op::PyFloatTrueDiv, {real_part(t, left), divisor}),
                           t.emit(Op::PyFloatTrueDiv, {imaginary_part(t, left), divisor})));
    }
    if (has_real_arithmetic(t)) {
        // Its algorithm for corner cases is newer than the others: what is not plain is CPython's.
        return t.follow("complex_quotient_314",
                        {as_complex(t, left), as_complex(t, right), t.bool_constant(is_real(left))});
    }
    return t.follow("complex_quotient", {as_complex(t, left), as_complex(t, right)});
}

/// By squares, as CPython does it; an infinite result raises.
Outcomes power(Translation& t, const Value& base, int64_t exponent) {
    Value result = t.complex(t.float_constant(1.0), t.float_constant(0.0)), square = base;
    for (int64_t mask = 1; exponent >= mask; mask <<= 1) {
        if (exponent & mask) {
            result = product(t, result, square);
        }
        square = product(t, square, square);
    }
    const auto is_bounded = [&](const Value& part) {
        return t.emit(Op::FNe, {t.emit(Op::FAbs, {part.leaf}), t.constant(std::numeric_limits<double>::infinity())});
    };
    t.guard(t.emit(Op::BAnd, {is_bounded(result.items()[0]), is_bounded(result.items()[1])}));
    return t.done(result);
}

}  // namespace

Outcomes complex_binary(Translation& t, BinaryOperator op, const Value& left, const Value& right) {
    switch (op) {
    case BinaryOperator::Add:
    case BinaryOperator::Subtract: return sum(t, op, left, right);
    case BinaryOperator::Multiply: return t.done(product(t, left, right));
    case BinaryOperator::TrueDivide: return quotient(t, left, right);
    case BinaryOperator::Power:
        if (const std::optional<int64_t> known = t.known_int(right);
            known && -kLargestPower <= *known && *known <= kLargestPower) {
            if (*known > 0) {
                return power(t, left, *known);
            }
            return then(t, power(t, left, -*known), [&](const Value& inverse) {
                return quotient(t, t.complex(t.float_constant(1.0), t.float_constant(0.0)), inverse);
            });
        }
        if (left.shape == Shape::Complex && right.is_number()) {
            return t.follow("complex_power", {left, float_value(to_float(t, right))});
        }
        return t.unsupported("a complex number to this power", {}, "use a small constant int, or multiply it out");
    default: return t.raises("TypeError", "unsupported operand types for an operator: 'complex'");
    }
}

Outcomes complex_unary(Translation& t, UnaryOperator op, const Value& operand) {
    if (op == UnaryOperator::Positive) {
        return t.done(operand);
    }
    if (op == UnaryOperator::Negative) {
        return t.done(
            made(t, t.emit(Op::FNeg, {operand.items()[0].leaf}), t.emit(Op::FNeg, {operand.items()[1].leaf})));
    }
    return t.raises("TypeError", "bad operand type for a unary operator: 'complex'");
}

ValueId complex_equal(Translation& t, const Value& left, const Value& right) {
    const auto real = [&](const Value& value) { return is_real(value) ? value : value.items()[0]; };
    const ValueId same = compare_numbers(t, CompareOperator::Eq, real(left), real(right));
    const ValueId other = t.emit(Op::FEq, {imaginary_part(t, left), imaginary_part(t, right)});
    return logical_and(t, same, other);
}

ValueId complex_truth(Translation& t, const Value& value) {
    const ValueId zero = t.constant(0.0);
    return t.emit(Op::BOr,
                  {t.emit(Op::FNe, {value.items()[0].leaf, zero}), t.emit(Op::FNe, {value.items()[1].leaf, zero})});
}

namespace {

Outcomes part(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    const Value& value = call.arguments[0];
    return value.shape == Shape::Complex ? t.done(float_value(value.items()[call.parameter].leaf))
                                         : wrong_type(t, call, value);
}

Outcomes conjugate(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    const Value& value = call.arguments[0];
    return value.shape == Shape::Complex
               ? t.done(made(t, value.items()[0].leaf, t.emit(Op::FNeg, {value.items()[1].leaf})))
               : wrong_type(t, call, value);
}

Outcomes make_complex(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 0, 2)) {
        return wrong_count(t, call);
    }
    Value parts[2] = {t.float_constant(0.0), t.float_constant(0.0)};
    bool has_part[2] = {call.arguments.size() > 0, call.arguments.size() > 1};
    std::copy(call.arguments.begin(), call.arguments.end(), parts);
    for (const KeywordArgument& keyword : call.keywords) {
        const size_t index = keyword.name == "real" ? 0 : 1;
        if ((index == 1 && keyword.name != "imag") || has_part[index]) {
            return t.raises("complex() got an unexpected argument");
        }
        has_part[index] = true;
        parts[index] = keyword.value;
    }
    if (parts[0].shape == Shape::Complex && !has_part[1]) {
        return t.done(parts[0]);
    }
    for (const Value& value : parts) {
        if (value.shape == Shape::Complex) {
            return t.unsupported("complex() with complex parts", {}, "add the parts");
        }
        if (!value.is_number()) {
            return wrong_type(t, call, value);
        }
    }
    return t.done(made(t, to_float(t, parts[0]), to_float(t, parts[1])));
}

constexpr IntrinsicEntry kComplex[] = {
    {"complex.real", part, 0, true},
    {"complex.imag", part, 1, true},
    {"complex.conjugate", conjugate},
    {"builtins.complex", make_complex, 0, false, true},
};

}  // namespace

std::span<const IntrinsicEntry> complex_intrinsics() {
    return kComplex;
}

}  // namespace pp::frontend
