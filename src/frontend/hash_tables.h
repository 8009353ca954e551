/// Dicts and sets that the function makes and that it gives keys which it computes. They lie in memory as lists:
/// places, keys and, of a dict, values. `_prelude/hash_tables.py` says what is done with them; it changes the lists,
/// which are the table's own, wherever the state refers to it.
#pragma once

#include <optional>
#include <string_view>

#include "frontend/translation.h"

namespace pp::frontend {

inline bool is_hash_table(const Value& value) {
    return value.shape == Shape::HashTable;
}
inline bool is_hash_dict(const Value& value) {
    return is_hash_table(value) && value.items().size() == 3;
}
inline const Value& hash_keys(const Value& table) {
    return table.items()[1];
}
inline const Value& hash_values(const Value& table) {
    return table.items()[2];
}
ir::ValueId hash_length(const Value& table);

/// A dict or set that the function made (a record or a mapping), as a table that takes keys and, where it is a dict,
/// values of these kinds (else `value` is null); nothing where memory does not hold what is in it or put there.
std::optional<Value> hash_table_of(Translation& translation, const Value& made, KindRef key, KindRef value);
/// The kind that a value has as an item of a list in memory; null if none.
KindRef kind_of_stored(Translation& translation, const Value& value);
/// The dict without what it gives for missing keys.
Value as_plain_dict(Translation& translation, const Value& table);
/// The set, of whose order no more is known (Node::is_reordered).
Value reordered(Translation& translation, const Value& table);
/// One with the same items, of its own; nothing where the items are objects that both would share.
std::optional<Value> copy_of_hash_table(Translation& translation, const Value& table);

/// Follows the prelude's function `name` with the table's lists and more arguments.
Outcomes follow_hash(Translation& translation, std::string_view name, const Value& table, std::vector<Value> more);
/// A key as tables have it; Null, with the path ended, where it has none.
Value hash_key(Translation& translation, const Value& key);
/// `table[key]`, `key in table`, `table.get(key, fallback)`.
Outcomes hash_item(Translation& translation, const Value& table, const Value& key);
Outcomes hash_contains(Translation& translation, const Value& table, const Value& key, bool is_inverted);
Outcomes hash_get(Translation& translation, const Value& table, const Value& key, const Value& fallback);

/// Whether the method "dict.pop", "set.add", ... changes a dict or a set.
bool is_table_change(std::string_view method);

}  // namespace pp::frontend
