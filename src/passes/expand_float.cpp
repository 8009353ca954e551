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
    if (!known || *known == 0.0)
        emit.guard(nonzero);
    return nonzero;
}

ValueId true_div(Emitter& emit, ValueId x, ValueId y) {
    guard_nonzero(emit, y);
    return emit.op(Op::FDiv, x, y);
}

/// fmod(x, y). For the powers of two from 1 up it is `x - trunc(x / y) * y`, every step of which is exact: no call.
ValueId c_remainder(Emitter& emit, ValueId x, ValueId y) {
    auto known = emit.float_constant(y);
    int exponent = 0;
    if (!known || !(*known >= 1.0) || *known > 0x1p62 || std::frexp(*known, &exponent) != 0.5)
        return emit.call(ir::MathFunction::Fmod, x, y);
    ValueId whole = emit.op(Op::FTrunc, emit.op(Op::FMul, x, emit.constant(1.0 / *known)));
    return emit.op(Op::FSub, x, emit.op(Op::FMul, whole, y));
}

struct Remainder {
    ValueId truncated;   ///< C's, with the sign of the dividend
    ValueId nonzero;
    ValueId moved;       ///< true where Python adds the divisor to give the remainder the divisor's sign
};

Remainder remainder_of(Emitter& emit, ValueId x, ValueId y) {
    ValueId zero = emit.constant(0.0);
    guard_nonzero(emit, y);
    Remainder r{};
    r.truncated = c_remainder(emit, x, y);
    r.nonzero = emit.op(Op::FNe, r.truncated, zero);
    ValueId signs_differ = emit.op(Op::BXor, emit.op(Op::FLt, y, zero), emit.op(Op::FLt, r.truncated, zero));
    r.moved = emit.both(r.nonzero, signs_differ);
    return r;
}

ValueId mod(Emitter& emit, ValueId x, ValueId y) {
    Remainder r = remainder_of(emit, x, y);
    ValueId sum = emit.op(Op::FAdd, r.truncated, y);
    ValueId signed_zero = emit.op(Op::FCopySign, emit.constant(0.0), y);
    return emit.select(r.moved, sum, emit.select(r.nonzero, r.truncated, signed_zero));
}

ValueId floor_div(Emitter& emit, ValueId x, ValueId y) {
    Remainder r = remainder_of(emit, x, y);
    ValueId quotient = emit.op(Op::FDiv, emit.op(Op::FSub, x, r.truncated), y);
    quotient = emit.select(r.moved, emit.op(Op::FSub, quotient, emit.constant(1.0)), quotient);
    ValueId floor = emit.op(Op::FFloor, quotient);
    ValueId one_short = emit.op(Op::FLt, emit.constant(0.5), emit.op(Op::FSub, quotient, floor));
    ValueId whole = emit.select(one_short, emit.op(Op::FAdd, floor, emit.constant(1.0)), floor);
    ValueId signed_zero = emit.op(Op::FCopySign, emit.constant(0.0), emit.op(Op::FDiv, x, y));
    return emit.select(emit.op(Op::FNe, quotient, emit.constant(0.0)), whole, signed_zero);
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
