/// Python's int operations in 64 bits.
#include <limits>

#include "base/error.h"
#include "passes/expand.h"

namespace pp::passes {
namespace {

using ir::Op;
using ir::ValueId;

constexpr int64_t kLeastInt = std::numeric_limits<int64_t>::min();

bool is_power_of_two(int64_t value) {
    return value > 0 && (value & (value - 1)) == 0;
}

/// True where a nonzero remainder's sign is not the divisor's: C truncates, Python floors.
ValueId truncated_up(Emitter& emit, ValueId remainder, ValueId divisor) {
    ValueId zero = emit.constant(int64_t{0});
    if (auto known = emit.int_constant(divisor))
        return *known > 0 ? emit.op(Op::ILt, remainder, zero) : emit.op(Op::ILt, zero, remainder);
    ValueId signs_differ = emit.op(Op::ILt, emit.op(Op::IXor, remainder, divisor), zero);
    return emit.both(emit.op(Op::INe, remainder, zero), signs_differ);
}

/// The divisor, or 1 where `unsafe` holds: the processor traps on a zero divisor and on the least int over -1.
ValueId safe_divisor(Emitter& emit, ValueId unsafe, ValueId divisor) {
    return emit.select(unsafe, emit.constant(int64_t{1}), divisor);
}

bool divides_without_checks(std::optional<int64_t> divisor) {
    return divisor && *divisor != 0 && *divisor != -1;
}

ValueId floor_div(Emitter& emit, ValueId a, ValueId b) {
    auto known = emit.int_constant(b);
    if (known && is_power_of_two(*known))
        return emit.op(Op::IShr, a, emit.constant(int64_t{std::countr_zero(static_cast<uint64_t>(*known))}));
    ValueId divisor = b;
    if (!divides_without_checks(known)) {
        ValueId overflows =
            emit.both(emit.op(Op::IEq, b, emit.constant(int64_t{-1})), emit.op(Op::IEq, a, emit.constant(kLeastInt)));
        ValueId unsafe = emit.either(emit.op(Op::IEq, b, emit.constant(int64_t{0})), overflows);
        emit.guard(emit.negated(unsafe));
        divisor = safe_divisor(emit, unsafe, b);
    }
    ValueId quotient = emit.op(Op::IDiv, a, divisor);
    ValueId remainder = emit.op(Op::ISub, a, emit.op(Op::IMul, quotient, divisor));
    return emit.op(Op::ISub, quotient, emit.op(Op::BoolToInt, truncated_up(emit, remainder, divisor)));
}

ValueId mod(Emitter& emit, ValueId a, ValueId b) {
    auto known = emit.int_constant(b);
    if (known && is_power_of_two(*known)) return emit.op(Op::IAnd, a, emit.constant(*known - 1));
    ValueId divisor = b;
    if (!divides_without_checks(known)) {
        ValueId is_zero = emit.op(Op::IEq, b, emit.constant(int64_t{0}));
        emit.guard(emit.negated(is_zero));
        // Every int is 0 modulo -1 and modulo 1, so 1 stands in for -1, on which the processor may trap.
        divisor = safe_divisor(emit, emit.either(is_zero, emit.op(Op::IEq, b, emit.constant(int64_t{-1}))), b);
    }
    ValueId remainder = emit.op(Op::IRem, a, divisor);
    return emit.select(truncated_up(emit, remainder, divisor), emit.op(Op::IAdd, remainder, divisor), remainder);
}

/// CPython rounds the exact quotient once. Dividing the converted ints does so too if both conversions are exact, or
/// if the divisor is a power of two, since then the division is.
ValueId true_div(Emitter& emit, ValueId a, ValueId b) {
    constexpr int64_t kOffset = int64_t{1} << kExactFloatBits;
    auto beyond = [&](ValueId offset) {
        return emit.op(Op::IAnd, offset, emit.constant(~((int64_t{1} << (kExactFloatBits + 1)) - 1)));
    };
    auto shifted = [&](ValueId x) { return emit.op(Op::IAdd, x, emit.constant(kOffset)); };
    ValueId zero = emit.constant(int64_t{0});
    auto known = emit.int_constant(b);
    if (!known || *known == 0 || *known < -kOffset || *known > kOffset) {
        ValueId exact = emit.op(Op::IEq, beyond(emit.op(Op::IOr, shifted(a), shifted(b))), zero);
        ValueId below = emit.op(Op::ISub, b, emit.constant(int64_t{1}));
        ValueId is_power = emit.both(emit.op(Op::IEq, emit.op(Op::IAnd, b, below), zero), emit.op(Op::ILt, zero, b));
        emit.guard(emit.both(emit.op(Op::INe, b, zero), emit.either(exact, is_power)));
    } else if (!is_power_of_two(*known)) {
        emit.guard(emit.op(Op::IEq, beyond(shifted(a)), zero));
    }
    return emit.op(Op::FDiv, emit.op(Op::IntToFloat, a), emit.op(Op::IntToFloat, b));
}

ValueId absolute(Emitter& emit, ValueId a) {
    ValueId zero = emit.constant(int64_t{0});
    return emit.select(emit.op(Op::ILt, a, zero), emit.op(Op::ISubChecked, zero, a), a);
}

ValueId fits_shift(Emitter& emit, ValueId count) {
    return emit.op(Op::IEq, emit.op(Op::IAnd, count, emit.constant(~int64_t{63})), emit.constant(int64_t{0}));
}

bool is_plain_shift(std::optional<int64_t> count) {
    return count && 0 <= *count && *count < 64;
}

ValueId shift_left(Emitter& emit, ValueId a, ValueId count) {
    if (is_plain_shift(emit.int_constant(count))) {
        ValueId result = emit.op(Op::IShl, a, count);
        emit.guard(emit.op(Op::IEq, emit.op(Op::IShr, result, count), a));
        return result;
    }
    ValueId zero = emit.constant(int64_t{0});
    ValueId fits = fits_shift(emit, count);
    ValueId safe_count = emit.select(fits, count, zero);
    ValueId result = emit.op(Op::IShl, a, safe_count);
    ValueId kept = emit.both(fits, emit.op(Op::IEq, emit.op(Op::IShr, result, safe_count), a));
    // 0 << n is 0 however large n is.
    ValueId zero_shifted = emit.both(emit.op(Op::IEq, a, zero), emit.op(Op::ILe, zero, count));
    emit.guard(emit.either(kept, zero_shifted));
    return result;
}

ValueId shift_right(Emitter& emit, ValueId a, ValueId count) {
    if (is_plain_shift(emit.int_constant(count))) return emit.op(Op::IShr, a, count);
    emit.guard(emit.op(Op::ILe, emit.constant(int64_t{0}), count));
    return emit.op(Op::IShr, a, emit.select(fits_shift(emit, count), count, emit.constant(int64_t{63})));
}

ValueId bit_length(Emitter& emit, ValueId a) {
    ValueId zero = emit.constant(int64_t{0});
    // Wraps for the least int only, whose bits read as unsigned are its magnitude.
    ValueId magnitude = emit.select(emit.op(Op::ILt, a, zero), emit.op(Op::ISub, zero, a), a);
    return emit.op(Op::ISub, emit.constant(int64_t{64}), emit.op(Op::IClz, magnitude));
}

}  // namespace

ValueId expand_int(Emitter& emit, const ir::Value& value) {
    ValueId a = value.operands[0];
    ValueId b = value.operands[1];
    switch (value.op) {
    case Op::PyIntFloorDiv: return floor_div(emit, a, b);
    case Op::PyIntMod: return mod(emit, a, b);
    case Op::PyIntTrueDiv: return true_div(emit, a, b);
    case Op::PyIntNeg: return emit.op(Op::ISubChecked, emit.constant(int64_t{0}), a);
    case Op::PyIntAbs: return absolute(emit, a);
    case Op::PyIntShl: return shift_left(emit, a, b);
    case Op::PyIntShr: return shift_right(emit, a, b);
    default: PP_CHECK(value.op == Op::PyIntBitLength); return bit_length(emit, a);
    }
}

}  // namespace pp::passes
