/// See rows.h.
#include "frontend/rows.h"

#include <algorithm>

#include "base/error.h"
#include "frontend/arrays.h"
#include "frontend/enums.h"
#include "frontend/hash_tables.h"
#include "frontend/mappings.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"
#include "frontend/tables.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// Beyond this a row would cost more to compile than it can be worth.
constexpr int64_t kLongestRow = 1024;

NodeOrigin select_origin(Translation& t, ValueId condition, const NodeOrigin& if_true, const NodeOrigin& if_false) {
    if (if_true == if_false) {
        return if_true;
    }
    const auto leaf = [&](const NodeOrigin& origin) {
        return origin.is_fixed() ? t.origin(origin.fixed) : origin.dynamic;
    };
    return {.dynamic = t.emit(Op::Select, {condition, leaf(if_true), leaf(if_false)})};
}

}  // namespace

bool is_selectable(const Value& left, const Value& right) {
    if (left.shape != right.shape || !left.has_kind() || left.shape == Shape::List || left.shape == Shape::Record ||
        left.shape == Shape::Complex || left.is_dynamic()) {
        return false;
    }
    if (left.shape == Shape::Object) {
        return left.number == right.number;
    }
    return left.shape != Shape::Tuple || std::equal(left.items().begin(), left.items().end(), right.items().begin(),
                                                    right.items().end(), is_selectable);
}

Value select_value(Translation& t, ValueId condition, const Value& if_true, const Value& if_false) {
    Value chosen = if_true;
    chosen.origin = select_origin(t, condition, if_true.origin, if_false.origin);
    if (chosen.is_number() && if_true.leaf != if_false.leaf) {
        chosen.leaf = t.emit(Op::Select, {condition, if_true.leaf, if_false.leaf});
    }
    if (chosen.shape == Shape::Tuple && if_true.node != if_false.node) {
        std::vector<Value> items;
        for (size_t i = 0; i < if_true.items().size(); ++i) {
            items.push_back(select_value(t, condition, if_true.items()[i], if_false.items()[i]));
        }
        chosen.node = t.row(Shape::Tuple, std::move(items)).node;
    }
    return chosen;
}

Outcomes out_of_range(Translation& t, ValueId key, ValueId length, std::string_view type) {
    if (!t.catches()) {
        return {};
    }
    const ValueId negated = t.emit(Op::ISub, {t.constant(int64_t{0}), length});
    const ValueId is_below = t.emit(Op::ILt, {key, negated}), is_above = t.emit(Op::ILe, {length, key});
    return t.raised_where(t.emit(Op::BOr, {is_below, is_above}), "IndexError",
                          std::string(type) + " index out of range");
}

ValueId position_at_run_time(Translation& t, ValueId key, int64_t size) {
    const ValueId zero = t.constant(int64_t{0});
    const ValueId from_end = t.emit(Op::IAdd, {key, t.constant(size)});
    const ValueId index = t.emit(Op::Select, {t.emit(Op::ILt, {key, zero}), from_end, key});
    t.guard(t.emit(Op::ILe, {zero, index}));
    t.guard(t.emit(Op::ILt, {index, t.constant(size)}));
    return index;
}

