/// The builtins, modules' functions and scalars' methods that compile: one row each.
///
/// An intrinsic is named as Binding::name has it ("math.sin", "builtins.abs"). A method or property of a scalar is
/// named by its type ("float.is_integer", "int.bit_length", "int.real"; a bool's attributes are looked up under "bool."
/// and then "int."); it takes the receiver as its first argument. A type is the intrinsic of its constructor.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "frontend/rows.h"
#include "frontend/translation.h"

namespace pp::frontend {

struct KeywordArgument {
    std::string_view name;
    Value value;
};

/// What a call of an intrinsic gets: positional arguments, then keywords in order of writing.
struct IntrinsicCall {
    std::string_view name;  ///< the row's: one function may serve several rows
    std::span<const Value> arguments;
    std::span<const KeywordArgument> keywords;
    uint64_t parameter = 0;  ///< the row's
};

/// Wrong argument counts and types raise what CPython raises (`translation.raises`); what CPython accepts but the
/// library cannot do is `translation.unsupported`.
using IntrinsicFunction = Outcomes (*)(Translation& translation, const IntrinsicCall& call);

struct IntrinsicEntry {
    std::string_view name;
    IntrinsicFunction call;
    uint64_t parameter = 0;       ///< free for the function's use, e.g. an ir::MathFunction
    bool is_property = false;     ///< an attribute that is called as soon as it is read ("int.numerator")
    bool takes_keywords = false;  ///< else keywords raise before `call` is entered
    bool looks_into = false;      ///< of arguments that are rows, it looks at no item
};

/// What the prelude has as plain Python, a function or a class of the name behind the dot: it takes the arguments as
/// they were given.
bool is_written_in_python(const IntrinsicEntry& entry);
/// The argument that the builtin, called with these, iterates over if it is an instance of a class with an `__iter__`;
/// nothing where there is none.
std::optional<size_t> iterated_argument(Translation& translation, std::string_view name,
                                        std::span<const Value> arguments);

/// intrinsics*.cpp: numbers. math.*, abs, round, pow, divmod, min, max, sum, float, int, bool, methods of scalars.
std::span<const IntrinsicEntry> numeric_intrinsics();
/// row_builtins.cpp: rows and types. range, len, tuple, list, enumerate, zip, reversed, any, all, isinstance, type,
/// callable.
std::span<const IntrinsicEntry> row_intrinsics();
/// The row of that name in any of the tables, or null.
const IntrinsicEntry* find_intrinsic(std::string_view name);

}  // namespace pp::frontend
