/// Lists that grow: by comprehensions, generators, append(), extend() and '+='. Where nothing but unrolled loops stand
/// around, the new list has one more item in its kind; in any other loop it becomes a sequence in memory.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "frontend/changes.h"
#include "frontend/lazy_iterators.h"
#include "frontend/operators.h"
#include "frontend/rows.h"
#include "frontend/sequences.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// Room that a list gets at the most before it is known to be needed.
constexpr int64_t kMostExpected = 4096;

bool is_open_loop(const Value& entry) {
    return entry.shape == Shape::RangeIterator || entry.shape == Shape::SequenceIterator;
}

/// Whether items lie in a list of `to` as they lay in one of `from`; of never, there are none.
bool may_stay(KindRef from, KindRef to) {
    return from->tag == Tag::Never || is_stored_alike(from, to);
}

/// Whether an iterator over `source` takes items of the list.
bool is_taken_from(const Value& source, const Node* list) {
    return (source.is_list() && source.node == list) ||
           (source.shape == Shape::View && std::any_of(source.items().begin(), source.items().end(),
                                                       [&](const Value& each) { return is_taken_from(each, list); }));
}

bool is_fresh(const Value& list) {
    return list.origin == NodeOrigin{} && !list.is_captured && !list.is_held;
}

/// The lists that are `value` or in it; items in memory are not looked at.
void find_lists(const Value& value, std::vector<Value>& lists) {
    if (value.is_list()) {
        lists.push_back(value);
    }
    if (value.is_row()) {
        for (const Value& item : value.items()) {
            find_lists(item, lists);
        }
    }
}

}  // namespace

/// Whether the current frame is in a loop of unknown length that began after the list at `place` was put on the stack.
bool Translator::is_in_loop(size_t place) const {
    const Frame& top = state_.frames.back();
    const auto list = top.stack.begin() + static_cast<std::ptrdiff_t>(place);
    return std::any_of(list, top.stack.end(), is_open_loop) || top.analysis->is_in_while(top.operation - 1);
}

bool Translator::is_in_any_loop() const {
    return std::any_of(state_.frames.begin(), state_.frames.end(), [](const Frame& frame) {
        return std::any_of(frame.stack.begin(), frame.stack.end(), is_open_loop) ||
               frame.analysis->is_in_while(frame.operation - 1);
    });
}

/// Whether a loop runs over the list, which CPython would let see it change.
bool Translator::is_iterated(const Node* list) const {
    return std::any_of(state_.frames.begin(), state_.frames.end(), [&](const Frame& frame) {
        return std::any_of(frame.stack.begin(), frame.stack.end(), [&](const Value& entry) {
            return (entry.shape == Shape::SequenceIterator || entry.shape == Shape::RowIterator) &&
                   std::any_of(entry.items().begin(), entry.items().end(),
                               [&](const Value& source) { return is_taken_from(source, list); });
        });
    });
}

/// How many items the innermost loop is going to give, as far as that may be room for a list; kNoValue if unknown.
ValueId Translator::expected_items() const {
    const std::vector<Value>& stack = state_.frames.back().stack;
    const auto loop = std::find_if(stack.rbegin(), stack.rend(), is_open_loop);
    if (loop == stack.rend() || loop->shape != Shape::SequenceIterator || !loop->items()[1].is_dynamic()) {
        return ir::kNoValue;
    }
    return length_of(loop->items()[1]);
}

/// `list` with one more item; nothing where that has no compiled form.
std::optional<Value> Translator::grown(const Value& list, const Value& item, bool is_in_loop, ValueId room) {
    Translation& t = translation_;
    if (list.shape == Shape::List && !is_in_loop) {
        std::vector<Value> items = list.items();
        items.push_back(item);
        return t.row(Shape::List, std::move(items));
    }
    const Value text = as_text(t, item);
    Value stored = text.is_null() ? item : text;
    if (stored.shape == Shape::List && stored.items().empty()) {
        const ValueId zero = t.constant(int64_t{0});
        stored = dynamic_value(t, list_of_kind(never_kind()), t.emit(Op::Reserve, {zero}), zero);
    }
    t.looks().look(item);
    KindRef kind = kind_of(stored);
    if (!kind) {
        return std::nullopt;
    }
    Value sequence = list;
    if (list.shape == Shape::List) {
        ValueId enough = t.constant(static_cast<int64_t>(list.items().size() + 1));
        if (room != ir::kNoValue) {
            const ValueId most = t.constant(kMostExpected);
            room = t.emit(Op::Select, {t.emit(Op::ILt, {room, most}), room, most});
            enough = t.emit(Op::Select, {t.emit(Op::ILt, {room, enough}), enough, room});
        }
        const std::optional<Value> made = to_sequence(t, list, kind, enough);
        if (!made) {
            return std::nullopt;
        }
        sequence = *made;
    }
    const KindRef old = sequence.node->kind->item;
    const KindRef both = join(old, kind);
    const std::optional<Value> fitting = both && may_stay(old, both) ? as_kind(t, stored, both) : std::nullopt;
    if (!fitting) {
        return std::nullopt;
    }
    const ValueId length = length_of(sequence);
    const ValueId longer = t.emit(Op::IAdd, {length, t.constant(int64_t{1})});
    const ValueId used = bytes_of(t, both, length);
    const ValueId address = t.emit(Op::Extend, {address_of(sequence), used, bytes_of(t, both, longer)});
    frontend::store_item(t, *fitting, address, used);
    return dynamic_value(t, list_of_kind(both), address, longer);
}

