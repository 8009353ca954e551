/// What parallel_party/_prelude computes with and Python does not have. Its calls are right by construction.
#include "base/error.h"
#include "frontend/hash_tables.h"
#include "frontend/intrinsics_support.h"
#include "frontend/mappings.h"
#include "frontend/operators.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::Op;

/// One operation, `parameter`, of floats.
Outcomes float_operation(Translation& t, const IntrinsicCall& call) {
    const auto op = static_cast<Op>(call.parameter);
    const std::vector<Value> operands = to_floats(t, call.arguments);
    if (op == Op::FFma) {
        return t.done(float_value(t.emit(op, {operands.at(0).leaf, operands.at(1).leaf, operands.at(2).leaf})));
    }
    return t.done(float_value(t.emit(op, {operands.at(0).leaf})));
}

Outcomes float_bits(Translation& t, const IntrinsicCall& call) {
    return t.done(int_value(t.emit(Op::FloatBits, {to_float(t, call.arguments[0])})));
}

Outcomes bits_float(Translation& t, const IntrinsicCall& call) {
    return t.done(float_value(t.emit(Op::BitsFloat, {to_int(t, call.arguments[0])})));
}

Outcomes hypotenuse(Translation& t, const IntrinsicCall& call) {
    const std::vector<Value> sides = to_floats(t, call.arguments);
    return t.done(
        float_value(t.builder().math(Op::PyMath, ir::MathFunction::Hypot, {sides.at(0).leaf, sides.at(1).leaf})));
}

Outcomes require(Translation& t, const IntrinsicCall& call) {
    const ir::ValueId condition = truth(t, call.arguments[0]);
    PP_CHECK(condition != ir::kNoValue);
    t.guard(condition);
    return t.done(none_value());
}

/// Whether two items are one object or equal, as rows compare them.
Outcomes same(Translation& t, const IntrinsicCall& call) {
    const Value &left = call.arguments[0], &right = call.arguments[1];
    if (left.shape == Shape::Sequence || right.shape == Shape::Sequence) {
        return compare(t, CompareOperator::Eq, left, right);
    }
    const ir::ValueId leaf = equal_items(t, left, right);
    if (leaf == ir::kNoValue) {
        return t.unsupported("comparing " + quoted(type_name(left)) + " with " + quoted(type_name(right)), {});
    }
    return t.done(bool_value(leaf));
}

/// It is handed to exceptions, and never called.
Outcomes unworded(Translation& t, const IntrinsicCall& call) {
    return t.unsupported(std::string(call.name) + "()", {});
}

/// in_memory(list): as a list of computed length.
Outcomes in_memory(Translation& t, const IntrinsicCall& call) {
    const Value& list = call.arguments[0];
    const std::optional<Value> made = list.shape == Shape::List ? to_sequence(t, list) : list;
    return made ? t.done(*made) : t.unsupported(kMixedItems, {}, kMixedItemsAdvice);
}

/// groups(keys, starts, ends, row): what itertools.groupby() iterates over.
Outcomes groups(Translation& t, const IntrinsicCall& call) {
    if (call.arguments[0].shape == Shape::List && call.arguments[0].items().empty()) {
        return t.done(row_iterator(t, {}));
    }
    std::vector<Value> lists;
    for (const Value& list : call.arguments) {
        const std::optional<Value> made = list.shape == Shape::List ? to_sequence(t, list) : list;
        if (!made) {
            return t.unsupported(kMixedItems, {}, kMixedItemsAdvice);
        }
        lists.push_back(*made);
    }
    return t.done(loop_iterator(t, view(t, "groups", std::move(lists))));
}

/// set_like(left, right): an empty set in memory for the items of both rows.
Outcomes set_like(Translation& t, const IntrinsicCall& call) {
    KindRef key = never_kind();
    for (const Value& row : call.arguments) {
        const bool is_empty = row.is_row() && row.items().empty();
        const KindRef item = row.shape == Shape::Sequence ? row.node->kind->item
                             : row.shape == Shape::Text   ? row.node->kind
                             : row.shape == Shape::Range  ? int_kind()
                             : is_empty                   ? never_kind()
                                                          : nullptr;
        key = key && item ? join(key, item) : nullptr;
    }
    const Value nothing = mapping(t, "set", {}, {});
    if (key && key->tag == Tag::Never) {
        return t.done(nothing);
    }
    const std::optional<Value> made = key && !holds_lists(key) ? hash_table_of(t, nothing, key, nullptr) : std::nullopt;
    return made ? t.done(*made) : t.unsupported(kMixedItems, {}, kMixedItemsAdvice);
}

