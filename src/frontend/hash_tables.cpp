/// See hash_tables.h.
#include "frontend/hash_tables.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "frontend/keys.h"
#include "frontend/mappings.h"
#include "frontend/records.h"
#include "frontend/sequences.h"
#include "frontend/tables.h"

namespace pp::frontend {
namespace {

/// Of the type that `like` has, and what it gives for missing keys.
Value hash_table(Translation& t, const Node& like, std::vector<Value> lists, bool is_reordered) {
    Node& node = t.node();
    node.fallback = like.fallback;
    node.is_reordered = is_reordered;
    node.name = like.name;
    node.items = std::move(lists);
    return {.shape = Shape::HashTable, .node = &node};
}

/// As an item of a list in memory.
Value stored(Translation& t, const Value& value) {
    if (value.shape == Shape::List && value.items().empty()) {
        const ir::ValueId zero = t.constant(int64_t{0});
        return dynamic_value(t, list_of_kind(never_kind()), t.emit(ir::Op::Reserve, {zero}), zero);
    }
    const Value text = as_text(t, value);
    return text.is_null() ? value : text;
}

std::optional<Value> in_memory(Translation& t, std::vector<Value> items, KindRef kind) {
    return kind->is_plain ? to_sequence(t, t.row(Shape::List, std::move(items)), kind) : std::nullopt;
}

}  // namespace

ir::ValueId hash_length(const Value& table) {
    return length_of(hash_keys(table));
}

KindRef kind_of_stored(Translation& t, const Value& value) {
    const KindRef kind = kind_of(stored(t, value));
    if (!kind || kind->tag != Tag::List || kind->items.empty()) {
        return kind;
    }
    // A list in a dict usually grows.
    KindRef item = never_kind();
    for (KindRef each : kind->items) {
        item = item ? join(item, each) : nullptr;
    }
    return item && item->is_plain ? list_of_kind(item) : kind;
}

std::optional<Value> hash_table_of(Translation& t, const Value& made, KindRef key, KindRef value) {
    const Value all = as_mapping(t, made);
    const bool is_set = is_mapping_set(all);
    if (all.is_null() || !key || is_set == (value != nullptr) || !has_distinct_keys(t, all)) {
        return std::nullopt;
    }
    const size_t count = key_count(all);
    std::vector<Value> keys, values;
    for (size_t i = 0; i < count; ++i) {
        keys.push_back(plain_key(t, all.items()[i]));
        if (keys.back().is_null()) {
            return std::nullopt;
        }
        if (value) {
            values.push_back(stored(t, all.items()[count + i]));
        }
    }
    const std::optional<Value> places = in_memory(t, {}, int_kind()), own_keys = in_memory(t, std::move(keys), key);
    const std::optional<Value> own_values = value ? in_memory(t, std::move(values), value) : std::nullopt;
    if (!own_keys || (value && !own_values)) {
        return std::nullopt;
    }
    std::vector<Value> lists{*places, *own_keys};
    if (value) {
        lists.push_back(*own_values);
    }
    return hash_table(t, *all.node, std::move(lists), all.node->is_reordered);
}

Value as_plain_dict(Translation& t, const Value& table) {
    Node plain;
    plain.name = t.name("dict");
    return hash_table(t, plain, table.items(), false);
}

Value reordered(Translation& t, const Value& table) {
    return hash_table(t, *table.node, table.items(), true);
}

std::optional<Value> copy_of_hash_table(Translation& t, const Value& table) {
    std::vector<Value> lists;
    for (const Value& list : table.items()) {
        if (holds_lists(list.node->kind->item)) {
            return std::nullopt;
        }
        lists.push_back(copy_of(t, list, list.node->kind, t.constant(int64_t{0}), length_of(list)));
    }
    return hash_table(t, *table.node, std::move(lists), !is_hash_dict(table));
}

Outcomes follow_hash(Translation& t, std::string_view name, const Value& table, std::vector<Value> more) {
    std::vector<Value> arguments = table.items();
    arguments.insert(arguments.end(), more.begin(), more.end());
    return t.follow(name, std::move(arguments));
}

Value hash_key(Translation& t, const Value& key) {
    t.looks().look(key);
    if (key.is_unforeseen) {
        t.beyond(key);
        return {};
    }
    if (const std::optional<KeyFault> fault = key_fault(t, key)) {
        end_without_key(t, *fault);
        return {};
    }
    const Value plain = plain_key(t, key);
    if (plain.is_null()) {
        t.unsupported("a key of type " + quoted(type_name(key)), {}, "use numbers, text, and tuples of these");
    }
    return plain;
}

Outcomes hash_item(Translation& t, const Value& table, const Value& key) {
    if (!is_hash_dict(table)) {
        return t.raises("TypeError", "'set' object is not subscriptable");
    }
    const Value plain = hash_key(t, key);
    return plain.is_null() ? Outcomes{} : follow_hash(t, "hash_item", table, {plain});
}

Outcomes hash_contains(Translation& t, const Value& table, const Value& key, bool is_inverted) {
    const Value plain = hash_key(t, key);
    if (plain.is_null()) {
        return {};
    }
    return t.follow(is_inverted ? "hash_lacks" : "hash_has", {table.items()[0], hash_keys(table), plain});
}

Outcomes hash_get(Translation& t, const Value& table, const Value& key, const Value& fallback) {
    const Value plain = hash_key(t, key);
    return plain.is_null() ? Outcomes{} : follow_hash(t, "hash_get", table, {plain, fallback});
}

bool is_table_change(std::string_view method) {
    constexpr std::string_view kMethods[] = {"dict.setdefault", "dict.pop",   "dict.popitem", "dict.update",
                                             "dict.clear",      "dict.copy",  "set.add",      "set.discard",
                                             "set.remove",      "set.update", "set.clear",    "set.copy"};
    return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

}  // namespace pp::frontend
