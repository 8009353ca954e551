/// numpy's scalars: what Python and numpy compute with them, as far as that is the same for all of numpy's settings.
///
/// Arithmetic of float64 gives float64, of the same bits as Python's, wherever numpy has nothing to warn of.
/// Comparisons give numpy's bool. Whatever has rules of numpy's own (other widths, `//`, results that are not finite)
/// is CPython's.
#pragma once

#include <optional>

#include "frontend/bytecode.h"
#include "frontend/operators.h"
#include "frontend/translation.h"

namespace pp::frontend {

/// A scalar of numpy's.
bool is_number_object(const Value& value);
/// One that is an instance of `float`, too.
bool is_float64(const Value& value);

/// What a scalar of numpy's is worth: a new Float, Int or Bool. A look.
Value number_in(Translation& translation, const Value& object);

// Nothing where no operand is a scalar of numpy's.
std::optional<Outcomes> number_binary(Translation& translation, BinaryOperator op, const Value& left,
                                      const Value& right);
std::optional<Outcomes> number_unary(Translation& translation, UnaryOperator op, const Value& operand);
std::optional<Outcomes> number_compare(Translation& translation, CompareOperator op, const Value& left,
                                       const Value& right);
std::optional<Outcomes> number_absolute(Translation& translation, const Value& operand);

/// `object.name` of a scalar of numpy's.
Outcomes number_attribute(Translation& translation, const Value& object, std::string_view name);

/// Whether a builtin asks no more of its arguments than which floats they are (math.sin), or as ints which ints.
bool takes_floats(std::string_view intrinsic);

/// Whether a builtin knows scalars of numpy's and members of IntEnum for what they are. All others would take them for
/// objects that are no numbers, which CPython does not.
bool takes_any_object(std::string_view intrinsic, size_t arguments);

/// The arguments with plain numbers in the place of numpy's scalars, where a builtin asks no more of these than what
/// they are worth.
std::vector<Value> plain_arguments(Translation& translation, std::string_view intrinsic,
                                   std::span<const Value> arguments);

/// Ends the path: numpy has rules of its own for `what`.
Outcomes numpy_computes(Translation& translation, std::string_view what, const Value& object);

}  // namespace pp::frontend
