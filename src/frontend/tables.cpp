/// See tables.h.
#include "frontend/tables.h"

#include <algorithm>

#include "frontend/records.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

/// The key as tables have it, if compiled code knows what it is equal to; else Null.
Value plain_key(Translation& t, const Value& key) {
    if (key.is_number() || key.shape == Shape::None || (key.is_dynamic() && !key.is_list())) {
        return key;
    }
    if (key.shape == Shape::Tuple || is_named_tuple(key)) {
        std::vector<Value> items;
        for (const Value& item : key.items()) {
            items.push_back(plain_key(t, item));
            if (items.back().is_null()) {
                return {};
            }
        }
        return t.row(Shape::Tuple, std::move(items));
    }
    return as_text(t, key);
}

bool is_buffer(const Value& table) {
    return table.items().size() == 1;
}

template <typename Follow> Outcomes look_up(Translation& t, const Value& key, Follow follow) {
    t.looks().look(key);
    if (key.is_unforeseen) {
        return t.beyond(key);
    }
    if (key.is_list() || (key.shape == Shape::Record && is_dict(key))) {
        return t.raises("unhashable type: " + quoted(type_name(key)));
    }
    const Value plain = plain_key(t, key);
    if (plain.is_null()) {
        return t.unsupported("a key of type " + quoted(type_name(key)), {},
                             "look up numbers, text, and tuples of these");
    }
    return follow(plain);
}

}  // namespace

Value as_table(Translation& t, const Value& value) {
    if (value.shape == Shape::Table) {
        return value;
    }
    const bool is_seen = is_dict(value) && value.is_captured && value.number != 0;
    return is_seen ? t.from_binding(t.environment().table(value.number)) : Value{};
}

Value table_keys(const Value& table) {
    return is_buffer(table) ? table.items()[0] : table.items()[1];
}

Value table_values(const Value& table) {
    return table.items()[2];
}

Outcomes table_item(Translation& t, const Value& table, const Value& key) {
    if (is_buffer(table)) {
        t.looks().look(key);
        return key.shape == Shape::Slice ? t.unsupported("a slice of a " + quoted(type_name(table)), {},
                                                         "take the items in a loop over range()")
                                         : subscript_dynamic(t, table_keys(table), key);
    }
    if (table.items().size() == 2) {
        return t.raises(quoted(type_name(table)) + " object is not subscriptable");
    }
    return look_up(t, key, [&](const Value& plain) {
        return t.follow("table_item", {table.items()[0], table_keys(table), table_values(table), plain});
    });
}

Outcomes table_contains(Translation& t, const Value& table, const Value& key, bool is_inverted) {
    if (is_buffer(table)) {
        t.looks().look(key);
        return contains_dynamic(t, table_keys(table), key, is_inverted);
    }
    return look_up(t, key, [&](const Value& plain) {
        return t.follow(is_inverted ? "table_lacks" : "table_has", {table.items()[0], table_keys(table), plain});
    });
}

Outcomes table_get(Translation& t, const Value& table, const Value& key, const Value& fallback) {
    return look_up(t, key, [&](const Value& plain) {
        return t.follow("table_get", {table.items()[0], table_keys(table), table_values(table), plain, fallback});
    });
}

}  // namespace pp::frontend
