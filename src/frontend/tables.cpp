/// See tables.h.
#include "frontend/tables.h"

#include <algorithm>

#include "frontend/array_gaps.h"
#include "frontend/arrays.h"
#include "frontend/keys.h"
#include "frontend/mappings.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"

namespace pp::frontend {

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

namespace {

/// Or an Array.
bool is_buffer(const Value& table) {
    return table.items().size() == 1;
}

template <typename Follow> Outcomes look_up(Translation& t, const Value& key, Follow follow) {
    t.looks().look(key);
    if (key.is_unforeseen) {
        return t.beyond(key);
    }
    if (const std::optional<KeyFault> fault = key_fault(t, key)) {
        return no_key(t, *fault);
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
    if (!is_dict(value) || !value.is_captured || value.number == 0) {
        return {};
    }
    // Of a few values of several types each has a way of its own either way.
    constexpr size_t kFew = 8;
    const Value table = t.from_binding(t.environment().table(value.number));
    const bool is_mapping = table.shape == Shape::Table && is_mixed(table_values(table)) &&
                            value.items().size() <= kFew && !as_mapping(t, value).is_null();
    return is_mapping ? Value{} : table;
}

bool is_mixed(const Value& value) {
    return value.shape == Shape::Table && (value.node->name == "list" || value.node->name == "tuple");
}

bool holds_mixed(const Value& indexable) {
    return is_mixed(indexable) || is_view_with_gaps(indexable) ||
           (indexable.shape == Shape::View && !is_array_view(indexable) &&
            std::ranges::any_of(indexable.items(), holds_mixed));
}

Value loop_source(Translation& t, const Value& iterable) {
    if (const Value table = as_table(t, iterable); table.shape == Shape::Table) {
        return is_mixed(table) ? table : table_keys(table);
    }
    return holds_mixed(iterable) ? iterable : indexable_of(t, iterable);
}

Value table_keys(const Value& table) {
    return is_buffer(table) || is_mixed(table) ? table.items()[0] : table.items()[1];
}

Value table_values(const Value& table) {
    return table.items()[2];
}

ir::ValueId table_length(Translation& t, const Value& table) {
    const Value items = table_keys(table);
    return count_of(t, is_mixed(items) ? table_keys(items) : items);
}

namespace {

Outcomes mixed_item(Translation& t, const Value& mixed, ir::ValueId position) {
    const std::vector<Value>& columns = mixed.items();
    const ir::ValueId which = item_at(t, columns.front(), position).leaf;
    Outcomes outcomes;
    // The last column marks the form.
    for (size_t c = 1; c + 2 < columns.size(); ++c) {
        const Fork fork = t.fork(t.emit(ir::Op::IEq, {which, t.constant(static_cast<int64_t>(c - 1))}));
        t.enter(fork.if_true);
        outcomes.push_back({.block = fork.if_true, .value = item_at(t, columns[c], position)});
        t.enter(fork.if_false);
    }
    const Value last = item_at(t, columns[columns.size() - 2], position);
    outcomes.push_back({.block = t.builder().block(), .value = last});
    return outcomes;
}

/// The items of several sources at a position, after those in `row`.
Outcomes rows_at(Translation& t, const std::vector<Value>& sources, ir::ValueId position, std::vector<Value> row) {
    if (row.size() == sources.size()) {
        return t.done(t.row(Shape::Tuple, std::move(row)));
    }
    return then(t, items_at(t, sources[row.size()], position), [&](const Value& item) {
        std::vector<Value> longer = row;
        longer.push_back(item);
        return rows_at(t, sources, position, std::move(longer));
    });
}

}  // namespace

ir::ValueId count_of_mixed(Translation& t, const Value& indexable) {
    if (!holds_mixed(indexable) || is_array_view(indexable)) {
        return count_of(t, indexable);
    }
    // Those of a dict are equally many.
    return is_mixed(indexable) ? table_length(t, indexable) : count_of_mixed(t, indexable.items().front());
}

Outcomes items_at(Translation& t, const Value& indexable, ir::ValueId position) {
    if (!holds_mixed(indexable)) {
        return t.done(item_at(t, indexable, position));
    }
    if (is_mixed(indexable)) {
        return mixed_item(t, indexable, position);
    }
    if (is_array_view(indexable)) {
        return element_with_gaps(t, indexable, position);
    }
    return indexable.node->name == "zip" ? rows_at(t, indexable.items(), position, {})
                                         : items_at(t, indexable.items().front(), position);
}

namespace {

Outcomes item_of_mixed(Translation& t, const Value& mixed, const Value& key) {
    t.looks().look(key);
    if (!key.is_integral()) {
        return t.unsupported("this item of a " + type_name(mixed) + " of several types", {}, "index it with an int");
    }
    const ir::ValueId length = table_length(t, mixed), zero = t.constant(int64_t{0}), given = to_int(t, key);
    const ir::ValueId from_end = t.emit(ir::Op::IAdd, {given, length});
    const ir::ValueId index = t.emit(ir::Op::Select, {t.emit(ir::Op::ILt, {given, zero}), from_end, given});
    t.guard(t.emit(ir::Op::ILe, {zero, index}));
    t.guard(t.emit(ir::Op::ILt, {index, length}));
    return mixed_item(t, mixed, index);
}

}  // namespace

Outcomes table_item(Translation& t, const Value& table, const Value& key) {
    if (is_mixed(table)) {
        return item_of_mixed(t, table, key);
    }
    if (is_array(table) && key.shape == Shape::Slice) {
        t.looks().look(key);
        return array_slice(t, table, key);
    }
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
    if (is_mixed(table)) {
        return t.unsupported("'in' a " + type_name(table) + " of several types", {}, "compare the items in a loop");
    }
    if (is_buffer(table)) {
        t.looks().look(key);
        const bool is_of_bytes = type_name(table) == "bytes" || type_name(table) == "bytearray";
        if (is_of_bytes && !key.is_integral()) {
            return t.unsupported("'in' a " + quoted(type_name(table)) + " of a " + quoted(type_name(key)), {},
                                 "look for an int");
        }
        if (is_of_bytes) {  // CPython raises for what is no byte
            const ir::ValueId byte = to_int(t, key);
            t.guard(t.emit(ir::Op::ILe, {t.constant(int64_t{0}), byte}));
            t.guard(t.emit(ir::Op::ILe, {byte, t.constant(int64_t{255})}));
        }
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