/// Lists that a list in memory holds are no longer known one by one: all that still names them may only look at them.
/// False, with the path ended, where the list's identity matters.
bool Translator::freeze_lists(const Value& item) {
    std::vector<Value> lists;
    find_lists(item, lists);
    std::vector<const Node*> nodes;
    for (const Value& list : lists) {
        if (std::find(nodes.begin(), nodes.end(), list.node) != nodes.end()) {
            translation_.unsupported("keeping one list in two places of a list of computed length",
                                     "they would no longer be the same list", "make a list for each place");
            return false;
        }
        nodes.push_back(list.node);
        if (!is_fresh(list)) {
            translation_.unsupported("keeping a list from elsewhere in a list of computed length",
                                     "it would no longer be the same list", "keep a tuple, or a new list");
            return false;
        }
        Value frozen = list;
        frozen.is_held = true;
        replace_list(translation_, state_, list.node, frozen);
    }
    return true;
}

/// Appends to the list at `place` on the stack, which nobody else holds.
bool Translator::append_to(size_t place, const Value& value) {
    if (value.is_iterator()) {
        translation_.unsupported("keeping an iterator", {}, "make it a tuple");
        return false;
    }
    const std::optional<Value> longer = grown(frame().stack[place], value, is_in_loop(place), expected_items());
    if (!longer) {
        translation_.unsupported(kMixedItems, {}, kMixedItemsAdvice);
        return false;
    }
    const Value list = frame().stack[place];
    frame().stack[place] = *longer;
    std::vector<Value> stored = list.shape == Shape::List ? list.items() : std::vector<Value>{};
    stored.push_back(value);
    return longer->shape == Shape::List || freeze_items(stored);
}

/// list.append(list, item) and list.extend(list, items), `method` says which: the state's lists are changed, and None
/// is pushed.
bool Translator::change_list(std::string_view method, std::span<const Value> arguments) {
    if (arguments.size() != 2) {
        translation_.raises(std::string(method) + "() takes exactly one argument");
        return false;
    }
    const Value list = arguments[0];
    if (list.is_list()) {
        refuse_if_not_own(list);
    }
    if (std::any_of(state_.frames.begin(), state_.frames.end(), holds_iterator)) {
        translation_.unsupported("changing a list while a variable holds an iterator", {}, "iterate directly");
        return false;
    }
    if (list.is_list() && is_seen_by_generator(translation_, state_, list.node, arguments[1])) {
        translation_.unsupported("changing a list that a generator sees",
                                 "the generator is run at once, not as its items are taken", "use a loop");
        return false;
    }
    if (list.is_list() && list.origin != NodeOrigin{}) {
        translation_.unsupported("changing the length or order of an element's list", {},
                                 "assign to its items, or build a new list");
        return false;
    }
    if (!list.is_list() || !is_fresh(list)) {
        translation_.unsupported("changing a list that another list holds", "it is not known which one it is",
                                 "change it before it is appended");
        return false;
    }
    Value longer = list;
    std::vector<Value> items;
    if (method == "list.append") {
        items.push_back(arguments[1]);
    } else {
        translation_.looks().look_into(arguments[1]);
        if (!try_items(translation_, arguments[1], items)) {
            return extend_list(list, arguments[1]);
        }
    }
    for (const Value& item : items) {
        const std::optional<Value> next =
            item.is_iterator() ? std::nullopt : grown(longer, item, is_in_any_loop(), ir::kNoValue);
        if (!next) {
            translation_.unsupported(kMixedItems, {}, kMixedItemsAdvice);
            return false;
        }
        longer = *next;
    }
    if (longer.shape == Shape::Sequence && is_iterated(list.node)) {
        translation_.unsupported("a list that grows while a loop runs over it", {}, "loop over a copy, list(...)");
        return false;
    }
    replace_list(translation_, state_, list.node, longer);
    if (list.shape == Shape::List) {
        items.insert(items.end(), list.items().begin(), list.items().end());
    }
    if (longer.shape == Shape::Sequence && !freeze_items(items)) {
        return false;
    }
    push(none_value());
    return true;
}

/// Appends all items of what has no items known one by one.
bool Translator::extend_list(const Value& list, const Value& items) {
    const Value source = indexable_of(translation_, items);
    if (source.shape != Shape::Sequence || holds_lists(source.node->kind->item)) {
        translation_.unsupported("extending a list by a " + quoted(type_name(items)), {},
                                 items.shape == Shape::Range || items.shape == Shape::View ? "write list(...) around it"
                                                                                           : "append in a loop");
        return false;
    }
    if (is_iterated(list.node)) {
        translation_.unsupported("a list that grows while a loop runs over it", {}, "loop over a copy, list(...)");
        return false;
    }
    Translation& t = translation_;
    const KindRef item = source.node->kind->item;
    const std::optional<Value> own = list.shape == Shape::List ? to_sequence(t, list, item) : list;
    const KindRef both = own ? join(own->node->kind->item, item) : nullptr;
    if (!both || !may_stay(own->node->kind->item, both) || !is_stored_alike(item, both)) {
        t.unsupported(kMixedItems, {}, kMixedItemsAdvice);
        return false;
    }
    const ValueId length = t.emit(Op::IAdd, {length_of(*own), length_of(source)});
    const ValueId used = bytes_of(t, both, length_of(*own));
    const ValueId address = t.emit(Op::Extend, {address_of(*own), used, bytes_of(t, both, length)});
    t.emit(Op::Copy, {t.emit(Op::IAdd, {address, used}), address_of(source), bytes_of(t, item, length_of(source))},
           ir::Units{1, 1}.immediate());
    replace_list(t, state_, list.node, dynamic_value(t, list_of_kind(both), address, length));
    push(none_value());
    return list.shape != Shape::List || freeze_items(list.items());
}

}  // namespace pp::frontend
