/// Changing objects: assignments to items, and who may be changed.
#include <optional>
#include <string>
#include <utility>

#include "frontend/arrays.h"
#include "frontend/changes.h"
#include "frontend/hash_tables.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/rows.h"
#include "frontend/sequences.h"
#include "frontend/translator.h"

namespace pp::frontend {

using ir::Op;
using ir::ValueId;

bool Translator::store_item() {
    const Value key = pop(), list = pop(), value = pop();
    translation_.looks().look(key);
    if (list.shape == Shape::Place) {
        return store_in_place(list, key, value);
    }
    if (auto way = class_method(translation_, "__setitem__", {list, key, value})) {
        return follow_for_effect(std::move(*way));
    }
    if (list.is_number() || list.shape == Shape::Tuple || list.shape == Shape::None || list.shape == Shape::Function) {
        translation_.raises(quoted(type_name(list)) + " object does not support item assignment");
        return false;
    }
    if (list.shape == Shape::Sequence && !list.is_list()) {
        return store_in_memory(list, key, value);
    }
    if (is_array(list) && changes_elements_) {
        return store_in_array(list, key, value);
    }
    refuse_if_not_own(list);
    if (list.shape == Shape::Sequence) {
        return store_in_memory(list, key, value);
    }
    if (is_dict(list)) {
        return store_key(list, key, value);
    }
    if (list.shape == Shape::Mapping || is_hash_table(list)) {
        return store_in_table(list, key, value);
    }
    if (list.shape != Shape::List) {
        translation_.unsupported("changing an item of a " + quoted(type_name(list)), {}, {});
        return false;
    }
    if (!may_change(list)) {
        return false;
    }
    if (!key.is_integral()) {
        key.shape == Shape::Slice
            ? translation_.unsupported("changing a slice", {}, "assign to its items one by one")
            : translation_.raises("list indices must be integers or slices, not " + type_name(key));
        return false;
    }
    const auto size = static_cast<int64_t>(list.items().size());
    const std::optional<int64_t> known = translation_.known_int(key);
    if (!known && size > 0) {
        return store_at_run_time(list, value, to_int(translation_, key));
    }
    const int64_t index = known.value_or(size) < 0 ? *known + size : known.value_or(size);
    if (index < 0 || index >= size) {
        translation_.raises("list assignment index out of range");
        return false;
    }
    return set_item(state_, list, static_cast<size_t>(index), value);
}

/// `dict["key"] = value`: other keys than those it has only where the function made it.
bool Translator::store_key(const Value& dict, const Value& key, const Value& value) {
    if (dict.is_held) {
        return store_key_in_array(dict, key, value);
    }
    if (!may_change(dict)) {
        return false;
    }
    const std::string* text = constant_text(key);
    const bool is_own = dict.origin == NodeOrigin{} && dict.node->record->form == RecordForm::Dict;
    if (is_own && (!text || dict.node->record->find(*text) == RecordShape::kNoField)) {
        return store_in_table(dict, key, value);
    }
    if (!text) {
        translation_.unsupported("a key that is no constant text", "the keys of a dict are part of its type",
                                 "write the key where it is used");
        return false;
    }
    translation_.looks().look_into(dict);
    if (field(translation_, dict, *text).is_null()) {
        translation_.unsupported("a new key " + quoted(*text) + " of a dict", "the keys of a dict are part of its type",
                                 "assign to keys that are there");
        return false;
    }
    return set_item(state_, dict, dict.node->record->find(*text), value);
}

/// Into a list of computed length: its items are where they are for all who name the list.
bool Translator::store_in_memory(const Value& list, const Value& key, const Value& value) {
    if (!list.is_list()) {
        translation_.raises("'tuple' object does not support item assignment");
        return false;
    }
    if (!may_change(list)) {
        return false;
    }
    if (!key.is_integral()) {
        translation_.unsupported("changing a slice", {}, "assign to its items one by one");
        return false;
    }
    const Value text = as_text(translation_, value);
    const KindRef item = list.node->kind->item;
    const std::optional<Value> stored = as_kind(translation_, text.is_null() ? value : text, item);
    if (!stored) {
        translation_.unsupported(kMixedItems, {}, kMixedItemsAdvice);
        return false;
    }
    const Value length = int_value(length_of(list));
    const ValueId given = to_int(translation_, key), zero = translation_.constant(int64_t{0});
    const ValueId from_end = translation_.emit(Op::IAdd, {given, length.leaf});
    const ValueId index = translation_.emit(Op::Select, {translation_.emit(Op::ILt, {given, zero}), from_end, given});
    translation_.guard(translation_.emit(Op::ILe, {zero, index}));
    translation_.guard(translation_.emit(Op::ILt, {index, length.leaf}));
    frontend::store_item(translation_, *stored, address_of(list), bytes_of(translation_, item, index));
    return freeze_lists(value);
}

/// Each item may be the one: a choice where old and new can be chosen between, else a path for each.
bool Translator::store_at_run_time(const Value& list, const Value& value, ValueId key) {
    const std::vector<Value>& items = list.items();
    bool selects = true;
    for (size_t i = 0; i < items.size(); ++i) {
        if (!may_replace(list, i, value)) {
            return false;
        }
        selects = selects && is_selectable(items[i], value);
    }
    const ValueId index = position_at_run_time(translation_, key, static_cast<int64_t>(items.size()));
    const auto is_at = [&](size_t i) {
        return translation_.emit(Op::IEq, {index, translation_.constant(static_cast<int64_t>(i))});
    };
    if (selects) {
        std::vector<Value> chosen;
        for (size_t i = 0; i < items.size(); ++i) {
            chosen.push_back(select_value(translation_, is_at(i), value, items[i]));
        }
        set_items(translation_, state_, list, std::move(chosen));
        return true;
    }
    for (size_t i = 0; i + 1 < items.size(); ++i) {
        State leaving = state_;
        if (!set_item(leaving, list, i, value)) {
            return false;
        }
        leave_where(is_at(i), true, std::move(leaving));
    }
    return set_item(state_, list, items.size() - 1, value);
}

bool Translator::set_item(State& state, const Value& list, size_t index, const Value& value) {
    if (!may_replace(list, index, value)) {
        return false;
    }
    std::vector<Value> items = list.items();
    items[index] = value;
    set_items(translation_, state, list, std::move(items));
    return true;
}

/// Whether the value may take the place of the item; ends the path where that has no compiled form.
bool Translator::may_replace(const Value& list, size_t index, const Value& value) {
    if (!kind_of(value)) {
        translation_.unsupported("keeping a " + quoted(type_name(value)) + " in a " + quoted(type_name(list)), {},
                                 "keep numbers, None, text, or tuples and lists of these");
        return false;
    }
    if (refers_to(value, list.node)) {
        translation_.unsupported("an object within itself", {});
        return false;
    }
    if (is_awaited(state_, list.items()[index])) {
        translation_.unsupported("changing an item that an iterator has yet to give",
                                 "what enumerate(), zip(), reversed() and generators give is taken at once",
                                 "iterate over the list itself or over range()");
        return false;
    }
    return true;
}

/// Whether the list may be changed; ends the path where that has no compiled form.
bool Translator::may_change(const Value& object) {
    refuse_if_not_own(object);
    if (object.is_held && object.shape == Shape::Record) {
        translation_.unsupported("changing which keys a " + quoted(type_name(object)) + " in an Array has", {},
                                 "assign to keys that are there");
        return false;
    }
    if (object.is_held) {
        translation_.unsupported("changing a list that another list holds", "it is not known which one it is",
                                 "change it before it is appended");
        return false;
    }
    if (object.node && is_in_place(object.node)) {
        translation_.unsupported("changing a list while one of its items is about to be changed", {},
                                 "change one after the other");
        return false;
    }
    if (has_generator()) {
        translation_.unsupported("changing an item while a generator runs",
                                 "the generator is run at once, not as its items are taken", "use a loop");
        return false;
    }
    return true;
}

/// What all elements share must not be changed, nor an element by map, not even where CPython computes it.
void Translator::refuse_if_not_own(const Value& object) {
    if (is_array(object)) {
        if (!changes_elements_) {
            translation_.refuse("changing an Array from outside the function in map()",
                                "map computes new values and leaves all others alone",
                                "call parallel_party.for_each(), which may assign to its elements");
        }
        return;
    }
    if (object.is_captured) {
        const std::string_view in_for_each = "return the values with map(), or write them into the elements; an Array, "
                                             "parallel_party.array(), can be written to";
        translation_.refuse("changing a " + type_name(object) + " from outside the function", "all elements share it",
                            changes_elements_ ? in_for_each
                                              : "return the values, or write them into the elements with "
                                                "parallel_party.for_each()");
    }
    const bool is_given = object.origin != NodeOrigin{} || (object.is_held && object.shape == Shape::Record);
    if (!changes_elements_ && (object.is_list() || is_changeable(object)) && is_given) {
        translation_.refuse("changing an element in map()", "map computes new values and leaves its elements alone",
                            "call parallel_party.for_each(), or build a new row and return it");
    }
}

/// `a[i] += x` loads the item first, and may come no further than that.
void Translator::refuse_item_of_not_own() {
    const std::vector<Operation>& operations = frame().analysis->operations();
    const uint32_t index = frame().operation - 1;
    const std::vector<Value>& stack = frame().stack;
    const bool is_augmented = index > 0 && operations[index - 1].op == Canon::Copy && stack.size() >= 4;
    if (is_augmented && stack[stack.size() - 4] == stack[stack.size() - 2]) {
        refuse_if_not_own(stack[stack.size() - 2]);
    }
}

/// `object` has been loaded, and nothing but an assignment to one of its attributes comes of that.
void Translator::refuse_attribute_assignment(const Value& object) {
    const std::vector<Operation>& operations = frame().analysis->operations();
    const uint32_t next = frame().operation;
    const bool is_augmented = operations[next].op == Canon::Copy && next + 1 < operations.size() &&
                              operations[next + 1].op == Canon::Attribute;
    if (operations[next].op == Canon::StoreAttribute || is_augmented) {
        refuse_attribute_of_not_own(object);
    }
}

/// Objects that compiled code cannot use come from outside.
void Translator::refuse_attribute_of_not_own(const Value& object) {
    const bool is_mark = object.shape == Shape::Object && object.node->name == "object";
    if (object.shape == Shape::Opaque || is_mark) {
        translation_.refuse("changing an attribute of a " + quoted(object.node->name) + " from outside the function",
                            "all elements share it", "return the value");
    }
}

}  // namespace pp::frontend
