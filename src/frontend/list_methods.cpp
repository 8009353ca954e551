/// Methods of lists that change them, beside append and extend, and the deletion of items. What they make of a list
/// takes its place wherever the state refers to it.
#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "frontend/arrays.h"
#include "frontend/changes.h"
#include "frontend/hash_tables.h"
#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/rows.h"
#include "frontend/sequences.h"
#include "frontend/sorting.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// `count` items from number `from` on of a list in memory, copied behind the `to` items that lie at `place`.
void copy_items(Translation& t, KindRef item, ValueId place, ValueId to, ValueId address, ValueId from, ValueId count) {
    const ValueId target = t.emit(Op::IAdd, {place, bytes_of(t, item, to)});
    const ValueId source = t.emit(Op::IAdd, {address, bytes_of(t, item, from)});
    t.emit(Op::Copy, {target, source, bytes_of(t, item, count)}, ir::Units{1, 1}.immediate());
}

/// A position counted from the end where it is negative.
ValueId from_start(Translation& t, ValueId key, ValueId length) {
    const ValueId zero = t.constant(int64_t{0});
    const ValueId from_end = t.emit(Op::IAdd, {key, length});
    return t.emit(Op::Select, {t.emit(Op::ILt, {key, zero}), from_end, key});
}

ValueId clamped(Translation& t, ValueId value, ValueId least, ValueId most) {
    const ValueId raised = t.emit(Op::Select, {t.emit(Op::ILt, {value, least}), least, value});
    return t.emit(Op::Select, {t.emit(Op::ILt, {most, raised}), most, raised});
}

}  // namespace

bool Translator::call_list_method(std::string_view name, std::span<const Value> arguments,
                                  std::span<const KeywordArgument> keywords) {
    const std::string_view method = name.substr(5);
    if (arguments[0].shape == Shape::Place) {
        return change_in_place(name, arguments, keywords);
    }
    if (method == "append" || method == "extend") {
        return keywords.empty() ? change_list(name, arguments)
                                : proceed(translation_.raises("TypeError", "the method takes no keyword arguments"));
    }
    const Value list = arguments[0];
    const size_t given = arguments.size() - 1;
    const size_t wanted = method == "insert" ? 2 : method == "remove" ? 1 : 0;
    const bool is_pop = method == "pop" && given <= 1;
    if ((!is_pop && given != wanted) || (method != "sort" && !keywords.empty())) {
        return proceed(translation_.raises("TypeError", std::string(name) + "() does not take these arguments"));
    }
    if (!may_resize(list)) {
        return false;
    }
    if (is_pop) {
        return pop_item(list, arguments.subspan(1));
    }
    if (method == "insert") {
        return insert_item(list, arguments[1], arguments[2]);
    }
    if (method == "remove") {
        return replace_by(list, "row_index", {list, arguments[1]}, Ending::RemoveAt);
    }
    if (method == "sort") {
        return sort_list(list, keywords);
    }
    if (method == "reverse" && list.shape == Shape::Sequence) {
        return replace_by(list, "list_backwards", {list}, Ending::Replace);
    }
    std::vector<Value> items;
    if (method == "reverse") {
        items.assign(list.items().rbegin(), list.items().rend());
    }
    Value made = translation_.row(Shape::List, std::move(items));
    if (method == "clear" && list.shape == Shape::Sequence) {
        made = dynamic_value(translation_, list.node->kind, address_of(list), translation_.constant(int64_t{0}));
    }
    replace_list(translation_, state_, list.node, made);
    push(none_value());
    return true;
}

/// Whether items may be put into the list and taken from it; ends the path where that has no compiled form.
bool Translator::may_resize(const Value& list) {
    if (!may_change(list)) {
        return false;
    }
    if (list.origin != NodeOrigin{}) {
        translation_.unsupported("changing the length or order of an element's list", {},
                                 "assign to its items, or build a new list");
        return false;
    }
    if (is_iterated(list.node)) {
        translation_.unsupported("changing a list while a loop runs over it", {}, "loop over a copy, list(...)");
        return false;
    }
    return true;
}

bool Translator::pop_item(const Value& list, std::span<const Value> arguments) {
    const Value last = translation_.int_constant(-1);
    const Value key = arguments.empty() ? last : arguments[0];
    translation_.looks().look(key);
    if (!key.is_integral()) {
        return proceed(no_index(translation_, key, "list indices must be integers"));
    }
    return remove_at(list, key, true);
}

