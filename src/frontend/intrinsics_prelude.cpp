/// What parallel_party/_prelude computes with and Python does not have. Its calls are right by construction.
#include "base/error.h"
#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"

namespace pp::frontend {
namespace {

using ir::Op;

/// One operation, `parameter`, of floats.
Outcomes float_operation(Translation& t, const IntrinsicCall& call) {
    const auto op = static_cast<Op>(call.parameter);
    const std::vector<Value> operands = to_floats(t, call.arguments);
    if (op == Op::FFma) {
        return t.done(float_value(t.emit(op, {operands.at(0).leaf, operands.at(1).leaf, operands.at(2).leaf})));
    }
    return t.done(float_value(t.emit(op, {operands.at(0).leaf})));
}

Outcomes float_bits(Translation& t, const IntrinsicCall& call) {
    return t.done(int_value(t.emit(Op::FloatBits, {to_float(t, call.arguments[0])})));
}

Outcomes bits_float(Translation& t, const IntrinsicCall& call) {
    return t.done(float_value(t.emit(Op::BitsFloat, {to_int(t, call.arguments[0])})));
}

Outcomes require(Translation& t, const IntrinsicCall& call) {
    const ir::ValueId condition = truth(t, call.arguments[0]);
    PP_CHECK(condition != ir::kNoValue);
    t.guard(condition);
    return t.done(none_value());
}

constexpr IntrinsicEntry kPrelude[] = {
    {"prelude.fma", float_operation, static_cast<uint64_t>(Op::FFma)},
    {"prelude.floor", float_operation, static_cast<uint64_t>(Op::FFloor)},
    {"prelude.trunc", float_operation, static_cast<uint64_t>(Op::FTrunc)},
    {"prelude.round_even", float_operation, static_cast<uint64_t>(Op::FRoundEven)},
    {"prelude.float_bits", float_bits},
    {"prelude.bits_float", bits_float},
    {"prelude.require", require},
};

}  // namespace

std::span<const IntrinsicEntry> prelude_intrinsics() {
    return kPrelude;
}

}  // namespace pp::frontend
