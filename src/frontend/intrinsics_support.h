/// What the files `intrinsics_*.cpp` share: checks of arguments, and the tables that make up `numeric_intrinsics`.
#pragma once

#include <limits>
#include <string_view>
#include <vector>

#include "frontend/format_specification.h"
#include "frontend/intrinsics.h"

namespace pp::frontend {

std::span<const IntrinsicEntry> math_intrinsics();         ///< math.* that is one operation or a few
std::span<const IntrinsicEntry> followed_intrinsics();     ///< what the prelude computes
std::span<const IntrinsicEntry> builtin_intrinsics();      ///< abs, round, pow, divmod, float, int, bool
std::span<const IntrinsicEntry> extreme_intrinsics();      ///< min, max
std::span<const IntrinsicEntry> operator_intrinsics();     ///< operator.*
std::span<const IntrinsicEntry> method_intrinsics();       ///< methods and properties of float, int and bool
std::span<const IntrinsicEntry> complex_intrinsics();      ///< complex() and its numbers' methods
std::span<const IntrinsicEntry> cmath_intrinsics();        ///< cmath.*
std::span<const IntrinsicEntry> record_intrinsics();       ///< methods of dicts, what makes namedtuples
std::span<const IntrinsicEntry> text_intrinsics();         ///< str, ord, chr, methods of str
std::span<const IntrinsicEntry> text_method_intrinsics();  ///< methods of str that take options; bin, oct, hex
std::span<const IntrinsicEntry> format_intrinsics();       ///< format, repr, str.format
std::span<const IntrinsicEntry> functional_intrinsics();   ///< map, filter, functools.reduce, itertools.*
std::span<const IntrinsicEntry> number_intrinsics();       ///< methods of numpy's scalars
std::span<const IntrinsicEntry> dataclass_intrinsics();    ///< dataclasses.*
std::span<const IntrinsicEntry> set_intrinsics();          ///< methods of sets that give sets, or compare them
std::span<const IntrinsicEntry> written_intrinsics();      ///< what the prelude has as plain Python
std::span<const IntrinsicEntry> prelude_intrinsics();      ///< what the prelude has and Python has not

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

/// The arguments, text constants as Texts; empty where one is neither text nor what `others` takes.
std::vector<Value> text_arguments(Translation& translation, const IntrinsicCall& call,
                                  bool (*others)(const Value& argument));
/// Ends the path: some argument is no text.
Outcomes not_text(Translation& translation, const IntrinsicCall& call);
/// A method of `parameter` texts, the receiver among them, that the prelude computes: "str.upper" is "text_upper".
Outcomes of_texts(Translation& translation, const IntrinsicCall& call);

/// Puts the keyword called `name`, if there is one, in `value`, which is null unless the same came by position. False
/// where CPython would raise: for any other keyword, for a value given twice.
bool take_keyword(const IntrinsicCall& call, std::string_view name, Value& value);

/// `if_true` or `if_false`, two scalars of one shape; the origin is the chosen one's.
Value select_scalar(Translation& translation, ir::ValueId condition, const Value& if_true, const Value& if_false);

/// False for infinities and NaN.
inline ir::ValueId is_finite(Translation& t, ir::ValueId x) {
    return t.emit(ir::Op::FLt, {t.emit(ir::Op::FAbs, {x}), t.constant(std::numeric_limits<double>::infinity())});
}

/// What int(), round(), math.floor() raise for infinities and NaN, as ways on for whoever may catch that.
inline Outcomes no_whole(Translation& t, ir::ValueId x) {
    if (!t.catches()) {
        return {};
    }
    Outcomes raised = t.raised_where(t.emit(ir::Op::FNe, {x, x}), "ValueError", "cannot convert float NaN to integer");
    const ir::ValueId infinity = t.constant(std::numeric_limits<double>::infinity());
    const ir::ValueId is_infinite = t.emit(ir::Op::FEq, {t.emit(ir::Op::FAbs, {x}), infinity});
    return joined(std::move(raised),
                  t.raised_where(is_infinite, "OverflowError", "cannot convert float infinity to integer"));
}

/// str(value)
Outcomes text_of(Translation& translation, const Value& value);
/// format(value), as f-strings make it.
Outcomes formatted_plainly(Translation& translation, const Value& value);
/// Pieces of a format, and the values of those that have one, in order, as text.
Outcomes text_of_pieces(Translation& translation, const std::vector<FormatPiece>& pieces,
                        const std::vector<Value>& values);
/// `format % values`
Outcomes percent_format(Translation& translation, const Value& format, const Value& values);

/// The int that CPython answers for an int or a bool itself: the same object for an int.
Value as_int(Translation& translation, const Value& integral);

}  // namespace pp::frontend
