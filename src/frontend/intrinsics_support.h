/// What the files `intrinsics_*.cpp` share: checks of arguments, and the tables that make up `numeric_intrinsics`.
#pragma once

#include <limits>
#include <string_view>
#include <vector>

#include "frontend/intrinsics.h"

namespace pp::frontend {

std::span<const IntrinsicEntry> math_intrinsics();      ///< math.* that is one operation or a few
std::span<const IntrinsicEntry> followed_intrinsics();  ///< what the prelude computes
std::span<const IntrinsicEntry> builtin_intrinsics();   ///< abs, round, pow, divmod, float, int, bool
std::span<const IntrinsicEntry> extreme_intrinsics();   ///< min, max
std::span<const IntrinsicEntry> operator_intrinsics();  ///< operator.*
std::span<const IntrinsicEntry> method_intrinsics();    ///< methods and properties of float, int and bool
std::span<const IntrinsicEntry> complex_intrinsics();   ///< complex() and its numbers' methods
std::span<const IntrinsicEntry> record_intrinsics();    ///< methods of dicts, what makes namedtuples
std::span<const IntrinsicEntry> text_intrinsics();      ///< str, ord, chr, methods of str
std::span<const IntrinsicEntry> prelude_intrinsics();   ///< what the prelude has and Python has not

inline bool has_count(const IntrinsicCall& call, size_t least, size_t most) {
    return least <= call.arguments.size() && call.arguments.size() <= most;
}

/// Ends the path: CPython raises for this number of arguments.
Outcomes wrong_count(Translation& translation, const IntrinsicCall& call);
/// Ends the path: `value` is no number, no integer, nothing to iterate over. CPython raises where the type is known,
/// and computes what is unforeseen.
Outcomes wrong_type(Translation& translation, const IntrinsicCall& call, const Value& value);

bool are_numbers(std::span<const Value> values);
bool are_integral(std::span<const Value> values);
/// `wrong_type` for the first of the arguments that is no number (not integral).
Outcomes not_numbers(Translation& translation, const IntrinsicCall& call);
Outcomes not_integral(Translation& translation, const IntrinsicCall& call);

/// The leaves of numbers, as floats.
std::vector<Value> to_floats(Translation& translation, std::span<const Value> numbers);

/// An argument that a function of the prelude can loop over: a row, or a range as it is. Null where it is neither.
Value iterable(Translation& translation, const Value& value);

/// Puts the keyword called `name`, if there is one, in `value`, which is null unless the same came by position. False
/// where CPython would raise: for any other keyword, for a value given twice.
bool take_keyword(const IntrinsicCall& call, std::string_view name, Value& value);

/// `if_true` or `if_false`, two scalars of one shape; the origin is the chosen one's.
Value select_scalar(Translation& translation, ir::ValueId condition, const Value& if_true, const Value& if_false);

/// False for infinities and NaN.
inline ir::ValueId is_finite(Translation& t, ir::ValueId x) {
    return t.emit(ir::Op::FLt, {t.emit(ir::Op::FAbs, {x}), t.constant(std::numeric_limits<double>::infinity())});
}

/// str(value), as f-strings make it of a value too.
Outcomes text_of(Translation& translation, const Value& value);

/// The int that CPython answers for an int or a bool itself: the same object for an int.
Value as_int(Translation& translation, const Value& integral);

}  // namespace pp::frontend