/// Takes the item at `key` away, and pushes it, or None.
bool Translator::remove_at(const Value& list, const Value& key, bool keeps_item) {
    if (list.shape == Shape::Sequence) {
        return remove_in_memory(list, key, keeps_item);
    }
    const auto size = static_cast<int64_t>(list.items().size());
    const std::optional<int64_t> known = translation_.known_int(key);
    if (size == 0) {
        return proceed(translation_.raises("IndexError", "pop from empty list"));
    }
    if (!known || is_in_any_loop()) {
        if (const std::optional<Value> sequence = to_sequence(translation_, list)) {
            replace_list(translation_, state_, list.node, *sequence);
            if (!freeze_items(list.items())) {
                return false;
            }
            return remove_in_memory(*sequence, key, keeps_item);
        }
        if (!known) {
            translation_.unsupported(kMixedItems, {}, kMixedItemsAdvice);
            return false;
        }
    }
    const int64_t index = *known < 0 ? *known + size : *known;
    if (index < 0 || index >= size) {
        return proceed(translation_.raises("IndexError", "pop index out of range"));
    }
    std::vector<Value> items = list.items();
    const Value item = items[static_cast<size_t>(index)];
    items.erase(items.begin() + index);
    replace_list(translation_, state_, list.node, translation_.row(Shape::List, std::move(items)));
    push(keeps_item ? item : none_value());
    return true;
}

bool Translator::remove_in_memory(const Value& list, const Value& key, bool keeps_item) {
    Translation& t = translation_;
    const KindRef kind = list.node->kind;
    const ValueId length = length_of(list), given = to_int(t, key), one = t.constant(int64_t{1});
    if (kind->item->tag == Tag::Never) {
        return proceed(t.raises("IndexError", "pop from empty list"));
    }
    Outcomes ways = out_of_range(t, given, length, "list");
    const ValueId index = from_start(t, given, length);
    t.guard(t.emit(Op::ILe, {t.constant(int64_t{0}), index}));
    t.guard(t.emit(Op::ILt, {index, length}));
    const Value item = keeps_item ? item_at(t, list, index) : none_value();
    const ValueId shorter = t.emit(Op::ISub, {length, one});
    Value made;
    if (t.known_int(key) == -1) {
        made = dynamic_value(t, kind, address_of(list), shorter);
    } else {
        const ValueId place = t.emit(Op::Reserve, {bytes_of(t, kind->item, length)});
        const ValueId behind = t.emit(Op::ISub, {shorter, index}), zero = t.constant(int64_t{0});
        copy_items(t, kind->item, place, zero, address_of(list), zero, index);
        copy_items(t, kind->item, place, index, address_of(list), t.emit(Op::IAdd, {index, one}), behind);
        made = dynamic_value(t, kind, place, shorter);
    }
    if (!ways.empty()) {  // the state of those who raise has the list as it was
        const ir::BlockId block = t.builder().block();
        const State after = state_;
        for (const Outcome& way : ways) {
            t.enter(way.block);
            raise(way.value);
            state_ = after;
            set_places();
        }
        t.enter(block);
        look_for_handlers();
    }
    replace_list(t, state_, list.node, made);
    push(item);
    return true;
}

bool Translator::insert_item(const Value& list, const Value& key, const Value& item) {
    Translation& t = translation_;
    t.looks().look(key);
    if (!key.is_integral() || item.is_iterator()) {
        t.unsupported("inserting these values", {}, "insert numbers, text or rows at an int");
        return false;
    }
    const std::optional<int64_t> known = t.known_int(key);
    if (list.shape == Shape::List && known && !is_in_any_loop()) {
        const auto size = static_cast<int64_t>(list.items().size());
        const int64_t index = std::clamp<int64_t>(*known < 0 ? *known + size : *known, 0, size);
        std::vector<Value> items = list.items();
        items.insert(items.begin() + index, item);
        replace_list(t, state_, list.node, t.row(Shape::List, std::move(items)));
        push(none_value());
        return true;
    }
    const std::optional<Value> longer = grown(list, item, true, ir::kNoValue);
    if (!longer) {
        t.unsupported(kMixedItems, {}, kMixedItemsAdvice);
        return false;
    }
    const KindRef stored = longer->node->kind->item;
    const ValueId one = t.constant(int64_t{1}), zero = t.constant(int64_t{0});
    const ValueId length = t.emit(Op::ISub, {length_of(*longer), one});
    const ValueId index = clamped(t, from_start(t, to_int(t, key), length), zero, length);
    const ValueId place = t.emit(Op::Reserve, {bytes_of(t, stored, length_of(*longer))});
    const ValueId behind = t.emit(Op::IAdd, {index, one});
    copy_items(t, stored, place, zero, address_of(*longer), zero, index);
    copy_items(t, stored, place, index, address_of(*longer), length, one);
    copy_items(t, stored, place, behind, address_of(*longer), index, t.emit(Op::ISub, {length, index}));
    replace_list(t, state_, list.node, dynamic_value(t, longer->node->kind, place, length_of(*longer)));
    push(none_value());
    std::vector<Value> items = list.shape == Shape::List ? list.items() : std::vector<Value>{};
    items.push_back(item);
    return freeze_items(items);
}

