/// Dicts and sets that the function makes and whose keys are known one by one, as values: tables to look up in.
#pragma once

#include "frontend/translation.h"

namespace pp::frontend {

/// A dict of these keys and values, or (without values) a set; `type` is its type's name.
Value mapping(Translation& translation, std::string_view type, std::vector<Value> keys, std::vector<Value> values);
/// Whether it is a set or frozenset whose items are known one by one.
inline bool is_mapping_set(const Value& value) {
    return value.shape == Shape::Mapping && (value.node->name == "set" || value.node->name == "frozenset");
}
/// The set as one of whose order no more is known (Node::is_reordered).
Value reordered_mapping(Translation& translation, const Value& mapping);
inline size_t key_count(const Value& mapping) {
    return static_cast<size_t>(mapping.node->position);
}
/// A dict whose keys are constant text, a record, as a mapping; a mapping as it is; Null for anything else.
Value as_mapping(Translation& translation, const Value& value);
/// One with another key, and value where it is a dict.
Value with_key(Translation& translation, const Value& mapping, const Value& key, const Value& value);

/// Whether all keys are known to differ.
bool has_distinct_keys(Translation& translation, const Value& mapping);

/// `mapping[key]`, `mapping.get(key, fallback)`, `key in mapping`, `len(mapping)`.
Outcomes mapping_item(Translation& translation, const Value& mapping, const Value& key);
Outcomes mapping_get(Translation& translation, const Value& mapping, const Value& key, const Value& fallback);
Outcomes mapping_contains(Translation& translation, const Value& mapping, const Value& key);
Outcomes mapping_length(Translation& translation, const Value& mapping);
/// The keys of a dict in order, or with `with_values` (key, value) pairs. False where the order or the number is not
/// known: of a set, of a dict with keys that may be equal.
bool mapping_items(Translation& translation, const Value& mapping, bool with_values, std::vector<Value>& items);
/// The same as they were written: among the keys of a dict may be equal ones, of which the last value counts.
void append_written_items(Translation& translation, const Value& mapping, bool with_values, std::vector<Value>& items);

}  // namespace pp::frontend
