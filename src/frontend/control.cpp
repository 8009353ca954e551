/// Where control goes: jumps, branches, loops over ranges and rows, returns, and operations with several ways on.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "frontend/changes.h"
#include "frontend/enums.h"
#include "frontend/lazy_iterators.h"
#include "frontend/library_classes.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/rows.h"
#include "frontend/sequences.h"
#include "frontend/tables.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// Ranges of known length are unrolled up to this length, so that `row[i]` finds its item while translating,
constexpr int64_t kLongestUnrolledRange = 8;
/// and as long as nested unrolled loops together do not exceed this.
constexpr int64_t kMostUnrolledIterations = 64;

/// Whether the range has another item, for an iterator's or a range's (next, stop, step).
ValueId has_next(Translation& t, const std::vector<Value>& items) {
    const ValueId next = items[0].leaf, stop = items[1].leaf;
    if (const std::optional<int64_t> step = t.known_int(items[2])) {
        const CompareOperator op = *step > 0 ? CompareOperator::Lt : CompareOperator::Gt;
        return compare_numbers(t, op, items[0], items[1]);
    }
    const ValueId is_up = t.emit(Op::ILt, {t.constant(int64_t{0}), items[2].leaf});
    return t.emit(Op::Select, {is_up, t.emit(Op::ILt, {next, stop}), t.emit(Op::ILt, {stop, next})});
}

/// Elements where next + step could leave 64 bits behind the last item are handed back before the loop begins.
void guard_range_end(Translation& t, const std::vector<Value>& items) {
    const std::optional<int64_t> step = t.known_int(items[2]), stop = t.known_int(items[1]);
    const ValueId one = t.constant(int64_t{1});
    if (!step) {
        const ValueId is_up = t.emit(Op::ILt, {t.constant(int64_t{0}), items[2].leaf});
        const ValueId beyond =
            t.emit(Op::Select, {is_up, t.emit(Op::ISub, {items[2].leaf, one}), t.emit(Op::IAdd, {items[2].leaf, one})});
        t.emit(Op::IAddChecked, {items[1].leaf, beyond});
        return;
    }
    const int64_t beyond = *step > 0 ? *step - 1 : *step + 1;
    int64_t sum = 0;
    if (beyond != 0 && (!stop || __builtin_add_overflow(*stop, beyond, &sum))) {
        t.emit(Op::IAddChecked, {items[1].leaf, t.constant(beyond)});
    }
}

bool is_in_class(Translation& t, const Value& instance, std::string_view name) {
    return t.environment().class_attribute(instance.node->record->class_id, name).kind != Binding::Kind::Missing;
}

/// The iterator on top is exhausted.
void leave_loop(Frame& frame, const Operation& operation) {
    const Value iterator = frame.stack.back();
    frame.stack.pop_back();
    if (operation.argument == 1) {
        const Value returned = returned_by(iterator);
        frame.stack.push_back(returned.is_null() ? none_value() : returned);
    }
    frame.operation = operation.target;
}

}  // namespace

/// Goes on with an operation's outcomes: one in the current version, several each in the version they lead to.
bool Translator::proceed(Outcomes outcomes) {
    if (outcomes.empty()) {
        return false;
    }
    const bool is_single = outcomes.size() == 1;
    State before = is_single ? State{} : std::move(state_);
    for (Outcome& outcome : outcomes) {
        translation_.enter(outcome.block);
        if (!is_single) {
            state_ = before;
            set_places();
        }
        bool goes_on = true;
        if (outcome.follows) {
            goes_on = enter_function(outcome.value, outcome.arguments, {});
        } else if (outcome.raises) {
            goes_on = raise(outcome.value);
        } else if (state_.frames.empty()) {
            end(outcome.value);
            goes_on = false;
        } else {
            push(outcome.value);
        }
        if (is_single) {
            return goes_on;
        }
        if (goes_on) {
            leave_for_version();
        }
    }
    return false;
}

void Translator::leave_for_version() {
    const ir::BlockId from = translation_.builder().block();
    translation_.builder().jump({});
    versions_.arrive(std::move(state_), from, 0);
}

bool Translator::jump(uint32_t target) {
    frame().operation = target;
    return true;
}

/// Where the condition is `when`, `leaving` leaves for its version; else the current state goes on in a new block.
void Translator::leave_where(ValueId condition, bool when, State leaving) {
    const ir::BlockId from = translation_.builder().block();
    const ir::BlockId block = translation_.builder().add_block();
    const ir::Edge stay{block, {}};
    translation_.builder().branch(condition, when ? ir::Edge{} : stay, when ? stay : ir::Edge{});
    versions_.arrive(std::move(leaving), from, when ? 0 : 1);
    translation_.enter(block);
}

