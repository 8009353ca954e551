/// See ranges.h.
#include "passes/ranges.h"

#include <algorithm>
#include <bit>

namespace pp::passes {
namespace {

using ir::Op;

constexpr Range kAll;

/// Sums and products of two ints fit here exactly.
__extension__ using Wide = __int128;

struct WideRange {
    Wide low;
    Wide high;

    bool fits() const { return low >= kAll.low && high <= kAll.high; }
    Range clamped() const {
        return {static_cast<int64_t>(std::max<Wide>(low, kAll.low)),
                static_cast<int64_t>(std::min<Wide>(high, kAll.high))};
    }
};

WideRange exact(Op op, Range a, Range b) {
    switch (op) {
    case Op::IAdd:
    case Op::IAddChecked: return {Wide{a.low} + b.low, Wide{a.high} + b.high};
    case Op::ISub:
    case Op::ISubChecked: return {Wide{a.low} - b.high, Wide{a.high} - b.low};
    default: {
        const auto [low, high] =
            std::minmax({Wide{a.low} * b.low, Wide{a.low} * b.high, Wide{a.high} * b.low, Wide{a.high} * b.high});
        return {low, high};
    }
    }
}

/// `divisor` is positive: the quotient comes nearer to zero as it grows, and both answers have the dividend's sign.
Range divided(Op op, Range dividend, Range divisor) {
    if (op == Op::IRem) {
        return {dividend.low >= 0 ? 0 : 1 - divisor.high, dividend.high <= 0 ? 0 : divisor.high - 1};
    }
    return {dividend.low / (dividend.low < 0 ? divisor.low : divisor.high),
            dividend.high / (dividend.high > 0 ? divisor.low : divisor.high)};
}

/// `count` is known to be a defined count of an arithmetic shift.
Range shifted(Range value, Range count) {
    return {value.low >> (value.low < 0 ? count.low : count.high),
            value.high >> (value.high > 0 ? count.low : count.high)};
}

bool is_checked(Op op) {
    return op == Op::IAddChecked || op == Op::ISubChecked || op == Op::IMulChecked;
}

}  // namespace

bool Ranges::always_fits(const ir::Value& value) const {
    return is_checked(value.op) && exact(value.op, of(value, 0), of(value, 1)).fits();
}

void Ranges::note(ir::ValueId id) {
    const ir::Value& value = function_.values[id];
    if (value.type == ir::Type::I64 && !value.is_parameter) {
        ranges_[id] = find(value);
    }
}

Range Ranges::find(const ir::Value& value) const {
    switch (value.op) {
    case Op::Const: return {static_cast<int64_t>(value.immediate), static_cast<int64_t>(value.immediate)};
    case Op::BoolToInt: return {0, 1};
    case Op::IPopcount:
    case Op::IClz: return {0, 64};
    case Op::Select:
        return {std::min(of(value, 1).low, of(value, 2).low), std::max(of(value, 1).high, of(value, 2).high)};
    case Op::IAnd:
    case Op::IOr:
    case Op::IXor: return bitwise(value);
    case Op::IShr: return of(value, 1).low >= 0 && of(value, 1).high < 64 ? shifted(of(value, 0), of(value, 1)) : kAll;
    case Op::IAdd:
    case Op::ISub:
    case Op::IMul:
    case Op::IAddChecked:
    case Op::ISubChecked:
    case Op::IMulChecked:
    case Op::IDiv:
    case Op::IRem: return arithmetic(value);
    default: return kAll;
    }
}

Range Ranges::arithmetic(const ir::Value& value) const {
    const Range a = of(value, 0);
    const Range b = of(value, 1);
    if (value.op == Op::IDiv || value.op == Op::IRem) {
        return b.low > 0 ? divided(value.op, a, b) : kAll;
    }
    const WideRange range = exact(value.op, a, b);
    return range.fits() || is_checked(value.op) ? range.clamped() : kAll;
}

Range Ranges::bitwise(const ir::Value& value) const {
    const Range a = of(value, 0);
    const Range b = of(value, 1);
    if (value.op == Op::IAnd) {
        if (a.low < 0 && b.low < 0) {
            return kAll;
        }
        return {0, a.low < 0 ? b.high : b.low < 0 ? a.high : std::min(a.high, b.high)};
    }
    if (a.low < 0 || b.low < 0) {
        return kAll;
    }
    const auto high = static_cast<uint64_t>(std::max(a.high, b.high));
    return {0, high == 0 ? 0 : static_cast<int64_t>(~uint64_t{0} >> std::countl_zero(high))};
}

}  // namespace pp::passes
