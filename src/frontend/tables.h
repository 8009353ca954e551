/// What Python does with dicts and sets from outside a function whose keys are looked up at run time, and with buffers
/// of numbers.
#pragma once

#include "frontend/translation.h"

namespace pp::frontend {

/// A dict or set as a table: itself, or a dict that was seen as a record (Binding::id); Null where it is none.
Value as_table(Translation& translation, const Value& value);
/// The table's keys (a buffer's items), or the values of a dict: tuples, or mixed.
Value table_keys(const Value& table);
Value table_values(const Value& table);
/// How many items it has.
ir::ValueId table_length(Translation& translation, const Value& table);

/// The key as tables have it, if compiled code knows what it is equal to; else Null.
Value plain_key(Translation& translation, const Value& key);

/// Whether it is a row of several types: a list or tuple, keys or values of a dict.
bool is_mixed(const Value& table);
/// Whether it is mixed, an Array's elements of which something may be None, or a view of such.
bool holds_mixed(const Value& indexable);
/// As indexable_of, or what is mixed or holds something mixed.
Value loop_source(Translation& translation, const Value& iterable);
/// As count_of and item_at, of what may hold something mixed: a way on for each type.
ir::ValueId count_of_mixed(Translation& translation, const Value& indexable);
Outcomes items_at(Translation& translation, const Value& indexable, ir::ValueId position);

/// `table[key]`, `key in table`, `table.get(key, fallback)`.
Outcomes table_item(Translation& translation, const Value& table, const Value& key);
Outcomes table_contains(Translation& translation, const Value& table, const Value& key, bool is_inverted);
Outcomes table_get(Translation& translation, const Value& table, const Value& key, const Value& fallback);

}  // namespace pp::frontend
