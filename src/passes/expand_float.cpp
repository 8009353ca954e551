/// Python's float operations, as CPython's floatobject.c computes them.
#include <cmath>
#include <limits>

#include "base/error.h"
#include "passes/expand.h"

namespace pp::passes {
namespace {

using ir::Op;
using ir::ValueId;

ValueId guard_nonzero(Emitter& emit, ValueId divisor) {
    ValueId nonzero = emit.op(Op::FNe, divisor, emit.constant(0.0));
    auto known = emit.float_constant(divisor);
    if (!known || *known == 0.0) emit.guard(nonzero);
    return nonzero;
}

ValueId true_div(Emitter& emit, ValueId x, ValueId y) {
    guard_nonzero(emit, y);
    return emit.op(Op::FDiv, x, y);
}

bool is_power_of_two(double value) {
    int exponent = 0;
    return value >= 1.0 && value <= 0x1p62 && std::frexp(value, &exponent) == 0.5;
}

/// x divided by y, for `//` and `%`.
struct Division {
    ValueId quotient;   ///< as `/` has it
    ValueId whole;      ///< its floor, or one more
    ValueId remainder;  ///< x - whole * y, rounded once
    ValueId nonzero;    ///< whether the remainder is
    ValueId moved;      ///< true where the remainder's sign is not y's: `whole` is one too large; kNoValue: never
};

/// For the powers of two from 1 up every step is exact, or rounds what CPython rounds.
Division divide_by_power(Emitter& emit, ValueId x, ValueId y, double power) {
    Division d{};
    d.quotient = emit.op(Op::FMul, x, emit.constant(1.0 / power));
    d.whole = emit.op(Op::FFloor, d.quotient);
    d.remainder = emit.op(Op::FSub, x, emit.op(Op::FMul, d.whole, y));
    d.nonzero = emit.op(Op::FNe, d.remainder, emit.constant(0.0));
    d.moved = ir::kNoValue;
    return d;
}

/// CPython calls fmod, which is exact, and adds y where the signs differ. A fused multiply-add gives the same bits and
/// vectorises: while the quotient is below `limit`, its rounding can only reach the next whole number, whose remainder
/// is exact and tells by its sign. Larger quotients are handed back.
Division divide(Emitter& emit, ValueId x, ValueId y, double limit) {
    auto known = emit.float_constant(y);
    if (known && is_power_of_two(*known)) return divide_by_power(emit, x, y, *known);
    ValueId zero = emit.constant(0.0);
    guard_nonzero(emit, y);
    Division d{};
    d.quotient = emit.op(Op::FDiv, x, y);
    emit.guard(emit.negated(emit.op(Op::FLe, emit.constant(limit), emit.op(Op::FAbs, d.quotient))));
    // Nothing may be multiplied by an infinite y, so a smaller x is its own remainder.
    ValueId smaller = emit.op(Op::FLt, emit.op(Op::FAbs, x), emit.op(Op::FAbs, y));
    d.whole = emit.select(smaller, zero, emit.op(Op::FFloor, d.quotient));
    d.remainder = emit.select(smaller, x, emit.fma(emit.op(Op::FNeg, d.whole), y, x));
    d.nonzero = emit.op(Op::FNe, d.remainder, zero);
    ValueId signs_differ = emit.op(Op::BXor, emit.op(Op::FLt, y, zero), emit.op(Op::FLt, d.remainder, zero));
    d.moved = emit.both(d.nonzero, signs_differ);
    return d;
}

ValueId mod(Emitter& emit, ValueId x, ValueId y) {
    Division d = divide(emit, x, y, 0x1p53);
    ValueId remainder = d.remainder;
    if (d.moved != ir::kNoValue) remainder = emit.select(d.moved, emit.op(Op::FAdd, remainder, y), remainder);
    return emit.select(d.nonzero, remainder, emit.op(Op::FCopySign, emit.constant(0.0), y));
}

/// CPython divides x less its remainder by y and takes the nearest whole number. Below 2**50 that is the exact floor.
ValueId floor_div(Emitter& emit, ValueId x, ValueId y) {
    Division d = divide(emit, x, y, 0x1p50);
    ValueId whole = d.whole;
    if (d.moved != ir::kNoValue)
        whole = emit.select(d.moved, emit.op(Op::FSub, whole, emit.constant(1.0)), whole);
    else  // the remainder of an infinity is NaN, and so is the quotient
        whole = emit.select(emit.is_number(d.remainder), whole, d.remainder);
    ValueId signed_zero = emit.op(Op::FCopySign, emit.constant(0.0), d.quotient);
    return emit.select(emit.op(Op::FNe, whole, emit.constant(0.0)), whole, signed_zero);
}

/// A float that is a whole number already -> int. Beyond 64 bits, infinities and NaN are handed back.
ValueId to_int(Emitter& emit, ValueId x) {
    ValueId fits = emit.op(Op::FLt, emit.op(Op::FAbs, x), emit.constant(kTwoTo63));
    emit.guard(fits);
    return emit.op(Op::FloatToInt, emit.select(fits, x, emit.constant(0.0)));
}

}  // namespace

ValueId expand_float(Emitter& emit, const ir::Value& value) {
    ValueId x = value.operands[0];
    ValueId y = value.operands[1];
    switch (value.op) {
    case Op::PyFloatTrueDiv: return true_div(emit, x, y);
    case Op::PyFloatFloorDiv: return floor_div(emit, x, y);
    case Op::PyFloatMod: return mod(emit, x, y);
    case Op::PyFloatPow: {
        ir::Value call = value;
        call.op = Op::PyMath;
        call.immediate = static_cast<uint64_t>(ir::MathFunction::Pow);
        return expand_math(emit, call);
    }
    case Op::PyFloatToInt: return to_int(emit, x);
    case Op::PyFloatFloor: return to_int(emit, emit.op(Op::FFloor, x));
    case Op::PyFloatCeil: return to_int(emit, emit.op(Op::FCeil, x));
    default: PP_CHECK(value.op == Op::PyFloatRound); return to_int(emit, emit.op(Op::FRoundEven, x));
    }
}

}  // namespace pp::passes
