/// Operators on tuples, lists and text of any length; see sequences.h.
#include <algorithm>
#include <optional>

#include "frontend/operators.h"
#include "frontend/rows.h"
#include "frontend/sequences.h"
#include "frontend/tables.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// A fixed row made a sequence, a sequence as it is; nothing for all else.
std::optional<Value> sequence_of(Translation& t, const Value& value) {
    if (value.shape == Shape::Sequence) {
        return value;
    }
    return value.is_row() ? to_sequence(t, value) : std::nullopt;
}

Outcomes shares_lists(Translation& t) {
    return t.unsupported("copying a row that holds lists", "both rows would hold the same lists",
                         "make new lists, or use tuples");
}

Outcomes mixed_items(Translation& t) {
    return t.unsupported(kMixedItems, {}, kMixedItemsAdvice);
}

ValueId clipped(Translation& t, const Value& bound, ValueId absent, ValueId length) {
    if (bound.shape == Shape::None) {
        return absent;
    }
    const ValueId zero = t.constant(int64_t{0}), value = to_int(t, bound);
    const ValueId from_end = t.emit(Op::IAdd, {value, length});
    const ValueId low = t.emit(Op::Select, {t.emit(Op::ILt, {from_end, zero}), zero, from_end});
    const ValueId high = t.emit(Op::Select, {t.emit(Op::ILt, {length, value}), length, value});
    return t.emit(Op::Select, {t.emit(Op::ILt, {value, zero}), low, high});
}

Outcomes slice(Translation& t, const Value& container, const Value& key) {
    const Value &start = key.items()[0], &stop = key.items()[1], &step = key.items()[2];
    for (const Value& bound : key.items()) {
        if (bound.shape != Shape::None && !bound.is_integral()) {
            return no_index(t, bound, "slice indices must be integers or None");
        }
    }
    const bool is_text = container.shape == Shape::Text;
    if (step.shape != Shape::None && t.known_int(step) != 1) {
        const bool is_backwards = t.known_int(step) == -1 && start.shape == Shape::None && stop.shape == Shape::None;
        if (!is_text && holds_lists(container.node->kind->item)) {
            return shares_lists(t);
        }
        if (!is_backwards) {
            const auto bound = [&](const Value& value) {
                return value.shape == Shape::None ? none_value() : int_value(to_int(t, value));
            };
            return t.follow(is_text               ? "text_stepped"
                            : container.is_list() ? "list_stepped"
                                                  : "tuple_stepped",
                            {container, bound(start), bound(stop), bound(step)});
        }
        return t.follow(is_text               ? "text_backwards"
                        : container.is_list() ? "list_backwards"
                                              : "tuple_backwards",
                        {container});
    }
    const bool is_whole = start.shape == Shape::None && stop.shape == Shape::None;
    if (is_whole && !container.is_list()) {
        return t.done(container);  // CPython gives the same object
    }
    const ValueId length = length_of(container), zero = t.constant(int64_t{0});
    const ValueId first = clipped(t, start, zero, length);
    const ValueId distance = t.emit(Op::ISub, {clipped(t, stop, length, length), first});
    const ValueId count = t.emit(Op::Select, {t.emit(Op::ILt, {distance, zero}), zero, distance});
    const KindRef kind = container.node->kind;
    if (!is_text && holds_lists(kind->item)) {
        return shares_lists(t);
    }
    if (container.is_list()) {
        return t.done(copy_of(t, container, kind, first, count));
    }
    const ValueId offset = is_text ? unit_bytes_of(t, kind, first) : bytes_of(t, kind->item, first);
    return t.done(dynamic_value(t, kind, t.emit(Op::IAdd, {address_of(container), offset}), count));
}

Outcomes concatenate_texts(Translation& t, const Value& left, const Value& right) {
    const KindRef kind = join(left.node->kind, right.node->kind);
    const ValueId length = t.emit(Op::IAdd, {length_of(left), length_of(right)});
    const ValueId place = t.emit(Op::Reserve, {unit_bytes_of(t, kind, length)});
    const auto copy = [&](const Value& part, ValueId to) {
        const ir::Units units{static_cast<uint8_t>(kind->object), static_cast<uint8_t>(part.node->kind->object)};
        t.emit(Op::Copy, {to, address_of(part), length_of(part)}, units.immediate());
    };
    copy(left, place);
    copy(right, t.emit(Op::IAdd, {place, unit_bytes_of(t, kind, length_of(left))}));
    return t.done(dynamic_value(t, kind, place, length));
}

/// The answer of a comparison where one of two texts begins with the other, or neither does.
ValueId order_texts(Translation& t, CompareOperator op, const Value& left, const Value& right) {
    const ValueId a = length_of(left), b = length_of(right);
    const ValueId least = t.emit(Op::Select, {t.emit(Op::ILt, {a, b}), a, b});
    const ir::Units units{static_cast<uint8_t>(left.node->kind->object),
                          static_cast<uint8_t>(right.node->kind->object)};
    const ValueId order = t.emit(Op::Order, {address_of(left), address_of(right), least}, units.immediate());
    const ValueId zero = t.constant(int64_t{0});
    const ValueId by_length = compare_numbers(t, op, int_value(a), int_value(b));
    const ValueId by_units = compare_numbers(t, op, int_value(order), int_value(zero));
    return t.emit(Op::Select, {t.emit(Op::IEq, {order, zero}), by_length, by_units});
}

