/// See fold.h. This file relies on being compiled without contraction and with strict floats, as all of ours are.
#include "passes/fold.h"

#include <bit>
#include <cmath>
#include <limits>

namespace pp::passes {
namespace {

using ir::Op;

constexpr double kTwoTo63 = 9223372036854775808.0;

Folded constant(uint64_t bits) {
    return {Folded::What::Constant, bits};
}
Folded constant(int64_t value) {
    return constant(static_cast<uint64_t>(value));
}
Folded constant(bool value) {
    return constant(uint64_t{value});
}

Folded computed(double value) {
    return std::isnan(value) ? Folded{} : constant(std::bit_cast<uint64_t>(value));
}

Folded fold_float(Op op, double a, double b, double c) {
    switch (op) {
    case Op::FAdd: return computed(a + b);
    case Op::FSub: return computed(a - b);
    case Op::FMul: return computed(a * b);
    case Op::FDiv: return computed(a / b);
    case Op::FSqrt: return computed(std::sqrt(a));
    case Op::FFloor: return computed(std::floor(a));
    case Op::FCeil: return computed(std::ceil(a));
    case Op::FTrunc: return computed(std::trunc(a));
    case Op::FRoundEven: return computed(std::nearbyint(a));
    case Op::FFma: return computed(std::fma(a, b, c));
    case Op::FEq: return constant(a == b);
    case Op::FNe: return constant(a != b);
    case Op::FLt: return constant(a < b);
    case Op::FLe: return constant(a <= b);
    case Op::FloatToInt: return a >= -kTwoTo63 && a < kTwoTo63 ? constant(static_cast<int64_t>(a)) : Folded{};
    default: return {};
    }
}

/// Operations that move bits of floats, NaNs included.
Folded fold_float_bits(Op op, uint64_t a, uint64_t b) {
    constexpr uint64_t kSign = uint64_t{1} << 63;
    switch (op) {
    case Op::FNeg: return constant(a ^ kSign);
    case Op::FAbs: return constant(a & ~kSign);
    case Op::FCopySign: return constant((a & ~kSign) | (b & kSign));
    case Op::FloatBits:
    case Op::BitsFloat: return constant(a);
    default: return {};
    }
}

Folded fold_checked(Op op, int64_t a, int64_t b) {
    int64_t result = 0;
    const bool overflows = op == Op::IAddChecked   ? __builtin_add_overflow(a, b, &result)
                           : op == Op::ISubChecked ? __builtin_sub_overflow(a, b, &result)
                                                   : __builtin_mul_overflow(a, b, &result);
    return overflows ? Folded{Folded::What::Failure} : constant(result);
}

Folded fold_division(Op op, int64_t a, int64_t b) {
    if (b == 0 || (b == -1 && a == std::numeric_limits<int64_t>::min())) {
        return {};
    }
    return constant(op == Op::IDiv ? a / b : a % b);
}

Folded fold_shift(Op op, uint64_t a, uint64_t count) {
    if (count > 63) {
        return {};
    }
    return op == Op::IShl ? constant(a << count) : constant(static_cast<int64_t>(a) >> count);
}

Folded fold_int(Op op, uint64_t a, uint64_t b) {
    const auto signed_a = static_cast<int64_t>(a);
    const auto signed_b = static_cast<int64_t>(b);
    switch (op) {
    case Op::IAdd: return constant(a + b);
    case Op::ISub: return constant(a - b);
    case Op::IMul: return constant(a * b);
    case Op::IAddChecked:
    case Op::ISubChecked:
    case Op::IMulChecked: return fold_checked(op, signed_a, signed_b);
    case Op::IDiv:
    case Op::IRem: return fold_division(op, signed_a, signed_b);
    case Op::IAnd:
    case Op::BAnd: return constant(a & b);
    case Op::IOr:
    case Op::BOr: return constant(a | b);
    case Op::IXor:
    case Op::BXor: return constant(a ^ b);
    case Op::BNot: return constant(a ^ 1);
    case Op::IShl:
    case Op::IShr: return fold_shift(op, a, b);
    case Op::IPopcount: return constant(static_cast<int64_t>(std::popcount(a)));
    case Op::IClz: return constant(static_cast<int64_t>(std::countl_zero(a)));
    case Op::IEq: return constant(a == b);
    case Op::INe: return constant(a != b);
    case Op::ILt: return constant(signed_a < signed_b);
    case Op::ILe: return constant(signed_a <= signed_b);
    case Op::BoolToInt: return constant(a);
    case Op::IntToFloat: return computed(static_cast<double>(signed_a));
    default: return {};
    }
}

}  // namespace

Folded fold(const ir::Value& value, const uint64_t* operands) {
    if (value.is_parameter || value.operand_count == 0 || ir::operand_count(value.op) < 0) {
        return {};
    }
    const uint64_t a = operands[0];
    const uint64_t b = value.operand_count > 1 ? operands[1] : 0;
    const uint64_t c = value.operand_count > 2 ? operands[2] : 0;
    if (value.op == Op::Guard) {
        return a != 0 ? constant(true) : Folded{Folded::What::Failure};
    }
    if (value.op == Op::Select) {
        return constant(a != 0 ? b : c);
    }
    const Folded moved = fold_float_bits(value.op, a, b);
    if (moved.what != Folded::What::Nothing) {
        return moved;
    }
    if (ir::operand_type(value.op, 0) != ir::Type::F64) {
        return fold_int(value.op, a, b);
    }
    return fold_float(value.op, std::bit_cast<double>(a), std::bit_cast<double>(b), std::bit_cast<double>(c));
}

}  // namespace pp::passes
