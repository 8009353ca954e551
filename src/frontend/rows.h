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
/// The position that `key`, known at run time only, means among `size` items. The element is handed back where there is
/// none.
ir::ValueId position_at_run_time(Translation& translation, ir::ValueId key, int64_t size);
/// Where `key` means no position among `length` items: the way on where that is caught, else nothing.
Outcomes out_of_range(Translation& translation, ir::ValueId key, ir::ValueId length, std::string_view type);
/// Whether `select_value` can choose between the two: equal kinds, and no list, whose identity a choice would lose.
bool is_selectable(const Value& left, const Value& right);
Value select_value(Translation& translation, ir::ValueId condition, const Value& if_true, const Value& if_false);
/// `item in container`: a Bool.
Outcomes contains(Translation& translation, const Value& container, const Value& item);

/// An iterator over `items` from the first on; `is_lazy` where they are a generator's.
Value row_iterator(Translation& translation, std::vector<Value> items, bool is_lazy = false);
/// Items of a value that can be iterated without a loop (rows, ranges of known length, what enumerate and zip give);
/// false where it cannot, and nothing is emitted.
bool try_items(Translation& translation, const Value& iterable, std::vector<Value>& items);

}  // namespace pp::frontend