namespace {

Outcomes item_at_run_time(Translation& t, const std::vector<Value>& items, ValueId key, std::string_view type) {
    const auto size = static_cast<int64_t>(items.size());
    Outcomes outcomes = out_of_range(t, key, t.constant(size), type);
    const ValueId index = position_at_run_time(t, key, size);
    const bool selects =
        std::all_of(items.begin(), items.end(), [&](const Value& item) { return is_selectable(items.front(), item); });
    if (selects) {
        Value chosen = items.back();
        for (int64_t i = size - 2; i >= 0; --i) {
            chosen = select_value(t, t.emit(Op::IEq, {index, t.constant(i)}), items[static_cast<size_t>(i)], chosen);
        }
        return joined(std::move(outcomes), t.done(chosen));
    }
    for (int64_t i = 0; i + 1 < size; ++i) {
        const Fork fork = t.fork(t.emit(Op::IEq, {index, t.constant(i)}));
        outcomes.push_back({.block = fork.if_true, .value = items[static_cast<size_t>(i)]});
        t.enter(fork.if_false);
    }
    outcomes.push_back({.block = t.builder().block(), .value = items.back()});
    return outcomes;
}

/// A slice's bound, clipped as CPython does it; `absent` where it is None.
int64_t clipped(const std::optional<int64_t>& bound, int64_t absent, int64_t size, int64_t lowest, int64_t highest) {
    if (!bound) {
        return absent;
    }
    return std::clamp(*bound < 0 ? *bound + size : *bound, lowest, highest);
}

Outcomes slice(Translation& t, const Value& row, const Value& key) {
    std::optional<int64_t> bounds[3];
    for (size_t i = 0; i < 3; ++i) {
        const Value& bound = key.items()[i];
        bounds[i] = t.known_int(bound);
        if (bounds[i] || bound.shape == Shape::None) {
            continue;
        }
        if (bound.is_unforeseen) {
            return t.beyond(bound);
        }
        if (bound.is_integral()) {
            const std::optional<Value> sequence = to_sequence(t, row);
            return sequence
                       ? subscript_dynamic(t, *sequence, key)
                       : t.unsupported("a slice whose bounds are computed", "the length of a row is part of its type",
                                       "slice with constants, or choose single items by index");
        }
        return no_index(t, bound, "slice indices must be integers or None");
    }
    const auto size = static_cast<int64_t>(row.items().size());
    const int64_t step = bounds[2].value_or(1);
    if (step == 0) {
        return t.raises("ValueError", "slice step cannot be zero");
    }
    const int64_t lowest = step > 0 ? 0 : -1, highest = step > 0 ? size : size - 1;
    const int64_t start = clipped(bounds[0], step > 0 ? 0 : size - 1, size, lowest, highest);
    const int64_t stop = clipped(bounds[1], step > 0 ? size : -1, size, lowest, highest);
    if (row.shape == Shape::Tuple && step == 1 && start == 0 && stop == size) {
        return t.done(row);  // CPython gives the same object
    }
    std::vector<Value> items;
    for (int64_t i = start; step > 0 ? i < stop : i > stop; i += std::clamp(step, -size - 1, size + 1)) {
        items.push_back(row.items()[static_cast<size_t>(i)]);
    }
    return t.done(t.row(row.shape, std::move(items)));
}

Outcomes range_contains(Translation& t, const Value& range, const Value& item) {
    const std::optional<int64_t> step = t.known_int(range.items()[2]);
    if (item.is_unforeseen) {
        return t.beyond(item);
    }
    if (!item.is_integral() || !step) {
        return t.unsupported("'in' a range for these types", {}, "compare with its bounds");
    }
    const bool up = *step > 0;
    const ValueId start = range.items()[0].leaf, stop = range.items()[1].leaf, value = to_int(t, item);
    const ValueId after_start = up ? t.emit(Op::ILe, {start, value}) : t.emit(Op::ILe, {value, start});
    const ValueId before_stop = up ? t.emit(Op::ILt, {value, stop}) : t.emit(Op::ILt, {stop, value});
    ValueId inside = logical_and(t, after_start, before_stop);
    if (*step != 1 && *step != -1) {
        const ValueId distance = t.emit(Op::ISubChecked, {value, start});
        const ValueId rest = t.emit(Op::PyIntMod, {distance, t.constant(*step)});
        inside = logical_and(t, inside, t.emit(Op::IEq, {rest, t.constant(int64_t{0})}));
    }
    return t.done(bool_value(inside));
}

}  // namespace

Outcomes concatenate(Translation& t, const Value& left, const Value& right) {
    if (left.shape == Shape::Tuple && right.items().empty()) {
        return t.done(left);
    }
    if (left.shape == Shape::Tuple && left.items().empty()) {
        return t.done(right);
    }
    std::vector<Value> items = left.items();
    items.insert(items.end(), right.items().begin(), right.items().end());
    if (static_cast<int64_t>(items.size()) > kLongestRow) {
        return t.unsupported("a row of more than " + std::to_string(kLongestRow) + " items", {});
    }
    return t.done(t.row(left.shape, std::move(items)));
}

Outcomes repeat(Translation& t, const Value& row, const Value& times) {
    const std::optional<int64_t> known = t.known_int(times);
    const auto size = static_cast<int64_t>(row.items().size());
    if (!known || (size > 0 && *known > kLongestRow / size)) {
        const std::optional<Value> sequence = to_sequence(t, row);
        return sequence ? repeat_dynamic(t, *sequence, times)
                        : t.unsupported("repeating a row of several types a computed number of times", {},
                                        "give all items one type");
    }
    if (*known == 1 && row.shape == Shape::Tuple) {
        return t.done(row);
    }
    std::vector<Value> items;
    for (int64_t i = 0; size > 0 && i < *known; ++i) {
        items.insert(items.end(), row.items().begin(), row.items().end());
    }
    return t.done(t.row(row.shape, std::move(items)));
}

