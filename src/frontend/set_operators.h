/// Operators and methods of sets that give sets, or compare them. The prelude computes them over the items of both.
#pragma once

#include <optional>

#include "frontend/bytecode.h"
#include "frontend/translation.h"

namespace pp::frontend {

/// A set or frozenset: the function's own, or one from outside.
bool is_set(const Value& value);
/// Its items as something to loop over.
Value set_items(Translation& translation, const Value& set);

/// `left | right`, `&`, `-`, `^`; nothing where not both are sets.
std::optional<Outcomes> set_binary(Translation& translation, BinaryOperator op, const Value& left, const Value& right);
/// `left == right`, `<=` and so on; nothing where not both are sets.
std::optional<Outcomes> set_compare(Translation& translation, CompareOperator op, const Value& left,
                                    const Value& right);

}  // namespace pp::frontend
