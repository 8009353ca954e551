/// What Python does with tuples, lists and text whose length is known at run time only. Their items lie in memory.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "frontend/bytecode.h"
#include "frontend/translation.h"

namespace pp::frontend {

/// A Sequence or Text of this kind.
Value dynamic_value(Translation& translation, KindRef kind, ir::ValueId address, ir::ValueId length);
inline ir::ValueId address_of(const Value& dynamic) {
    return dynamic.items()[0].leaf;
}
inline ir::ValueId length_of(const Value& dynamic) {
    return dynamic.items()[1].leaf;
}

/// What a loop can take item by item, by position: sequences, text, ranges, and views of these.
bool is_indexable(const Value& value);
/// How many items an indexable has: an I64.
ir::ValueId count_of(Translation& translation, const Value& indexable);
/// The item at a position that is known to exist.
Value item_at(Translation& translation, const Value& indexable, ir::ValueId position);
Value view(Translation& translation, std::string_view name, std::vector<Value> sources);
/// An iterator over an indexable, from its first item on.
Value loop_iterator(Translation& translation, const Value& indexable, bool is_lazy = false);
/// The name of an iterator over a group of itertools.groupby(): it is gone when the next group is asked for.
inline constexpr std::string_view kGroup = "group";
/// Whether it is an iterator that never ends: itertools.count(), also within enumerate() and zip().
bool is_endless(const Value& iterator);
/// Ends the path of a generator that would take its items from one.
void refuse_endless(Translation& translation);
/// What `iterable` is iterated over: an indexable, or one that an iterator has not begun; Null where it is neither.
Value indexable_of(Translation& translation, const Value& iterable);

/// For the refusal of items that have no kind in common, or one that memory does not hold.
inline constexpr std::string_view kMixedItems =
    "a row of computed length with items of several types, or with records or complex numbers";
inline constexpr std::string_view kMixedItemsAdvice =
    "give all items one type, as float(x) does; keep the parts of records and complex numbers in lists of their own";

/// A fixed row as a sequence made anew, its kind's `item` widened to `item_kind`, with room for `room` items (an I64,
/// or kNoValue); nothing where the items do not have one kind, or one that memory does not hold.
std::optional<Value> to_sequence(Translation& translation, const Value& row, KindRef item_kind = never_kind(),
                                 ir::ValueId room = ir::kNoValue);
/// `value` as one of `kind`, which takes it in, with the leaves that the kind has; nothing where that cannot be done,
/// or memory does not hold the kind.
std::optional<Value> as_kind(Translation& translation, const Value& value, KindRef kind);
/// Whether items of kind `from` lie in memory as those of kind `to` do.
bool is_stored_alike(KindRef from, KindRef to);
/// Stores an item's leaves at `address` + `offset`.
void store_item(Translation& translation, const Value& item, ir::ValueId address, ir::ValueId offset);
/// `count` items of `item` in bytes.
ir::ValueId bytes_of(Translation& translation, KindRef item, ir::ValueId count);
/// `count` code units of `text` in bytes.
ir::ValueId unit_bytes_of(Translation& translation, KindRef text, ir::ValueId count);
/// Whether values of the kind are lists or hold lists: objects that two owners would share.
bool holds_lists(KindRef kind);
/// A copy of the items from `first` on, `count` of them, as a sequence of its own.
Value copy_of(Translation& translation, const Value& sequence, KindRef kind, ir::ValueId first, ir::ValueId count);

/// What the text is, where that is known while translating; else null.
const std::string* constant_text(const Value& value);
/// A str constant (or a Text itself) as a Text; Null for anything else.
Value as_text(Translation& translation, const Value& value);
/// `left == right` of two Texts: a Bool leaf.
ir::ValueId equal_texts(Translation& translation, const Value& left, const Value& right);
/// Whether `part` stands in `text` at `position`, where it has room: a Bool leaf.
ir::ValueId is_text_at(Translation& translation, const Value& text, ir::ValueId position, const Value& part);

/// Operators; at least one operand is dynamic.
Outcomes concatenate_dynamic(Translation& translation, const Value& left, const Value& right);
Outcomes repeat_dynamic(Translation& translation, const Value& sequence, const Value& times);
Outcomes subscript_dynamic(Translation& translation, const Value& container, const Value& key);
/// What stands where an index or a slice's bound is to be, and is no int of 64 bits. `what`: the TypeError of those
/// that cannot be one; objects that are only carried may be larger ints, others have an __index__: CPython computes
/// these.
Outcomes no_index(Translation& translation, const Value& key, std::string_view what);
Outcomes contains_dynamic(Translation& translation, const Value& container, const Value& item, bool is_inverted);
Outcomes compare_dynamic(Translation& translation, CompareOperator op, const Value& left, const Value& right);

/// The kind of all items of what can be indexed; null where it is not known beforehand.
KindRef kind_of_items(const Value& source);

}  // namespace pp::frontend
