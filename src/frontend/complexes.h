/// Python's complex numbers: pairs of floats, with CPython's own arithmetic.
#pragma once

#include "frontend/bytecode.h"
#include "frontend/translation.h"

namespace pp::frontend {

/// One operand is a Complex, the other a Complex or a number.
Outcomes complex_binary(Translation& translation, BinaryOperator op, const Value& left, const Value& right);
Outcomes complex_unary(Translation& translation, UnaryOperator op, const Value& operand);
/// `left == right` of two such: a Bool leaf.
ir::ValueId complex_equal(Translation& translation, const Value& left, const Value& right);
ir::ValueId complex_truth(Translation& translation, const Value& value);

}  // namespace pp::frontend