Outcomes subscript(Translation& t, const Value& container, const Value& key) {
    if (is_named_tuple(container)) {
        t.looks().look_into(container);
        return subscript(t, as_plain_tuple(container), key);
    }
    if (is_dict(container)) {
        return dict_item(t, container, key);
    }
    if (container.shape == Shape::Mapping) {
        return mapping_item(t, container, key);
    }
    if (is_hash_table(container)) {
        return hash_item(t, container, key);
    }
    if (container.shape == Shape::Table) {
        return table_item(t, container, key);
    }
    if (is_array_view(container) && key.shape != Shape::Slice) {
        return subscript_dynamic(t, container, key);
    }
    if (container.is_number() || container.shape == Shape::None || container.shape == Shape::Function) {
        return t.raises("TypeError", quoted(type_name(container)) + " object is not subscriptable");
    }
    const Value text = as_text(t, container);
    if (container.is_dynamic() || !text.is_null()) {
        return subscript_dynamic(t, text.is_null() ? container : text, key);
    }
    if (container.shape == Shape::Range && key.is_integral()) {
        const ValueId length = count_of(t, container), given = to_int(t, key), zero = t.constant(int64_t{0});
        Outcomes raised = out_of_range(t, given, length, "range");
        const ValueId from_end = t.emit(Op::IAdd, {given, length});
        const ValueId index = t.emit(Op::Select, {t.emit(Op::ILt, {given, zero}), from_end, given});
        t.guard(t.emit(Op::ILe, {zero, index}));
        t.guard(t.emit(Op::ILt, {index, length}));
        return joined(std::move(raised), t.done(item_at(t, container, index)));
    }
    if (!container.is_row()) {
        const bool is_element = type_name(container) == "RecordDict";
        return t.unsupported("an item of a " + quoted(type_name(container)),
                             is_element ? "it stands for an element of an Array" : std::string(),
                             is_element ? "give the Array itself" : array_instead(container, "index tuples and lists"));
    }
    if (key.shape == Shape::Slice) {
        return slice(t, container, key);
    }
    if (key.is_unforeseen) {
        return t.beyond(key);
    }
    if (!key.is_integral()) {
        return no_index(t, key, type_name(container) + " indices must be integers or slices, not " + type_name(key));
    }
    const std::vector<Value>& items = container.items();
    const auto size = static_cast<int64_t>(items.size());
    if (const std::optional<int64_t> known = t.known_int(key)) {
        const int64_t index = *known < 0 ? *known + size : *known;
        return 0 <= index && index < size ? t.done(items[static_cast<size_t>(index)])
                                          : t.raises("IndexError", type_name(container) + " index out of range");
    }
    if (size == 0) {
        return t.raises("IndexError", type_name(container) + " index out of range");
    }
    for (const Value& item : items) {
        t.looks().look(item);  // which one it is decides on the kind
    }
    return item_at_run_time(t, items, to_int(t, key), type_name(container));
}

Outcomes contains(Translation& t, const Value& container, const Value& item) {
    if (is_dict(container)) {
        return dict_contains(t, container, item);
    }
    if (container.shape == Shape::Mapping) {
        return mapping_contains(t, container, item);
    }
    if (is_hash_table(container)) {
        return hash_contains(t, container, item, false);
    }
    if (container.shape == Shape::Table) {
        return table_contains(t, container, item, false);
    }
    if (is_named_tuple(container)) {
        return contains(t, as_plain_tuple(container), item);
    }
    if (container.is_number() || container.shape == Shape::None || container.shape == Shape::Function) {
        return t.raises("TypeError", "argument of type " + quoted(type_name(container)) + " is not iterable");
    }
    if (container.shape == Shape::Range) {
        return range_contains(t, container, item);
    }
    if (!container.is_row()) {
        return t.unsupported("'in' a " + quoted(type_name(container)), {}, "search tuples and lists");
    }
    ValueId found = t.constant(false);
    for (const Value& candidate : container.items()) {
        const ValueId same = equal_items(t, candidate, item);
        if (same == ir::kNoValue && (candidate.is_unforeseen || item.is_unforeseen)) {
            return t.beyond(candidate.is_unforeseen ? candidate : item);
        }
        if (same == ir::kNoValue) {
            return t.unsupported("comparing " + quoted(type_name(candidate)) + " with " + quoted(type_name(item)), {});
        }
        found = logical_or(t, found, same);
        if (t.known_bool(found) == true) {
            break;
        }
    }
    return t.done(bool_value(found));
}

Value row_iterator(Translation& t, std::vector<Value> items, bool is_lazy) {
    Node& node = t.node();
    node.is_lazy = is_lazy;
    node.items = {t.row(Shape::Tuple, std::move(items))};
    return {.shape = Shape::RowIterator, .node = &node};
}

bool try_items(Translation& t, const Value& iterable, std::vector<Value>& items) {
    if (iterable.is_row() || is_named_tuple(iterable)) {
        items = iterable.items();
        return true;
    }
    const bool is_unordered = iterable.is_captured && iterable.shape != Shape::Mapping;
    if (const Value mapping = is_unordered ? Value{} : as_mapping(t, iterable); !mapping.is_null()) {
        return mapping_items(t, mapping, false, items);
    }
    if (std::optional<std::vector<Value>> members = members_of(t, iterable)) {
        items = std::move(*members);
        return true;
    }
    if (iterable.shape == Shape::RowIterator) {
        const std::vector<Value>& all = iterable.items().front().items();
        items.assign(all.begin() + static_cast<std::ptrdiff_t>(iterable.node->position), all.end());
        return true;
    }
    if (iterable.shape != Shape::Range || iterable.node->length < 0 || iterable.node->length > kLongestRow) {
        return false;
    }
    const Value &start = iterable.items()[0], &step = iterable.items()[2];
    const std::optional<int64_t> known_start = t.known_int(start), known_step = t.known_int(step);
    for (int64_t i = 0; i < iterable.node->length; ++i) {
        if (known_start && known_step) {
            items.push_back(t.int_constant(*known_start + i * *known_step));
        } else {  // the length was known before paths joined
            items.push_back(int_value(t.emit(Op::IAdd, {start.leaf, t.emit(Op::IMul, {step.leaf, t.constant(i)})})));
        }
    }
    return true;
}

}  // namespace pp::frontend