bool Translator::sort_list(const Value& list, std::span<const KeywordArgument> keywords) {
    Value key = none_value();
    std::optional<int64_t> is_reverse = 0;
    for (const KeywordArgument& keyword : keywords) {
        if (keyword.name == "reverse") {
            is_reverse = translation_.known_int(keyword.value);
        } else if (keyword.name == "key") {
            key = keyword.value;
        }
    }
    std::optional<Value> source = list;
    const bool is_plain = key.shape == Shape::None;
    const bool is_few = list.shape == Shape::List && is_plain && is_reverse;
    if (const auto few = is_few ? sorted_numbers(translation_, list.items(), *is_reverse != 0) : std::nullopt) {
        replace_list(translation_, state_, list.node, translation_.row(Shape::List, *few));
        push(none_value());
        return true;
    }
    if (list.shape == Shape::List && is_plain) {
        source = to_sequence(translation_, list);
    }
    if (list.shape == Shape::List && source && source->shape == Shape::Sequence && !freeze_items(list.items())) {
        return false;
    }
    if (!source || !is_reverse) {
        translation_.unsupported("sorting this list in place", {}, "give all items one type");
        return false;
    }
    if (!is_plain) {
        return replace_by(list, "sorted_by", {*source, key, translation_.bool_constant(*is_reverse != 0)},
                          Ending::Replace);
    }
    return replace_by(list, *is_reverse ? "sorted_falling" : "sorted_items", {*source}, Ending::Replace);
}

/// Follows a function of the prelude; `ending` says what its result does to the list.
bool Translator::replace_by(const Value& list, std::string_view function, std::vector<Value> arguments, Ending ending) {
    push(list);
    const Outcomes way = translation_.follow(function, std::move(arguments));
    if (!enter_function(way.front().value, way.front().arguments, {})) {
        return false;
    }
    frame().ending = ending;
    return true;
}

/// The end of a function that `replace_by` entered.
bool Translator::leave_list_method(const Value& value) {
    const Ending ending = frame().ending;
    state_.frames.pop_back();
    set_places();
    look_for_handlers();
    const Value list = pop();
    if (ending == Ending::Place) {
        push(place_in(list, value.leaf));
    } else if (ending == Ending::RemoveAt) {
        if (!remove_at(list, value, false)) {
            return false;
        }
    } else {
        replace_list(translation_, state_, list.node, value);
        push(none_value());
    }
    leave_for_version();
    return false;
}

/// `del list[key]`
bool Translator::delete_item() {
    const Value key = pop(), list = pop();
    translation_.looks().look(key);
    if (auto way = class_method(translation_, "__delitem__", {list, key})) {
        return follow_for_effect(std::move(*way));
    }
    refuse_if_not_own(list);
    if (is_dict(list) || list.shape == Shape::Mapping || is_hash_table(list)) {
        return delete_key(list, key);
    }
    if (!list.is_list()) {
        translation_.unsupported("del statement on an item of a " + quoted(type_name(list)), {},
                                 is_array(list) ? "delete it outside the function" : "build a new one without it");
        return false;
    }
    if (!may_resize(list)) {
        return false;
    }
    if (!key.is_integral()) {
        translation_.unsupported("del statement on a slice", {}, "build a new list");
        return false;
    }
    if (!remove_at(list, key, false)) {
        return false;
    }
    pop();
    return true;
}

}  // namespace pp::frontend
