/// What Python does with dicts and sets from outside a function whose keys are looked up at run time, and with buffers
/// of numbers.
#pragma once

#include "frontend/translation.h"

namespace pp::frontend {

/// A dict or set as a table: itself, or a dict that was seen as a record (Binding::id); Null where it is none.
Value as_table(Translation& translation, const Value& value);
/// The table's keys (a buffer's items), or the values of a dict, as tuples.
Value table_keys(const Value& table);
Value table_values(const Value& table);

/// Whether it is a list or tuple of several types.
bool is_mixed(const Value& table);
/// Its item at a position that is known to exist: a way on for each type.
Outcomes mixed_item(Translation& translation, const Value& mixed, ir::ValueId position);

/// `table[key]`, `key in table`, `table.get(key, fallback)`.
Outcomes table_item(Translation& translation, const Value& table, const Value& key);
Outcomes table_contains(Translation& translation, const Value& table, const Value& key, bool is_inverted);
Outcomes table_get(Translation& translation, const Value& table, const Value& key, const Value& fallback);

}  // namespace pp::frontend