/// unordered(set, frozen): the set, or (`frozen` is not None) a frozenset, of whose order no more is known.
Outcomes unordered(Translation& t, const IntrinsicCall& call) {
    const std::string_view name = call.arguments[1].shape == Shape::None ? "set" : "frozenset";
    const Value& made = call.arguments[0];
    Value result = made.shape == Shape::Mapping ? reordered_mapping(t, made) : reordered(t, made);
    Node& node = t.node();
    node = *result.node;
    node.name = t.name(name);
    result.node = &node;
    return t.done(result);
}

/// text_at(text, position, part): whether the part stands there; it has room.
Outcomes text_at(Translation& t, const IntrinsicCall& call) {
    return t.done(bool_value(is_text_at(t, call.arguments[0], to_int(t, call.arguments[1]), call.arguments[2])));
}

/// text_room(text, length): new text of so many code units as wide as those of `text`, to be filled by text_put.
Outcomes text_room(Translation& t, const IntrinsicCall& call) {
    const KindRef kind = call.arguments[0].node->kind;
    const ir::ValueId length = to_int(t, call.arguments[1]);
    // Checked: 2**62 wide units would be no bytes at all.
    const ir::ValueId bytes = t.emit(Op::IMulChecked, {length, t.constant(static_cast<int64_t>(kind->object))});
    return t.done(dynamic_value(t, kind, t.emit(Op::Reserve, {bytes}), length));
}

/// list_room(items, count): an empty list with room for so many items like those.
Outcomes list_room(Translation& t, const IntrinsicCall& call) {
    const KindRef kind = list_of_kind(call.arguments[0].node->kind->item);
    const auto each = static_cast<int64_t>(item_bytes(kind->item));
    const ir::ValueId bytes = t.emit(Op::IMulChecked, {to_int(t, call.arguments[1]), t.constant(each)});
    return t.done(dynamic_value(t, kind, t.emit(Op::Reserve, {bytes}), t.constant(int64_t{0})));
}

/// text_put(room, position, part): puts the part there.
Outcomes text_put(Translation& t, const IntrinsicCall& call) {
    const Value &room = call.arguments[0], &part = call.arguments[2];
    const KindRef kind = room.node->kind;
    PP_CHECK(kind->object >= part.node->kind->object);
    const ir::ValueId offset = unit_bytes_of(t, kind, to_int(t, call.arguments[1]));
    const ir::Units units{static_cast<uint8_t>(kind->object), static_cast<uint8_t>(part.node->kind->object)};
    t.emit(Op::Copy, {t.emit(Op::IAdd, {address_of(room), offset}), address_of(part), length_of(part)},
           units.immediate());
    return t.done(none_value());
}

/// text_put_code(room, position, code): puts one character there, which is not wider than the room's.
Outcomes text_put_code(Translation& t, const IntrinsicCall& call) {
    const Value& room = call.arguments[0];
    const ir::ValueId offset = unit_bytes_of(t, room.node->kind, to_int(t, call.arguments[1]));
    t.emit(Op::Store, {address_of(room), offset, to_int(t, call.arguments[2])}, room.node->kind->object);
    return t.done(none_value());
}

constexpr IntrinsicEntry kPrelude[] = {
    {"prelude.fma", float_operation, static_cast<uint64_t>(Op::FFma)},
    {"prelude.floor", float_operation, static_cast<uint64_t>(Op::FFloor)},
    {"prelude.trunc", float_operation, static_cast<uint64_t>(Op::FTrunc)},
    {"prelude.round_even", float_operation, static_cast<uint64_t>(Op::FRoundEven)},
    {"prelude.float_bits", float_bits},
    {"prelude.bits_float", bits_float},
    {"prelude.hypot", hypotenuse},
    {"prelude.require", require},
    {"prelude.same", same},
    {"prelude.unworded", unworded},
    {"prelude.groups", groups},
    {"prelude.in_memory", in_memory},
    {"prelude.list_room", list_room},
    {"prelude.set_like", set_like},
    {"prelude.unordered", unordered},
    {"prelude.text_at", text_at},
    {"prelude.text_room", text_room},
    {"prelude.text_put", text_put},
    {"prelude.text_put_code", text_put_code},
};

}  // namespace

std::span<const IntrinsicEntry> prelude_intrinsics() {
    return kPrelude;
}

}  // namespace pp::frontend
