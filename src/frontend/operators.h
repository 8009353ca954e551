/// Python's operators on abstract values: arithmetic, comparison, truth, with CPython's kinds and values.
#pragma once

#include "frontend/bytecode.h"
#include "frontend/translation.h"

namespace pp::frontend {

/// A number's leaf as F64, as `float(x)`: exact Floats pass, Ints are rounded to nearest, Bools are 0 or 1.
ir::ValueId to_float(Translation& translation, const Value& number);
/// An Int's or Bool's leaf as I64.
ir::ValueId to_int(Translation& translation, const Value& integral);

/// Any operator on any two values. Raises what CPython raises for wrong types. Only Power on two integrals follows.
Outcomes binary(Translation& translation, BinaryOperator op, const Value& left, const Value& right);
/// A quotient of floats beyond what PyFloatFloorDiv and PyFloatMod compute, by the prelude's `name`: a way on where it
/// is so large; the current block goes on with the others. Nothing where a float is known: loops over it shall
/// vectorise.
Outcomes large_quotient(Translation& translation, std::string_view name, ir::ValueId a, ir::ValueId b);
Outcomes unary(Translation& translation, UnaryOperator op, const Value& operand);
/// Rich comparison; numbers, None, objects, rows of these.
Outcomes compare(Translation& translation, CompareOperator op, const Value& left, const Value& right);
/// Comparison of two numbers: a Bool leaf. Never hands back.
ir::ValueId compare_numbers(Translation& translation, CompareOperator op, const Value& left, const Value& right);
/// `left == right` of any two values that have kinds: a Bool leaf; kNoValue where that has no compiled form.
ir::ValueId equal(Translation& translation, const Value& left, const Value& right);
/// Whether two items of rows count as equal: identical or equal. Elements with two NaNs, which may or may not be one
/// object, are handed back.
ir::ValueId equal_items(Translation& translation, const Value& left, const Value& right);
/// Whether they are the same object: a Bool leaf; kNoValue where that is not known.
ir::ValueId identical(Translation& translation, const Value& left, const Value& right);
/// Python's truth of a value: a Bool leaf, a constant where it is known; kNoValue where it has no compiled form.
ir::ValueId truth(Translation& translation, const Value& value);
/// Bool leaves, folded where one is known.
ir::ValueId logical_and(Translation& translation, ir::ValueId left, ir::ValueId right);
ir::ValueId logical_or(Translation& translation, ir::ValueId left, ir::ValueId right);
ir::ValueId logical_not(Translation& translation, ir::ValueId operand);

}  // namespace pp::frontend