std::string_view prelude_comparison(CompareOperator op) {
    switch (op) {
    case CompareOperator::Eq: return "rows_equal";
    case CompareOperator::Ne: return "rows_differ";
    case CompareOperator::Lt: return "rows_less";
    case CompareOperator::Le: return "rows_at_most";
    case CompareOperator::Gt: return "rows_greater";
    case CompareOperator::Ge: return "rows_at_least";
    }
    return {};
}

/// Whether a value is of a type of which it is known that it equals, and has an order with, its like only.
bool has_plain_equality(const Value& value) {
    return value.has_kind() && !value.is_carried() && value.shape != Shape::Record;
}

/// The code points of UTF-8 text, which is sound: it was a str.
std::vector<uint32_t> code_points(const std::string& text) {
    std::vector<uint32_t> points;
    for (const char character : text) {
        const auto byte = static_cast<uint8_t>(character);
        if ((byte & 0xC0) != 0x80) {
            points.push_back(byte < 0x80 ? byte : byte < 0xE0 ? byte & 0x1Fu : byte < 0xF0 ? byte & 0x0Fu : byte & 7u);
        } else if (!points.empty()) {
            points.back() = points.back() << 6 | (byte & 0x3Fu);
        }
    }
    return points;
}

}  // namespace

Value as_text(Translation& t, const Value& value) {
    if (value.shape == Shape::Text) {
        return value;
    }
    if (value.shape != Shape::Object || value.node->name != "str" || !value.node->text) {
        return {};
    }
    const std::vector<uint32_t> points = code_points(*value.node->text);
    const bool is_wide = std::any_of(points.begin(), points.end(), [](uint32_t point) { return point > 0xFF; });
    std::string bytes;
    for (const uint32_t point : points) {
        for (int byte = 0; byte < (is_wide ? 4 : 1); ++byte) {
            bytes += static_cast<char>(point >> (8 * byte) & 0xFF);
        }
    }
    std::vector<std::string>& data = t.function().data;
    const auto known = std::find(data.begin(), data.end(), bytes);
    const auto index = static_cast<uint32_t>(known - data.begin());
    if (known == data.end()) {
        data.push_back(std::move(bytes));
    }
    const ValueId address = t.builder().data(index);
    Value text = dynamic_value(t, text_kind(is_wide ? 4 : 1), address, t.constant(static_cast<int64_t>(points.size())));
    Node& node = t.node();
    node = *text.node;
    node.text = value.node->text;
    text.node = &node;
    return text;
}

const std::string* constant_text(const Value& value) {
    const bool is_constant = value.shape == Shape::Object && value.node->name == "str";
    return is_constant || value.shape == Shape::Text ? value.node->text : nullptr;
}

ValueId is_text_at(Translation& t, const Value& text, ValueId position, const Value& part) {
    const ir::Units units{static_cast<uint8_t>(text.node->kind->object), static_cast<uint8_t>(part.node->kind->object)};
    const ValueId place = t.emit(Op::IAdd, {address_of(text), unit_bytes_of(t, text.node->kind, position)});
    const ValueId order = t.emit(Op::Order, {place, address_of(part), length_of(part)}, units.immediate());
    return t.emit(Op::IEq, {order, t.constant(int64_t{0})});
}

ValueId equal_texts(Translation& t, const Value& left, const Value& right) {
    const ValueId is_as_long = t.emit(Op::IEq, {length_of(left), length_of(right)});
    const ir::Units units{static_cast<uint8_t>(left.node->kind->object),
                          static_cast<uint8_t>(right.node->kind->object)};
    const ValueId count = t.emit(Op::Select, {is_as_long, length_of(left), t.constant(int64_t{0})});
    const ValueId order = t.emit(Op::Order, {address_of(left), address_of(right), count}, units.immediate());
    return t.emit(Op::BAnd, {is_as_long, t.emit(Op::IEq, {order, t.constant(int64_t{0})})});
}

