/// Lists that lie in a list or a dict in memory, changed there: `rows[i][j] = x`, `groups[key].append(x)`. What
/// `rows[i]` gives is one of many lists, so that it can only be looked at. Where the change is made to that very value,
/// a Place stands for it on the stack until then: which list holds it, and at what position.
#include <algorithm>
#include <utility>

#include "frontend/attributes.h"
#include "frontend/bytecode_graph.h"
#include "frontend/changes.h"
#include "frontend/hash_tables.h"
#include "frontend/operators.h"
#include "frontend/sequences.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// A list in memory that the function made.
bool is_own_in_memory(const Value& list) {
    return list.is_list() && list.shape == Shape::Sequence && list.origin == NodeOrigin{} && !list.is_captured &&
           !list.is_read_only;
}

/// Whether all items lie one behind the other, each as an item of a list in memory does.
bool is_uniform_row(KindRef kind) {
    const auto is_first = [&](KindRef item) { return item == kind->items.front(); };
    return kind->tag == Tag::List && !kind->items.empty() &&
           std::all_of(kind->items.begin(), kind->items.end(), is_first) &&
           item_bytes(kind) == kind->items.size() * item_bytes(kind->items.front());
}

bool holds_changeable_lists(const Value& list) {
    const KindRef item = list.node->kind->item;
    return item->tag == Tag::ListOf || is_uniform_row(item);
}

const Value& list_of(const Value& place) {
    return place.items()[0];
}

/// Whether a list that is part of the value may be the one of kind `kind` that changes, but would not change with it:
/// one whose items were loaded, or, where the length changes, one whose address and length were.
bool would_be_stale(const Value& value, KindRef kind, bool length_changes) {
    if (!value.node || value.shape == Shape::Place) {
        return false;
    }
    const bool is_known_one = value.origin != NodeOrigin{} || value.is_captured || value.is_read_only;
    if (value.is_list() && value.is_held && !is_known_one) {
        if (value.shape == Shape::List) {
            return true;
        }
        const KindRef item = value.node->kind->item;
        if (length_changes && (item->tag == Tag::Never || kind->item->tag == Tag::Never || item == kind->item)) {
            return true;
        }
    }
    return std::any_of(value.items().begin(), value.items().end(),
                       [&](const Value& item) { return would_be_stale(item, kind, length_changes); });
}

bool holds_place_of(const Value& value, const Node* list) {
    if (value.shape == Shape::Method) {
        return holds_place_of(value.items().front(), list);
    }
    return value.shape == Shape::Place && list_of(value).node == list;
}

/// Whether what lies on the stack before the operation `first` is changed by an assignment to one of its items, or by a
/// method of lists, before anything else can come of it.
bool is_change_ahead(const CodeAnalysis& analysis, uint32_t first) {
    const std::vector<Operation>& operations = analysis.operations();
    int32_t above = 0;  // entries of the stack
    for (uint32_t i = first; i < operations.size(); ++i) {
        const Operation& operation = operations[i];
        const bool jumps = operation.op == Canon::Jump || operation.op == Canon::JumpIfTrue ||
                           operation.op == Canon::JumpIfFalse || operation.op == Canon::Next;
        if (jumps || analysis.is_target(i)) {
            return false;
        }
        if (operation.op == Canon::Swap) {
            above = above == 0 ? operation.argument - 1 : above == operation.argument - 1 ? 0 : above;
            continue;
        }
        if (operation.op == Canon::Copy && operation.argument == above + 1) {
            // rows[i][j] += x: the row and j are there twice while the item is loaded.
            if (above != 1 || i + 2 >= operations.size() || operations[i + 1].op != Canon::Copy ||
                operations[i + 1].argument != 2 || operations[i + 2].op != Canon::Subscript) {
                return false;
            }
            i += 2;
            above = 2;
            continue;
        }
        const StackEffect effect = stack_effect(operation);
        if (effect.pops > above) {
            const std::vector<std::string>& names = analysis.code().names;
            return operation.op == Canon::StoreSubscript
                       ? above == 1
                       : operation.op == Canon::CallableSelf && above == 0 &&
                             is_list_change("list." + names[static_cast<size_t>(operation.argument)]);
        }
        above += effect.pushes - effect.pops;
    }
    return false;
}

}  // namespace

/// Whether what the current operation gives is changed at once, or gets a name through which it is changed somewhere.
bool Translator::is_place_wanted() {
    const CodeAnalysis& analysis = *state_.frames.back().analysis;
    const uint32_t next = state_.frames.back().operation;
    const std::vector<Operation>& operations = analysis.operations();
    if (next < operations.size() && operations[next].op == Canon::StoreLocal) {
        return is_changed_by_name(analysis, operations[next].argument);
    }
    return is_change_ahead(analysis, next);
}