/// The truth of an instance is what its class's `__bool__` says, else whether its `__len__` is not zero: that is
/// called, and the operation comes again, with what it answers. Nothing where the value's own truth counts.
std::optional<bool> Translator::ask_truth(const Value& value) {
    if (is_int_member(translation_, value) && as_plain_int(translation_, value, {"__bool__"}).shape == Shape::Int) {
        return std::nullopt;
    }
    for (const std::string_view name : {"__bool__", "__len__"}) {
        if (auto outcomes = class_method(translation_, name, {value})) {
            if (!outcomes->empty()) {
                --frame().operation;
            }
            return proceed(std::move(*outcomes));
        }
    }
    return std::nullopt;
}

bool Translator::branch(const Operation& operation) {
    const Value value = pop();
    translation_.looks().look_into(value);
    if (const std::optional<bool> goes_on = ask_truth(value)) {
        return *goes_on;
    }
    const ValueId condition = truth(translation_, value);
    if (condition == ir::kNoValue) {
        translation_.unsupported("the truth of a " + quoted(type_name(value)), {});
        return false;
    }
    const bool when = operation.op == Canon::JumpIfTrue;
    if (const std::optional<bool> known = translation_.known_bool(condition)) {
        may_change_others_ = true;
        return *known == when ? jump(operation.target) : true;
    }
    State leaving = state_;
    leaving.frames.back().operation = operation.target;
    leave_where(condition, when, std::move(leaving));
    return true;
}

/// How often the innermost code is repeated by the unrolled loops around it.
int64_t Translator::unrolled_iterations() const {
    int64_t iterations = 1;
    for (const Frame& frame : state_.frames) {
        for (const Value& value : frame.stack) {
            if (value.shape == Shape::RowIterator) {
                iterations *= std::max<int64_t>(1, static_cast<int64_t>(value.items().front().items().size()));
            }
        }
    }
    return iterations;
}

bool Translator::iterate() {
    const Value iterable = counts_of(translation_, pop());
    translation_.looks().look_into(iterable);
    std::vector<Value> items;
    if (iterable.shape == Shape::Range) {
        const int64_t length = iterable.node->length;
        if (length < 0 || length > kLongestUnrolledRange || length * unrolled_iterations() > kMostUnrolledIterations) {
            guard_range_end(translation_, iterable.items());
            Node& node = translation_.node();
            node.items = iterable.items();
            push({.shape = Shape::RangeIterator, .node = &node});
            return true;
        }
    }
    if (iterable.is_iterator()) {
        const auto is_generator = [](const Frame& each) { return (each.analysis->code().flags & kGenerator) != 0; };
        if (is_endless(iterable) && std::any_of(state_.frames.begin(), state_.frames.end(), is_generator)) {
            refuse_endless(translation_);
            return false;
        }
        push(iterable);
        return true;
    }
    if (iterable.shape == Shape::List) {  // the list itself: the loop sees what it changes
        Node& node = translation_.node();
        node.items = {iterable};
        push({.shape = Shape::RowIterator, .node = &node});
        return true;
    }
    if (is_instance_record(iterable) && is_in_class(translation_, iterable, "__next__")) {
        translation_.unsupported("iterating over a " + quoted(type_name(iterable)), "its class has a __next__",
                                 "write a generator, a function that yields");
        return false;
    }
    if (is_instance_record(iterable) && is_in_class(translation_, iterable, "__iter__")) {
        --frame().operation;  // it comes again, with what iter() gives
        return proceed(translation_.follow("over_first", {translation_.intrinsic("builtins.iter"), iterable}));
    }
    if (try_items(translation_, iterable, items)) {
        push(row_iterator(translation_, std::move(items)));
        return true;
    }
    if (const Value source = loop_source(translation_, iterable); !source.is_null()) {
        push(loop_iterator(translation_, source));
        return true;
    }
    if (iterable.is_number() || iterable.shape == Shape::None || iterable.shape == Shape::Function) {
        translation_.raises(quoted(type_name(iterable)) + " object is not iterable");
    } else {
        translation_.unsupported("iterating over a " + quoted(type_name(iterable)), {},
                                 array_instead(iterable, "iterate over range(), tuples and lists"));
    }
    return false;
}

bool Translator::next_item(const Operation& operation) {
    const Value iterator = frame().stack.back();
    Node& advanced = translation_.node();
    if (iterator.shape == Shape::RowIterator) {
        const std::vector<Value>& items = iterator.items().front().items();
        const auto position = static_cast<size_t>(iterator.node->position);
        if (position >= items.size()) {
            leave_loop(frame(), operation);
            return true;
        }
        advanced.items = iterator.items();
        advanced.position = iterator.node->position + 1;
        advanced.is_lazy = iterator.node->is_lazy;
        frame().stack.back().node = &advanced;
        push(items[position]);
        return true;
    }
    if (iterator.shape == Shape::SequenceIterator) {
        return next_of_sequence(operation, iterator);
    }
    PP_CHECK(iterator.shape == Shape::RangeIterator);
    const std::vector<Value>& items = iterator.items();
    const ValueId goes_on = has_next(translation_, items);
    const std::optional<bool> known = translation_.known_bool(goes_on);
    if (known == false) {
        leave_loop(frame(), operation);
        return true;
    }
    if (!known) {
        State leaving = state_;
        leave_loop(leaving.frames.back(), operation);
        leave_where(goes_on, false, std::move(leaving));
    }
    const ValueId next = translation_.emit(Op::IAdd, {items[0].leaf, items[2].leaf});
    advanced.items = {int_value(next), items[1], items[2]};
    frame().stack.back().node = &advanced;
    push(int_value(items[0].leaf));
    return true;
}

