/// See returned_containers.h.
#include "frontend/returned_containers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "frontend/hash_tables.h"
#include "frontend/library_classes.h"
#include "frontend/mappings.h"
#include "frontend/numbers.h"
#include "frontend/records.h"
#include "frontend/sequences.h"
#include "ir/items_type.h"

namespace pp::frontend {
namespace {

ItemsType items_type(const Value& container) {
    switch (container.node->fallback) {
    case Shape::Int: return ItemsType::IntDefaults;
    case Shape::Float: return ItemsType::FloatDefaults;
    case Shape::Bool: return ItemsType::BoolDefaults;
    case Shape::Text: return ItemsType::TextDefaults;
    case Shape::List: return ItemsType::ListDefaults;
    default: break;
    }
    const std::string_view name = container.node->name;
    return name == "set" ? ItemsType::Set : name == "frozenset" ? ItemsType::Frozenset : ItemsType::Dict;
}

/// A NaN is equal to itself only as the same object, which compiled code does not know.
void guard_no_nan(Translation& t, const Value& key) {
    if (key.shape == Shape::Float) {
        t.guard(t.emit(ir::Op::FEq, {key.leaf, key.leaf}));
    } else if (key.is_row() || key.shape == Shape::Complex) {
        for (const Value& item : key.items()) {
            guard_no_nan(t, item);
        }
    }
}

bool has_sequence(const Value& key) {
    return key.shape == Shape::Sequence ||
           (key.is_row() && std::any_of(key.items().begin(), key.items().end(), has_sequence));
}

}  // namespace

bool is_returned_container(Translation& t, const Value& value) {
    return is_hash_table(value) || value.shape == Shape::Mapping || !library_class(t, value).empty();
}

std::optional<Value> as_items_record(Translation& t, const Value& container) {
    if (container.shape == Shape::Record) {
        return library_items(t, container);
    }
    const ItemsType type = items_type(container);
    const bool is_set = type == ItemsType::Set || type == ItemsType::Frozenset;
    if (container.node->is_reordered) {
        t.unsupported("returning a " + quoted(type_name(container)) + " after removing items or copying another one",
                      "the order of its items depends on that", "return sorted(...) of it, or a new one");
        return std::nullopt;
    }
    std::vector<Value> lists;
    if (is_hash_table(container)) {
        lists.assign(container.items().begin() + 1, container.items().end());
    } else {
        const size_t count = key_count(container);
        const auto begin = container.items().begin(), middle = begin + static_cast<std::ptrdiff_t>(count);
        if (count > 1 && std::any_of(begin, middle, has_sequence)) {
            t.unsupported("returning a " + quoted(type_name(container)) + " with these keys", {}, "return pairs");
            return std::nullopt;
        }
        for (size_t i = 0; count > 1 && i < count; ++i) {
            guard_no_nan(t, container.items()[i]);
        }
        lists.push_back(t.row(Shape::List, {begin, middle}));
        if (!is_set) {
            lists.push_back(t.row(Shape::List, {middle, container.items().end()}));
        }
    }
    std::vector<std::string> names{"keys"};
    if (!is_set) {
        names.emplace_back("values");
    }
    const RecordShape* shape =
        record_shape(RecordForm::Items, static_cast<uint64_t>(type), items_type_name(type), std::move(names));
    return t.record(shape, std::move(lists));
}

}  // namespace pp::frontend
