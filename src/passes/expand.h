/// What the files `expand_*.cpp` share: each spells one family of `py.*` operations in plain ones.
///
/// Guards may be sticky: the operations after a failed guard still run, so each of them must be defined for every
/// operand. Divisors, shift counts and conversions therefore go through a select first, and no expansion adds a block.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "ir/ir.h"

namespace pp::passes {

/// Appends plain operations to the builder's block; a thin set of names over `ir::Builder::op`.
class Emitter {
public:
    explicit Emitter(ir::Builder& builder) : builder_(builder) {}

    ir::ValueId constant(double value) { return builder_.constant(value); }
    ir::ValueId constant(int64_t value) { return builder_.constant(value); }
    ir::ValueId op(ir::Op op, ir::ValueId a) { return builder_.op(op, {a}); }
    ir::ValueId op(ir::Op op, ir::ValueId a, ir::ValueId b) { return builder_.op(op, {a, b}); }
    ir::ValueId select(ir::ValueId condition, ir::ValueId yes, ir::ValueId no) {
        return builder_.op(ir::Op::Select, {condition, yes, no});
    }
    ir::ValueId fma(ir::ValueId a, ir::ValueId b, ir::ValueId c) { return builder_.op(ir::Op::FFma, {a, b, c}); }
    ir::ValueId both(ir::ValueId a, ir::ValueId b) { return op(ir::Op::BAnd, a, b); }
    ir::ValueId either(ir::ValueId a, ir::ValueId b) { return op(ir::Op::BOr, a, b); }
    ir::ValueId negated(ir::ValueId a) { return op(ir::Op::BNot, a); }
    ir::ValueId call(ir::MathFunction function, ir::ValueId a) {
        return builder_.math(ir::Op::CallMath, function, {a});
    }
    ir::ValueId call(ir::MathFunction function, ir::ValueId a, ir::ValueId b) {
        return builder_.math(ir::Op::CallMath, function, {a, b});
    }
    void guard(ir::ValueId condition) { builder_.op(ir::Op::Guard, {condition}); }

    ir::ValueId is_nan(ir::ValueId x) { return op(ir::Op::FNe, x, x); }
    ir::ValueId is_number(ir::ValueId x) { return op(ir::Op::FEq, x, x); }
    /// False for infinities and NaN.
    ir::ValueId is_finite(ir::ValueId x);
    ir::ValueId is_infinite(ir::ValueId x);

    /// The value of a constant operand.
    std::optional<int64_t> int_constant(ir::ValueId value) const;
    std::optional<double> float_constant(ir::ValueId value) const;

private:
    ir::Builder& builder_;
};

/// The ints from -2**53 to 2**53 are floats exactly.
inline constexpr int64_t kExactFloatBits = 53;
inline constexpr double kTwoTo63 = 9223372036854775808.0;

/// Each answers the value that replaces `value`, an operation of its family.
ir::ValueId expand_int(Emitter& emit, const ir::Value& value);
ir::ValueId expand_float(Emitter& emit, const ir::Value& value);
ir::ValueId expand_compare_int_float(Emitter& emit, const ir::Value& value);
ir::ValueId expand_math(Emitter& emit, const ir::Value& value);

}  // namespace pp::passes