bool Translator::next_of_sequence(const Operation& operation, const Value& iterator) {
    const ValueId position = iterator.items()[0].leaf;
    const Value source = iterator.items()[1];
    if (source.shape == Shape::View && source.node->name == "groups") {
        take_groups();
    }
    const ValueId count = count_of_mixed(translation_, source);
    if (translation_.known_int(int_value(count)) == 0) {
        leave_loop(frame(), operation);
        return true;
    }
    const ValueId goes_on = translation_.emit(Op::ILt, {position, count});
    State leaving = state_;
    leave_loop(leaving.frames.back(), operation);
    leave_where(goes_on, false, std::move(leaving));
    Node& advanced = translation_.node();
    advanced = *iterator.node;
    advanced.items[0] = int_value(translation_.emit(Op::IAdd, {position, translation_.constant(int64_t{1})}));
    frame().stack.back().node = &advanced;
    if (const std::optional<Value> place = place_of_next(source, position)) {
        push(*place);
        return true;
    }
    return proceed(items_at(translation_, source, position));
}

/// Whether a generator is being run, or its items wait to be taken.
bool Translator::has_generator() const {
    const auto is_lazy = [](const Value& value) { return value.is_iterator() && value.node->is_lazy; };
    return std::any_of(state_.frames.begin(), state_.frames.end(), [&](const Frame& frame) {
        return (frame.analysis->code().flags & kGenerator) != 0 ||
               std::any_of(frame.stack.begin(), frame.stack.end(), is_lazy) || holds_iterator(frame);
    });
}

/// Whether a variable holds an iterator, which has seen what it iterates over as it was.
bool Translator::holds_iterator(const Frame& frame) {
    for (uint32_t slot = 0; slot < frame.slots.size(); ++slot) {
        const bool is_own = frame.analysis->code().slots[slot].front() == '.';  // ".0" is a comprehension's
        if (frame.slots[slot].is_iterator() && !is_own && frame.analysis->is_live(frame.operation, slot)) {
            return true;
        }
    }
    return false;
}

/// Ends the path: the compiled function answers with the value, or with what it made of its elements.
void Translator::end(const Value& value) {
    if (!changes_elements_) {
        returns_.add(value);
        return;
    }
    if (const std::optional<Value> changes = changes_of(translation_, elements_as_given_, state_.elements)) {
        returns_.add(*changes);
    }
}

namespace {

/// What a cache gives to all who ask is no one's own: lists and objects in it are not to be changed.
Value shared_by_all(Translation& t, const Value& value) {
    Value shared = value;
    if (value.is_row() || value.shape == Shape::Record) {
        Node& node = t.node();
        node = *value.node;
        for (Value& item : node.items) {
            item = shared_by_all(t, item);
        }
        shared.node = &node;
    }
    const bool has_identity = value.is_list() || is_dict(value) || is_instance_record(value) ||
                              value.shape == Shape::Mapping || value.shape == Shape::HashTable;
    shared.is_captured |= has_identity && value.origin == NodeOrigin{};
    return shared;
}

}  // namespace

bool Translator::leave_function() {
    Value value = pop();
    if (frame().ending == Ending::Cached) {
        value = state_.frames.size() == 1 ? value : shared_by_all(translation_, value);
        frame().ending = Ending::Result;
    }
    if (value.shape == Shape::Object && value.node->name == "NotImplementedType" && state_.frames.size() > 1) {
        translation_.unsupported("returning NotImplemented", "CPython asks the other operand then");
        return false;
    }
    if (const uint32_t group = frame().resumes; group != 0) {
        state_.frames.pop_back();
        recursions_.resume(std::move(state_), group, value);
        return false;
    }
    if (state_.frames.size() == 1) {
        end(value);
        return false;
    }
    if (frame().ending == Ending::Drop) {
        return leave_initialiser(value);
    }
    if (frame().ending != Ending::Result) {
        return leave_list_method(value);
    }
    if (frame().analysis->code().flags & kGenerator) {
        const Value yielded = frame().stack[0], seen = frame().stack[1], returned = value;
        if (returned.is_iterator()) {
            translation_.unsupported("keeping an iterator", {}, "make it a tuple");
            return false;
        }
        value = yielded.is_row() ? row_iterator(translation_, yielded.items(), true)
                                 : loop_iterator(translation_, yielded, true);
        value = with_generator(translation_, value, returned, seen);
    }
    state_.frames.pop_back();
    push(value);
    leave_for_version();
    return false;
}

}  // namespace pp::frontend
