/// What Python does with tuples and lists: joining, repeating, indexing, slicing, searching. Rows cost nothing: they
/// are trees of SSA values.
#pragma once

#include "frontend/translation.h"

namespace pp::frontend {

/// `left + right` of two tuples or two lists.
Outcomes concatenate(Translation& translation, const Value& left, const Value& right);
/// `row * times`.
Outcomes repeat(Translation& translation, const Value& row, const Value& times);
/// `container[key]`. A key that is known only at run time selects among items of one kind, and forks otherwise.
Outcomes subscript(Translation& translation, const Value& container, const Value& key);
/// `item in container`: a Bool.
Outcomes contains(Translation& translation, const Value& container, const Value& item);

}  // namespace pp::frontend