/// Whether the code changes what lies in a slot: `row.append(x)`, `row[i] = x`.
bool Translator::is_changed_by_name(const CodeAnalysis& analysis, int32_t slot) {
    const auto [known, is_new] = changed_names_.try_emplace({&analysis, slot}, false);
    for (uint32_t i = 0; is_new && i + 1 < analysis.operations().size(); ++i) {
        const Operation& operation = analysis.operations()[i];
        known->second = known->second || (operation.op == Canon::Local && operation.argument == slot &&
                                          is_change_ahead(analysis, i + 1));
    }
    return known->second;
}

/// What a name stands for that was given a Place: the Place where that is about to be changed, else the list there.
Value Translator::named_list(const Value& place) {
    return is_change_ahead(*frame().analysis, frame().operation) ? place : list_in(place);
}

/// The next item of a loop as a Place, where it is one of lists in memory that are changed by its name.
std::optional<Value> Translator::place_of_next(const Value& source, ValueId position) {
    const bool is_held = is_own_in_memory(source) && holds_changeable_lists(source) && is_place_wanted();
    return is_held ? std::optional(place_in(source, position)) : std::nullopt;
}

Value Translator::place_in(const Value& list, ValueId position) {
    Node& node = translation_.node();
    node.items = {list, int_value(position)};
    return {.shape = Shape::Place, .node = &node};
}

/// The list in memory, of lists that are all of one kind; where it is not there yet, it gets there if they can.
std::optional<Value> Translator::as_list_of_lists(const Value& list) {
    if (list.shape != Shape::List || list.origin != NodeOrigin{} || list.is_captured || list.is_held) {
        return is_own_in_memory(list) && holds_changeable_lists(list) ? std::optional(list) : std::nullopt;
    }
    KindRef item = never_kind();
    for (const Value& each : list.items()) {
        const KindRef kind = each.is_list() ? kind_of(each) : nullptr;
        const std::vector<KindRef> one = kind && kind->item ? std::vector{kind->item} : std::vector<KindRef>{};
        for (KindRef inner : kind && kind->tag == Tag::List ? kind->items : one) {
            item = item ? join(item, inner) : nullptr;
        }
        item = kind ? item : nullptr;
    }
    if (list.items().empty() || !item || !item->is_plain || is_iterated(list.node)) {
        return std::nullopt;
    }
    const std::optional<Value> made = to_sequence(translation_, list, list_of_kind(item));
    if (!made || made->node->kind->item->tag != Tag::ListOf) {
        return std::nullopt;
    }
    replace_list(translation_, state_, list.node, *made);
    return made;
}

/// Pushes a Place for `container[key]`; nothing where it has none.
std::optional<bool> Translator::push_place(const Value& container, const Value& key) {
    if (is_hash_dict(container)) {
        if (!is_own_in_memory(hash_values(container)) || !holds_changeable_lists(hash_values(container))) {
            return std::nullopt;
        }
        const Value plain = hash_key(translation_, key);
        return !plain.is_null() &&
               follow_to_place(container, "hash_number", {container.items()[0], hash_keys(container), plain});
    }
    if (!key.is_integral() || (container.shape == Shape::List && translation_.known_int(key))) {
        return std::nullopt;
    }
    const std::optional<Value> list = as_list_of_lists(container);
    if (!list) {
        return std::nullopt;
    }
    if (container.shape == Shape::List && !freeze_items(container.items())) {
        return false;
    }
    Translation& t = translation_;
    const ValueId given = to_int(t, key), length = length_of(*list), zero = t.constant(int64_t{0});
    const ValueId from_end = t.emit(Op::IAdd, {given, length});
    const ValueId index = t.emit(Op::Select, {t.emit(Op::ILt, {given, zero}), from_end, given});
    t.guard(t.emit(Op::ILe, {zero, index}));
    t.guard(t.emit(Op::ILt, {index, length}));
    push(place_in(*list, index));
    return true;
}

/// Follows a function of the prelude that gives the number of a value of `dict`: its Place is pushed in the end.
bool Translator::follow_to_place(const Value& dict, std::string_view function, std::vector<Value> arguments) {
    push(hash_values(dict));
    const Outcomes way = translation_.follow(function, std::move(arguments));
    if (way.empty() || !enter_function(way.front().value, way.front().arguments, {})) {
        return false;
    }
    frame().ending = Ending::Place;
    return true;
}

