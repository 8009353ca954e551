/// Calls: Python functions are followed in place, builtins are intrinsics.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "frontend/arguments.h"
#include "frontend/attributes.h"
#include "frontend/cached_functions.h"
#include "frontend/enums.h"
#include "frontend/hash_tables.h"
#include "frontend/intrinsics_support.h"
#include "frontend/iterator_views.h"
#include "frontend/lazy_iterators.h"
#include "frontend/library_classes.h"
#include "frontend/mappings.h"
#include "frontend/numbers.h"
#include "frontend/records.h"
#include "frontend/sequences.h"
#include "frontend/tables.h"
#include "frontend/translator.h"

namespace pp::frontend {
namespace {

constexpr size_t kDeepestChain = 64;
/// Calls with known arguments are followed further than others: each may be the last.
constexpr size_t kDeepestKnown = 32;

uint64_t entry_key(const Translation& translation, const State& state, const Frame& called) {
    State alone;
    alone.frames = {called};
    alone.cells = state.cells;
    const StateForm form = take_apart(alone);
    uint64_t key = form.key.size();
    const auto add = [&](uint64_t word) { key = (key ^ word) * 0x9E3779B97F4A7C15ull + (key >> 31); };
    for (const uint64_t word : form.key) {
        add(word);
    }
    for (const Atom& atom : form.atoms) {
        const std::optional<int64_t> known =
            atom.type == ir::Type::I64 ? translation.known_int(int_value(atom.value)) : std::nullopt;
        add(known && state.frames.size() < kDeepestKnown ? static_cast<uint64_t>(*known) * 2 + 1 : 0);
    }
    return key;
}

/// Whether it is set() or dict() of items whose number is not known beforehand.
bool makes_table(std::string_view name, const Value& items) {
    return (name == "builtins.set" || name == "builtins.frozenset" || name == "builtins.dict") &&
           (items.is_dynamic() || constant_text(items) || items.shape == Shape::View ||
            items.shape == Shape::SequenceIterator || (items.shape == Shape::Range && items.node->length < 0));
}

/// The items of a set for a builtin that gives the same for them, in whatever order they come; Null for any other.
Value items_in_any_order(Translation& t, std::string_view name, const Value& set) {
    constexpr std::string_view kNames[] = {"builtins.sorted", "builtins.min", "builtins.max", "builtins.any",
                                           "builtins.all"};
    const bool ignores_order = std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
    if (is_hash_table(set)) {
        const Tag key = hash_keys(set).node->kind->item->tag;
        const bool is_sum = name == "builtins.sum" && (key == Tag::Int || key == Tag::Bool);
        return ignores_order || is_sum ? hash_keys(set) : Value{};
    }
    if (!is_mapping_set(set) || !ignores_order || (name == "builtins.sorted" && !has_distinct_keys(t, set))) {
        return {};
    }
    return t.row(Shape::Tuple, set.items());
}

/// The variable that the iterator comes from which the call at hand, next(), has been given; null where that is not
/// known.
Value* variable_of_next(Frame& frame, size_t arguments) {
    const std::vector<Operation>& operations = frame.analysis->operations();
    const size_t call = frame.operation - 1;
    const auto is_plain = [](Canon op) {
        return op == Canon::Const || op == Canon::SmallInt || op == Canon::None || op == Canon::Local;
    };
    if (call < arguments || operations[call].op != Canon::Call || operations[call - arguments].op != Canon::Local ||
        (arguments == 2 && !is_plain(operations[call - 1].op))) {
        return nullptr;
    }
    Value& slot = frame.slots[static_cast<size_t>(operations[call - arguments].argument)];
    return slot.shape == Shape::Opaque && slot.node->name == kTakenIterator ? &slot : nullptr;
}

/// The iterator behind its next item, if it has one.
Value advanced(Translation& t, const Value& iterator) {
    Node& node = t.node();
    node = *iterator.node;
    if (iterator.shape == Shape::RowIterator) {
        const auto size = static_cast<int64_t>(iterator.items().front().items().size());
        node.position = std::min(node.position + 1, size);
    } else {
        const ir::ValueId position = iterator.items()[0].leaf;
        const ir::ValueId is_there = t.emit(ir::Op::ILt, {position, count_of_mixed(t, iterator.items()[1])});
        node.items[0] = int_value(t.emit(ir::Op::IAdd, {position, t.emit(ir::Op::BoolToInt, {is_there})}));
    }
    Value result = iterator;
    result.node = &node;
    return result;
}

/// Whether it can be taken from now and go on later: groups of itertools.groupby() are gone when the next one comes.
bool may_go_on(const Value& iterator) {
    if (iterator.shape == Shape::SequenceIterator) {
        const Value& source = iterator.items()[1];
        return source.shape != Shape::View || source.node->name != "groups";
    }
    return iterator.shape == Shape::RowIterator && iterator.items().front().shape == Shape::Tuple;
}

/// What an iterator goes over, for an object that is being made of it: what a generator does cannot see the object.
Value without_laziness(Translation& t, const Value& value) {
    const Value source = value.is_iterator() ? iterable(t, value) : constant_text(value) ? as_text(t, value) : Value{};
    return source.is_null() ? value : source;
}

}  // namespace

const CodeAnalysis& Translator::analysis(const std::shared_ptr<const CodeView>& code) {
    std::unique_ptr<CodeAnalysis>& known = analyses_[code.get()];
    if (!known) {
        known = std::make_unique<CodeAnalysis>(code);
    }
    return *known;
}

bool Translator::make_function(const Operation& operation) {
    const Value code = pop();
    PP_CHECK(code.shape == Shape::Code);
    FunctionShape*& shape = made_functions_[&operation];
    if (!shape) {
        shape = &translation_.function_shape();
        shape->code = code.node->code;
        shape->owner = frame().owner;
    }
    std::vector<Value> defaults, keyword_defaults, closure;
    if (operation.argument & 8) {
        closure = pop().items();
    }
    if (operation.argument & 4) {
        pop();  // annotations
    }
    if (operation.argument & 2) {
        const Value dict = pop();
        PP_CHECK(is_dict(dict));
        keyword_defaults = dict.items();
        shape->keyword_defaults = dict.node->record->fields;
    }
    if (operation.argument & 1) {
        defaults = pop().items();
    }
    shape->default_count = static_cast<uint32_t>(defaults.size());
    Node& node = translation_.node();
    node.function = shape;
    for (const std::vector<Value>* part : {&defaults, &keyword_defaults, &closure}) {
        node.items.insert(node.items.end(), part->begin(), part->end());
    }
    push({.shape = Shape::Function, .node = &node});
    return true;
}

bool Translator::call(const Operation& operation) {
    std::vector<Value> arguments = pop(static_cast<size_t>(operation.argument));
    const Value self = pop(), callee = pop();
    std::vector<KeywordArgument> keywords;
    const size_t positional = arguments.size() - operation.keywords.size();
    for (size_t i = 0; i < operation.keywords.size(); ++i) {
        keywords.push_back({operation.keywords[i], arguments[positional + i]});
    }
    arguments.resize(positional);
    if (!self.is_null()) {
        arguments.insert(arguments.begin(), self);
    }
    return call_value(callee, std::move(arguments), keywords);
}

bool Translator::call_star(const Operation& operation) {
    std::vector<Value> arguments;
    std::vector<KeywordArgument> keywords;
    if (operation.argument & 1) {
        const Value dict = pop();
        translation_.looks().look_at_keys(dict);
        if (!is_dict(dict) || dict.node->record->form != RecordForm::Dict) {
            translation_.unsupported("calling with '**'", {}, "name the keyword arguments");
            return false;
        }
        for (size_t i = 0; i < dict.items().size(); ++i) {
            keywords.push_back({dict.node->record->fields[i], dict.items()[i]});
        }
    }
    if (!pop_items(arguments)) {
        return false;
    }
    const Value self = pop(), callee = pop();
    if (!self.is_null()) {
        arguments.insert(arguments.begin(), self);
    }
    return call_value(callee, std::move(arguments), keywords);
}

bool Translator::call_value(const Value& callee, std::vector<Value> positional,
                            std::span<const KeywordArgument> keywords) {
    translation_.looks().look_into(callee);
    switch (callee.shape) {
    case Shape::Function:
        if (callee.node->function->is_cached && !may_follow_cached(translation_, callee, positional, keywords)) {
            return false;
        }
        return enter_function(callee, positional, keywords, true);
    case Shape::Intrinsic:
        if (callee.node->name == "object.__setattr__") {
            return call_setter(positional);
        }
        if (callee.node->name == "dataclasses.replace") {
            return replace_fields(positional, keywords);
        }
        if (callee.node->name == "collections.defaultdict" && keywords.empty()) {
            return make_defaultdict(positional);
        }
        if (callee.node->name == "dict.fromkeys" && keywords.empty()) {
            return make_from_keys(positional);
        }
        if (positional.size() == 1 && keywords.empty() && makes_table(callee.node->name, positional[0])) {
            return make_table(callee.node->name, positional[0]);
        }
        return call_intrinsic(callee.node->name, positional, keywords);
    case Shape::Method:
        positional.insert(positional.begin(), callee.items().front());
        if (callee.node->name == "object.__setattr__") {
            return call_setter(positional);
        }
        if (is_list_change(callee.node->name)) {
            return call_list_method(callee.node->name, positional, keywords);
        }
        if (is_table_change(callee.node->name)) {
            return call_table_method(callee.node->name, positional, keywords);
        }
        return call_intrinsic(callee.node->name, positional, keywords);
    case Shape::BoundMethod: return call_bound(callee, std::move(positional), keywords);
    case Shape::ExceptionClass:
        if (!keywords.empty() || !translation_.environment().keeps_arguments(callee.number)) {
            translation_.unsupported("making a " + quoted(callee.node->name), "its class does so in a way of its own",
                                     "raise an exception that only keeps its arguments");
            return false;
        }
        {
            const auto is_unworded = [](const Value& value) {
                return value.shape == Shape::Intrinsic && value.node->name == "prelude.unworded";
            };
            const bool is_worded = std::none_of(positional.begin(), positional.end(), is_unworded);
            push(translation_.exception(callee, is_worded ? &positional : nullptr));
        }
        return true;
    case Shape::Class: return construct(callee, std::move(positional), keywords);
    case Shape::Record:
        positional.insert(positional.begin(), callee);
        if (const auto way = class_method(translation_, "__call__", positional); way && !way->empty()) {
            return enter_function(way->front().value, positional, keywords, true);
        } else if (way) {
            return false;
        }
        return proceed(translation_.raises("TypeError", quoted(type_name(callee)) + " object is not callable"));
    case Shape::Any:
    case Shape::Some:
    case Shape::Other:
    case Shape::Object:  // an enum's member may have a __call__
    case Shape::Opaque: translation_.unsupported("calling a " + quoted(type_name(callee)), {}); return false;
    default: return proceed(translation_.raises("TypeError", quoted(type_name(callee)) + " object is not callable"));
    }
}

/// A method with its object, or a functools.partial.
bool Translator::call_bound(const Value& callee, std::vector<Value> positional,
                            std::span<const KeywordArgument> keywords) {
    const std::vector<Value>& items = callee.items();
    const RecordShape* names = callee.node->record;
    const size_t named = names ? names->fields.size() : 0;
    positional.insert(positional.begin(), items.begin() + 1, items.end() - static_cast<std::ptrdiff_t>(named));
    std::vector<KeywordArgument> all;
    for (size_t i = 0; i < named; ++i) {
        all.push_back({names->fields[i], items[items.size() - named + i]});
    }
    for (const KeywordArgument& keyword : keywords) {  // those of the call win
        const auto is_same = [&](const KeywordArgument& each) { return each.name == keyword.name; };
        const auto known = std::find_if(all.begin(), all.end(), is_same);
        if (known == all.end()) {
            all.push_back(keyword);
        } else {
            known->value = keyword.value;
        }
    }
    return call_value(items[0], std::move(positional), all);
}

/// What a builtin gives of the items of generators has seen what these have.
bool Translator::call_intrinsic(std::string_view name, std::span<const Value> positional,
                                std::span<const KeywordArgument> keywords) {
    Value seen = translation_.row(Shape::Tuple, {});
    for (const Value& argument : positional) {
        seen = with_more_objects(translation_, seen, seen_by(translation_, argument));
    }
    const size_t depth = state_.frames.size();
    if (!run_intrinsic(name, positional, keywords)) {
        return false;
    }
    if (seen.items().empty()) {
        return true;
    }
    if (state_.frames.size() > depth) {
        if (frame().analysis->code().flags & kGenerator) {
            frame().stack[1] = with_more_objects(translation_, frame().stack[1], seen);
        }
        return true;
    }
    Value& made = frame().stack.back();
    if (made.is_iterator()) {
        const Value returned = returned_by(made);
        made = with_generator(translation_, made, returned.is_null() ? none_value() : returned,
                              with_more_objects(translation_, seen_by(translation_, made), seen));
    }
    return true;
}

bool Translator::run_intrinsic(std::string_view name, std::span<const Value> positional,
                               std::span<const KeywordArgument> keywords) {
    const IntrinsicEntry* entry = find_intrinsic(name);
    if (positional.size() == 1 && keywords.empty()) {
        if (const Value items = items_in_any_order(translation_, name, positional[0]); !items.is_null()) {
            return call_intrinsic(name, {&items, 1}, {});
        }
    }
    if (!entry) {
        translation_.unsupported(std::string(name) + "()", {});
        return false;
    }
    if (name == "builtins.next" && !positional.empty() && may_go_on(positional[0])) {
        if (Value* variable = variable_of_next(frame(), positional.size())) {
            *variable = advanced(translation_, positional[0]);
        }
    }
    if (!keywords.empty() && !entry->takes_keywords) {
        translation_.raises(std::string(name) + "() takes no keyword arguments");
        return false;
    }
    if (is_written_in_python(*entry)) {
        const Binding own = translation_.environment().prelude(name.substr(name.rfind('.') + 1));
        std::vector<Value> arguments(positional.begin(), positional.end());
        if (own.kind == Binding::Kind::Class) {
            std::transform(arguments.begin(), arguments.end(), arguments.begin(),
                           [&](const Value& argument) { return without_laziness(translation_, argument); });
        }
        return call_value(translation_.from_binding(own), std::move(arguments), keywords);
    }
    if (name == "builtins.bool" && positional.size() == 1 &&
        (is_instance_record(positional[0]) || is_enum_member(positional[0]))) {
        return proceed(translation_.follow("truth_of", {positional[0]}));
    }
    if (const std::optional<size_t> place = iterated_argument(translation_, name, positional)) {
        return call_with_iterator(name, *place, {positional.begin(), positional.end()}, keywords);
    }
    Looks& looks = translation_.looks();
    for (const Value& argument : positional) {
        entry->looks_into ? looks.look_into(argument) : looks.look(argument);
    }
    for (const KeywordArgument& keyword : keywords) {
        looks.look(keyword.value);
    }
    const auto is_special = [&](const Value& argument) {
        return is_number_object(argument) || is_int_member(translation_, argument);
    };
    if (std::any_of(positional.begin(), positional.end(), is_special)) {
        const std::vector<Value> plain =
            with_plain_ints(translation_, entry->name, plain_arguments(translation_, entry->name, positional));
        const auto left = std::find_if(plain.begin(), plain.end(), is_special);
        if (left != plain.end() && !takes_any_object(entry->name, plain.size())) {
            return proceed(is_number_object(*left)
                               ? numpy_computes(translation_, std::string(entry->name) + "()", *left)
                               : translation_.beyond(std::string(entry->name) + "() of " + quoted(type_name(*left))));
        }
        return proceed(entry->call(translation_, {entry->name, plain, keywords, entry->parameter}));
    }
    return proceed(entry->call(translation_, {entry->name, positional, keywords, entry->parameter}));
}

/// A builtin that iterates over an instance: over what its `__iter__` gives, or the dict of a Counter.
bool Translator::call_with_iterator(std::string_view name, size_t place, std::vector<Value> positional,
                                    std::span<const KeywordArgument> keywords) {
    const Value counts = counts_of(translation_, positional[place]);
    if (!(counts == positional[place])) {
        positional[place] = counts;
        return call_value(translation_.intrinsic(name), std::move(positional), keywords);
    }
    constexpr std::string_view kNames[2][3] = {{"over_first", "over_first_of_two", "over_first_of_three"},
                                               {"", "over_second", "over_second_of_three"}};
    if (positional.size() > 3) {
        translation_.unsupported(std::string(name) + "() of a " + quoted(type_name(positional[place])), {},
                                 "make it a list");
        return false;
    }
    Node& node = translation_.node();  // the builtin with its keywords
    node.items = {translation_.intrinsic(name)};
    std::vector<std::string> names;
    for (const KeywordArgument& keyword : keywords) {
        names.emplace_back(keyword.name);
        node.items.push_back(keyword.value);
    }
    node.record = names.empty() ? nullptr : record_shape(RecordForm::Dict, 0, "dict", std::move(names));
    const Binding way = translation_.environment().prelude(kNames[place][positional.size() - 1]);
    positional.insert(positional.begin(), {.shape = Shape::BoundMethod, .node = &node});
    return enter_function(translation_.from_binding(way), positional, {});
}

/// Where `called` has been called with arguments of these kinds before, the frames since then wait in memory while it
/// runs. False where that is not so.
bool Translator::suspend_callers(const Frame& called) {
    const auto is_same = [&](const Frame& frame) {
        return frame.analysis == called.analysis && frame.entry_key == called.entry_key;
    };
    const auto first = std::find_if(state_.frames.begin(), state_.frames.end(), is_same);
    const auto place = static_cast<size_t>(first - state_.frames.begin());
    if (first == state_.frames.end() || !recursions_.may_suspend(state_, place)) {
        return false;
    }
    Frame next = called;
    next.resumes = recursions_.suspend(state_, place, called.ending == Ending::Cached);
    state_.frames.push_back(std::move(next));
    const ir::BlockId from = translation_.builder().block();
    translation_.builder().jump({});
    versions_.arrive(std::move(state_), from, 0, true);
    return true;
}

bool Translator::enter_function(const Value& callee, std::span<const Value> positional,
                                std::span<const KeywordArgument> keywords, bool may_suspend) {
    const FunctionShape& function = *callee.node->function;
    const CodeView& code = *function.code;
    BoundArguments bound = bind_arguments(translation_, callee, positional, keywords);
    if (!bound.error.empty()) {
        translation_.raises(bound.error);
        return false;
    }
    const bool is_generator = code.flags & kGenerator;
    if (code.flags & (kCoroutine | kAsyncGenerator) || (is_generator && state_.frames.empty())) {
        translation_.unsupported(is_generator ? "a generator" : "a coroutine", {},
                                 "write a plain function that returns the value");
        return false;
    }
    if (is_generator && std::any_of(bound.slots.begin(), bound.slots.end(), is_endless)) {
        refuse_endless(translation_);
        return false;
    }
    const CodeAnalysis& facts = analysis(function.code);
    const auto is_same = [&](const Frame& frame) { return frame.analysis == &facts; };
    if (state_.frames.size() >= kDeepestChain) {
        const std::string depth = std::to_string(kDeepestChain);
        if (std::any_of(state_.frames.begin(), state_.frames.end(), is_same)) {
            translation_.unsupported("recursion", "calls are followed in place, " + depth + " deep", "write a loop");
        } else {
            translation_.unsupported("a chain of more than " + depth + " calls", "calls are followed in place",
                                     "write some of the functions into their callers");
        }
        return false;
    }
    for (size_t i = 0; i < bound.slots.size(); ++i) {
        if (bound.slots[i].is_iterator() && code.slot_kinds[i] == SlotKind::Cell) {
            translation_.unsupported("passing an iterator on", "it is consumed where it is used", "make it a tuple");
            return false;
        }
    }
    const auto is_iterator = [](const Value& value) { return value.is_iterator(); };
    for (const Value& value : bound.slots) {
        if (value.shape == Shape::Tuple && std::any_of(value.items().begin(), value.items().end(), is_iterator)) {
            translation_.unsupported("passing a tuple of iterators on", {}, "take it apart first");
            return false;
        }
    }
    size_t free_index = 0;
    const size_t first_cell = function.default_count + function.keyword_defaults.size();
    for (size_t slot = 0; slot < bound.slots.size(); ++slot) {
        Value& value = bound.slots[slot];
        if (code.slot_kinds[slot] == SlotKind::Cell) {
            state_.cells.push_back(value);
            value = {.shape = Shape::Cell, .number = static_cast<uint32_t>(state_.cells.size() - 1)};
        } else if (code.slot_kinds[slot] == SlotKind::Free && function.is_environments) {
            Node& node = translation_.node();
            node.owner = function.owner;
            value = {.shape = Shape::FreeVariable, .number = static_cast<uint32_t>(free_index++), .node = &node};
        } else if (code.slot_kinds[slot] == SlotKind::Free) {
            value = callee.items()[first_cell + free_index++];
        }
    }
    Frame called{&facts, function.owner, 0, std::move(bound.slots), {}};
    called.ending = function.is_cached ? Ending::Cached : Ending::Result;
    called.entry_key = entry_key(translation_, state_, called);
    if (may_suspend && !is_generator && suspend_callers(called)) {
        return false;
    }
    state_.frames.push_back(std::move(called));
    if (is_generator) {
        const Value seen = seen_objects(translation_, state_, frame().slots);
        push(translation_.row(Shape::List, {}));  // what it yields
        push(seen);
    }
    translation_.places().push_back({&code, {}});
    return true;
}

}  // namespace pp::frontend