Outcomes concatenate_dynamic(Translation& t, const Value& left, const Value& right) {
    const Value left_text = as_text(t, left), right_text = as_text(t, right);
    if (!left_text.is_null() && !right_text.is_null()) {
        return concatenate_texts(t, left_text, right_text);
    }
    if (type_name(left) != type_name(right)) {
        return t.raises("TypeError", "can only concatenate values of one type, not " + quoted(type_name(left)) +
                                         " and " + quoted(type_name(right)));
    }
    std::optional<Value> first = sequence_of(t, left), second = sequence_of(t, right);
    if (!first || !second) {
        return mixed_items(t);
    }
    const KindRef kind = join(first->node->kind, second->node->kind);
    if (kind) {
        first = as_kind(t, *first, kind);
        second = as_kind(t, *second, kind);
    }
    if (!kind || !first || !second) {
        return mixed_items(t);
    }
    if (holds_lists(kind->item)) {
        return shares_lists(t);
    }
    const ValueId length = t.emit(Op::IAdd, {length_of(*first), length_of(*second)});
    const ValueId place = t.emit(Op::Reserve, {bytes_of(t, kind->item, length)});
    const ValueId bytes = bytes_of(t, kind->item, length_of(*first));
    t.emit(Op::Copy, {place, address_of(*first), bytes}, ir::Units{1, 1}.immediate());
    t.emit(Op::Copy,
           {t.emit(Op::IAdd, {place, bytes}), address_of(*second), bytes_of(t, kind->item, length_of(*second))},
           ir::Units{1, 1}.immediate());
    return t.done(dynamic_value(t, kind, place, length));
}

Outcomes repeat_dynamic(Translation& t, const Value& sequence, const Value& times) {
    if (t.known_int(times) == 1 && !sequence.is_list()) {
        return t.done(sequence);
    }
    const std::string_view name = sequence.shape == Shape::Text ? "text_repeated"
                                  : sequence.is_list()          ? "list_repeated"
                                                                : "tuple_repeated";
    return t.follow(name, {sequence, int_value(to_int(t, times))});
}

Outcomes no_index(Translation& t, const Value& key, std::string_view what) {
    if (key.is_unforeseen) {
        return t.beyond(key);
    }
    const bool may_be_one =
        key.is_carried() || key.shape == Shape::Object || key.shape == Shape::Record || key.shape == Shape::Opaque;
    return may_be_one ? t.beyond("an index of type " + quoted(type_name(key))) : t.raises("TypeError", what);
}

Outcomes subscript_dynamic(Translation& t, const Value& container, const Value& key) {
    if (key.shape == Shape::Slice) {
        return slice(t, container, key);
    }
    if (!key.is_integral()) {
        return no_index(t, key, type_name(container) + " indices must be integers, not " + quoted(type_name(key)));
    }
    if (container.shape == Shape::Sequence && container.node->kind->item->tag == Tag::Never) {
        return t.raises("IndexError", "index out of range");
    }
    const ValueId length = count_of(t, container), zero = t.constant(int64_t{0});
    const std::optional<int64_t> known = t.known_int(key);
    const ValueId given = to_int(t, key);
    Outcomes raised = out_of_range(t, given, length, type_name(container));
    ValueId index = given;
    if (!known || *known < 0) {
        const ValueId from_end = t.emit(Op::IAdd, {given, length});
        index = known ? from_end : t.emit(Op::Select, {t.emit(Op::ILt, {given, zero}), from_end, given});
        t.guard(t.emit(Op::ILe, {zero, index}));
    }
    if (!known || *known >= 0) {
        t.guard(t.emit(Op::ILt, {index, length}));
    }
    return joined(std::move(raised), items_at(t, container, index));
}

Outcomes contains_dynamic(Translation& t, const Value& container, const Value& item, bool is_inverted) {
    if (container.shape == Shape::Text) {
        const Value part = as_text(t, item);
        if (part.is_null()) {
            return item.is_known()
                       ? t.raises("TypeError", "'in <string>' requires string as left operand, not " + type_name(item))
                       : t.unsupported("'in' text for a " + quoted(type_name(item)), {});
        }
        return t.follow(is_inverted ? "text_lacks" : "text_contains", {container, part});
    }
    return t.follow(is_inverted ? "row_lacks" : "row_contains", {container, item});
}

Outcomes compare_dynamic(Translation& t, CompareOperator op, const Value& left, const Value& right) {
    const bool is_equality = op == CompareOperator::Eq || op == CompareOperator::Ne;
    const Value left_text = as_text(t, left), right_text = as_text(t, right);
    if (!left_text.is_null() && !right_text.is_null()) {
        if (!is_equality) {
            return t.done(bool_value(order_texts(t, op, left_text, right_text)));
        }
        const ValueId same = equal_texts(t, left_text, right_text);
        return t.done(bool_value(op == CompareOperator::Eq ? same : logical_not(t, same)));
    }
    if (type_name(left) != type_name(right)) {
        if (!has_plain_equality(left) || !has_plain_equality(right)) {
            return t.unsupported("comparing " + quoted(type_name(left)) + " with " + quoted(type_name(right)), {});
        }
        return is_equality ? t.done(t.bool_constant(op == CompareOperator::Ne))
                           : t.raises("TypeError",
                                      quoted(type_name(left)) + " and " + quoted(type_name(right)) + " have no order");
    }
    const std::optional<Value> first = sequence_of(t, left), second = sequence_of(t, right);
    return first && second ? t.follow(prelude_comparison(op), {*first, *second}) : mixed_items(t);
}

}  // namespace pp::frontend