/// The list that lies there, to be looked at.
Value Translator::list_in(const Value& place) {
    Translation& t = translation_;
    const Value& list = list_of(place);
    const KindRef item = list.node->kind->item;
    const ValueId position = place.items()[1].leaf;
    if (item->tag == Tag::ListOf) {
        Value found = item_at(t, list, position);
        found.is_held = true;
        return found;
    }
    const ValueId address = t.emit(Op::IAdd, {address_of(list), bytes_of(t, item, position)});
    Value found = dynamic_value(t, list_of_kind(item->items.front()), address,
                                t.constant(static_cast<int64_t>(item->items.size())));
    found.is_held = true;
    return found;
}

/// Whether the list there may be changed: ends the path where something else that the state knows would not see it.
bool Translator::may_change_in(const Value& place, bool length_changes) {
    if (has_generator()) {
        translation_.unsupported("changing an item while a generator runs",
                                 "the generator is run at once, not as its items are taken", "use a loop");
        return false;
    }
    const KindRef kind = list_in(place).node->kind;
    const auto is_stale = [&](const Value& value) { return would_be_stale(value, kind, length_changes); };
    bool is_any = std::any_of(state_.cells.begin(), state_.cells.end(), is_stale);
    for (const Frame& each : state_.frames) {
        for (uint32_t slot = 0; slot < each.slots.size(); ++slot) {
            is_any = is_any || (each.analysis->is_live(each.operation, slot) && is_stale(each.slots[slot]));
        }
        is_any = is_any || std::any_of(each.stack.begin(), each.stack.end(), is_stale);
    }
    if (is_any) {
        translation_.unsupported("changing a list that another list holds, while a variable may hold it too",
                                 "it is not known which one it is", "use 'rows[i]' at each place");
    }
    return !is_any;
}

/// Whether a list within `list` is about to be changed, or has a name through which it may be.
bool Translator::is_in_place(const Node* list) const {
    const auto is_held = [&](const Value& value) { return holds_place_of(value, list); };
    return std::any_of(state_.frames.begin(), state_.frames.end(), [&](const Frame& each) {
        for (uint32_t slot = 0; slot < each.slots.size(); ++slot) {
            if (is_held(each.slots[slot]) && each.analysis->is_live(each.operation, slot)) {
                return true;
            }
        }
        return std::any_of(each.stack.begin(), each.stack.end(), is_held);
    });
}

/// `place[key] = value`
bool Translator::store_in_place(const Value& place, const Value& key, const Value& value) {
    if (!may_change_in(place, false)) {
        return false;
    }
    Value list = list_in(place);
    list.is_held = false;
    return store_in_memory(list, key, value);
}

/// A method that changes the list at a Place.
bool Translator::change_in_place(std::string_view name, std::span<const Value> arguments,
                                 std::span<const KeywordArgument> keywords) {
    constexpr std::string_view kMethods[] = {"list.append", "list.extend", "list.insert", "list.pop", "list.clear"};
    const Value place = arguments.front();
    if (list_of(place).node->kind->item->tag != Tag::ListOf ||
        std::find(std::begin(kMethods), std::end(kMethods), name) == std::end(kMethods)) {
        translation_.unsupported("changing a list that another list holds", "it is not known which one it is",
                                 "change it before it is appended");
        return false;
    }
    if (!may_change_in(place, true)) {
        return false;
    }
    std::vector<Value> given(arguments.begin(), arguments.end());
    given.front() = list_in(place);
    given.front().is_held = false;
    push(place);
    push(given.front());
    if (!call_list_method(name, given, keywords)) {
        return false;
    }
    const Value result = pop(), changed = pop();
    if (!put_in_place(pop(), changed)) {
        return false;
    }
    push(result);
    return true;
}

/// Puts a list that has changed back where it was.
bool Translator::put_in_place(const Value& place, const Value& changed) {
    Translation& t = translation_;
    const Value& list = list_of(place);
    const KindRef old = list.node->kind->item, made = kind_of(changed), both = made ? join(old, made) : nullptr;
    const bool fits = both && is_stored_alike(old, both) && (both == old || !list.is_held);
    const std::optional<Value> stored = fits ? as_kind(t, changed, both) : std::nullopt;
    if (!stored) {
        t.unsupported(kMixedItems, {}, kMixedItemsAdvice);
        return false;
    }
    frontend::store_item(t, *stored, address_of(list), bytes_of(t, both, place.items()[1].leaf));
    if (both != old) {
        replace_list(t, state_, list.node, dynamic_value(t, list_of_kind(both), address_of(list), length_of(list)));
    }
    return true;
}

/// The lists in `items` are no longer known one by one: they lie in memory by now.
bool Translator::freeze_items(std::span<const Value> items) {
    return freeze_lists(translation_.row(Shape::Tuple, {items.begin(), items.end()}));
}

}  // namespace pp::frontend
