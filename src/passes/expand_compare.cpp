/// Comparing an int with a float by their exact values, as Python does.
#include <cmath>

#include "base/error.h"
#include "passes/expand.h"

namespace pp::passes {
namespace {

using ir::Comparison;
using ir::Op;
using ir::ValueId;

ValueId compare_ints(Emitter& emit, Comparison comparison, ValueId a, ValueId b) {
    switch (comparison) {
    case Comparison::Eq: return emit.op(Op::IEq, a, b);
    case Comparison::Ne: return emit.op(Op::INe, a, b);
    case Comparison::Lt: return emit.op(Op::ILt, a, b);
    case Comparison::Le: return emit.op(Op::ILe, a, b);
    case Comparison::Gt: return emit.op(Op::ILt, b, a);
    case Comparison::Ge: return emit.op(Op::ILe, b, a);
    }
    PP_CHECK(!"a comparison");
    return ir::kNoValue;
}

/// The int that stands for a constant float in this comparison, where there is one.
std::optional<int64_t> bound_for(Comparison comparison, double limit) {
    if (!(std::fabs(limit) <= 0x1p62)) return std::nullopt;
    switch (comparison) {
    case Comparison::Lt:
    case Comparison::Ge: return static_cast<int64_t>(std::ceil(limit));
    case Comparison::Le:
    case Comparison::Gt: return static_cast<int64_t>(std::floor(limit));
    default: break;
    }
    if (limit != std::floor(limit)) return std::nullopt;
    return static_cast<int64_t>(limit);
}

}  // namespace

ValueId expand_compare_int_float(Emitter& emit, const ir::Value& value) {
    ValueId number = value.operands[0];
    ValueId limit = value.operands[1];
    auto comparison = static_cast<Comparison>(value.immediate);
    if (auto known = emit.float_constant(limit))
        if (auto bound = bound_for(comparison, *known))
            return compare_ints(emit, comparison, number, emit.constant(*bound));
    // Rounding keeps the order, so unequal means ordered likewise; equal means that `limit` is a whole number of at
    // most 2**63, and the ints decide.
    ValueId rounded = emit.op(Op::IntToFloat, number);
    ValueId equal = emit.op(Op::FEq, rounded, limit);
    ValueId fits = emit.both(equal, emit.op(Op::FLt, limit, emit.constant(kTwoTo63)));
    ValueId whole = emit.op(Op::FloatToInt, emit.select(fits, limit, emit.constant(0.0)));
    ValueId ints = emit.both(fits, compare_ints(emit, comparison, number, whole));
    switch (comparison) {
    case Comparison::Eq: return ints;
    case Comparison::Ne: return emit.either(ints, emit.negated(fits));
    case Comparison::Lt:
    case Comparison::Le: {
        ValueId below = emit.either(emit.op(Op::FLt, rounded, limit), emit.both(equal, emit.negated(fits)));
        return emit.either(below, ints);
    }
    case Comparison::Gt:
    case Comparison::Ge: return emit.either(emit.op(Op::FLt, limit, rounded), ints);
    }
    PP_CHECK(!"a comparison");
    return ir::kNoValue;
}

}  // namespace pp::passes
