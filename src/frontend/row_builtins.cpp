/// Builtins that deal with rows, ranges and types: len, range, tuple, list, enumerate, zip, isinstance and others.
#include <algorithm>
#include <string>
#include <utility>

#include "frontend/arrays.h"
#include "frontend/enums.h"
#include "frontend/hash_tables.h"
#include "frontend/intrinsics.h"
#include "frontend/intrinsics_support.h"
#include "frontend/keys.h"
#include "frontend/library_classes.h"
#include "frontend/mappings.h"
#include "frontend/numbers.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/rows.h"
#include "frontend/sequences.h"
#include "frontend/sorting.h"
#include "frontend/tables.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

constexpr std::string_view kTypes[] = {"float", "int",   "bool",      "tuple", "list",    "str",    "dict", "set",
                                       "bytes", "range", "frozenset", "slice", "complex", "object", "type", "NoneType"};

/// The name of the type that an intrinsic is, or nothing.
std::string_view type_of_intrinsic(const Value& value) {
    constexpr std::string_view kPrefix = "builtins.";
    if (value.shape != Shape::Intrinsic || value.node->name.substr(0, kPrefix.size()) != kPrefix) {
        return {};
    }
    const std::string_view name = value.node->name.substr(kPrefix.size());
    return std::find(std::begin(kTypes), std::end(kTypes), name) == std::end(kTypes) ? std::string_view{} : name;
}

Outcomes not_iterable(Translation& t, const IntrinsicCall& call, const Value& value) {
    if (value.is_number() || value.shape == Shape::None || value.shape == Shape::Function) {
        return t.raises("TypeError", quoted(type_name(value)) + " object is not iterable");
    }
    return t.unsupported(std::string(call.name) + "() of a " + quoted(type_name(value)), "its length is not known here",
                         !is_array(value)                   ? array_instead(value, "use it on tuples and lists")
                         : call.name == "builtins.reversed" ? "write [::-1] behind the Array"
                                                            : "use it on list(...) of the Array");
}

Outcomes no_constructor(Translation& t, const IntrinsicCall& call) {
    return t.unsupported(std::string(call.name) + "()", {}, "compute with float, int, bool, tuples and lists");
}

/// set() and frozenset() of items that are known one by one.
Outcomes make_set(Translation& t, const IntrinsicCall& call) {
    std::vector<Value> items;
    if (call.arguments.size() > 1) {
        return wrong_count(t, call);
    }
    if (!call.arguments.empty() && !try_items(t, call.arguments[0], items)) {
        return not_iterable(t, call, call.arguments[0]);
    }
    for (const Value& item : items) {
        if (const std::optional<KeyFault> fault = key_fault(t, item)) {
            return no_key(t, *fault);
        }
    }
    if (!std::all_of(items.begin(), items.end(), kind_of)) {
        return no_constructor(t, call);
    }
    const Value made = mapping(t, call.name.substr(call.name.rfind('.') + 1), std::move(items), {});
    const bool is_of_dict =
        !call.arguments.empty() &&
        (is_dict(call.arguments[0]) || is_hash_table(call.arguments[0]) || call.arguments[0].shape == Shape::Mapping);
    return t.done(is_of_dict ? reordered_mapping(t, made) : made);
}

Outcomes nested(Translation& t, const IntrinsicCall& call) {
    return t.unsupported(std::string(call.name) + "() within a function that is mapped",
                         "the elements are computed in parallel already",
                         "loop, or write a comprehension, inside the function");
}

Outcomes length(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.size() != 1) {
        return wrong_count(t, call);
    }
    const Value& value = call.arguments[0];
    if (auto outcomes = class_method(t, "__len__", {value})) {
        return std::move(*outcomes);
    }
    if (is_dict(value)) {
        t.looks().look_at_keys(value);
    }
    if (value.shape == Shape::Mapping) {
        return mapping_length(t, value);
    }
    if (is_hash_table(value)) {
        return t.done(int_value(hash_length(value)));
    }
    if (value.is_row() || is_named_tuple(value) || (is_dict(value) && value.node->record->form == RecordForm::Dict)) {
        return t.done(t.int_constant(static_cast<int64_t>(value.items().size())));
    }
    if (value.shape == Shape::View && !is_array_view(value)) {  // of a dict: those of zip() are iterators
        return t.done(int_value(count_of_mixed(t, value)));
    }
    if (value.is_dynamic() || value.shape == Shape::Table || is_array_view(value)) {
        return t.done(int_value(value.shape == Shape::Table ? table_length(t, value) : count_of(t, value)));
    }
    if (const Value text = as_text(t, value); !text.is_null()) {
        return t.done(int_value(length_of(text)));
    }
    if (value.shape == Shape::Range && value.node->length >= 0) {
        return t.done(t.int_constant(value.node->length));
    }
    if (value.shape == Shape::Range && t.known_int(value.items()[2]) == 1) {
        const ValueId zero = t.constant(int64_t{0}), start = value.items()[0].leaf, stop = value.items()[1].leaf;
        const ValueId distance = t.emit(Op::ISubChecked, {stop, start});
        return t.done(int_value(t.emit(Op::Select, {t.emit(Op::ILt, {distance, zero}), zero, distance})));
    }
    if (value.shape == Shape::Range) {
        return t.done(int_value(count_of(t, value)));
    }
    if (value.is_number() || value.shape == Shape::None || value.shape == Shape::Function) {
        return t.raises("TypeError", "object of type " + quoted(type_name(value)) + " has no len()");
    }
    if (const auto members = members_of(t, value)) {
        return t.done(t.int_constant(static_cast<int64_t>(members->size())));
    }
    return t.unsupported("len() of a " + quoted(type_name(value)), {}, array_instead(value, {}));
}

/// How many items range(start, stop, step) has; -1 where that is not known, or beyond what is worth knowing.
int64_t range_length(int64_t start, int64_t stop, int64_t step) {
    constexpr int64_t kBound = int64_t{1} << 31;
    if (std::max({start, stop, step}) > kBound || std::min({start, stop, step}) < -kBound) {
        return -1;
    }
    const int64_t distance = step > 0 ? stop - start : start - stop;
    const int64_t stride = step > 0 ? step : -step;
    return distance <= 0 ? 0 : (distance - 1) / stride + 1;
}

Outcomes make_range(Translation& t, const IntrinsicCall& call) {
    const size_t count = call.arguments.size();
    if (count < 1 || count > 3) {
        return wrong_count(t, call);
    }
    for (const Value& argument : call.arguments) {
        if (argument.is_unforeseen) {
            return t.beyond("range() of " + unforeseen_text(argument));
        }
        if (!argument.is_integral()) {
            return argument.is_known() && !is_instance_record(argument)
                       ? t.raises("TypeError",
                                  quoted(type_name(argument)) + " object cannot be interpreted as an integer")
                       : t.unsupported("range() of a " + quoted(type_name(argument)), {});
        }
    }
    const auto integer = [&](size_t i) { return int_value(to_int(t, call.arguments[i])); };
    const Value start = count > 1 ? integer(0) : t.int_constant(0);
    const Value stop = integer(count > 1 ? 1 : 0);
    const Value step = count > 2 ? integer(2) : t.int_constant(1);
    const std::optional<int64_t> known_start = t.known_int(start), known_stop = t.known_int(stop),
                                 known_step = t.known_int(step);
    if (known_step == 0) {
        return t.raises("ValueError", "range() arg 3 must not be zero");
    }
    if (!known_step) {
        t.guard(t.emit(Op::INe, {step.leaf, t.constant(int64_t{0})}));
    }
    Node& node = t.node();
    node.items = {start, stop, step};
    if (known_start && known_stop && known_step) {
        node.length = range_length(*known_start, *known_stop, *known_step);
    }
    return t.done({.shape = Shape::Range, .node = &node});
}

Outcomes make_row(Translation& t, const IntrinsicCall& call) {
    const auto shape = static_cast<Shape>(call.parameter);
    if (call.arguments.size() > 1) {
        return wrong_count(t, call);
    }
    if (call.arguments.empty()) {
        return t.done(t.row(shape, {}));
    }
    const Value& value = call.arguments[0];
    if (value.shape == Shape::Tuple && shape == Shape::Tuple) {
        return t.done(value);  // CPython gives the same object
    }
    std::vector<Value> items;
    if (try_items(t, value, items)) {
        return t.done(t.row(shape, std::move(items)));
    }
    const Value source = indexable_of(t, value);
    if (source.is_null()) {
        return not_iterable(t, call, value);
    }
    if (source.shape != Shape::Sequence) {
        return t.follow(shape == Shape::Tuple ? "tuple_of" : "list_of", {source});
    }
    const KindRef item = source.node->kind->item;
    if (shape == Shape::Tuple && source.node->kind->tag == Tag::TupleOf) {
        return t.done(source);
    }
    if (holds_lists(item)) {
        return t.unsupported("copying a row that holds lists", "both rows would hold the same lists");
    }
    const KindRef kind = shape == Shape::Tuple ? tuple_of_kind(item) : list_of_kind(item);
    return t.done(copy_of(t, source, kind, t.constant(int64_t{0}), length_of(source)));
}

Outcomes make_enumerate(Translation& t, const IntrinsicCall& call) {
    const bool has_keyword =
        call.keywords.size() == 1 && call.keywords[0].name == "start" && call.arguments.size() == 1;
    if (call.arguments.empty() || call.arguments.size() > 2 || (!call.keywords.empty() && !has_keyword)) {
        return wrong_count(t, call);
    }
    const Value start = has_keyword                  ? call.keywords[0].value
                        : call.arguments.size() == 2 ? call.arguments[1]
                                                     : t.int_constant(0);
    if (start.is_unforeseen) {
        return t.beyond("enumerate() from " + unforeseen_text(start));
    }
    if (!start.is_integral()) {
        return t.raises("enumerate() starts at an integer");
    }
    std::vector<Value> items;
    if (!try_items(t, call.arguments[0], items)) {
        const Value source = indexable_of(t, call.arguments[0]);
        return source.is_null() ? not_iterable(t, call, call.arguments[0])
                                : t.done(loop_iterator(t, view(t, "enumerate", {source, start})));
    }
    for (size_t i = 0; i < items.size(); ++i) {
        Outcomes index = binary(t, BinaryOperator::Add, start, t.int_constant(static_cast<int64_t>(i)));
        items[i] = t.row(Shape::Tuple, {index.front().value, items[i]});
    }
    return t.done(row_iterator(t, std::move(items)));
}

/// zip() of what has no items known one by one, or not all.
Outcomes zip_by_position(Translation& t, const IntrinsicCall& call) {
    std::vector<Value> sources;
    for (const Value& argument : call.arguments) {
        std::vector<Value> items;
        Value source = indexable_of(t, argument);
        if (source.is_null() && try_items(t, argument, items)) {
            const std::optional<Value> made = to_sequence(t, t.row(Shape::Tuple, std::move(items)));
            if (!made) {
                return t.unsupported("zip() of a row of several types with one of any length", {});
            }
            source = *made;
        }
        if (source.is_null()) {
            return not_iterable(t, call, argument);
        }
        sources.push_back(source);
    }
    return t.done(loop_iterator(t, view(t, "zip", std::move(sources))));
}

Outcomes make_zip(Translation& t, const IntrinsicCall& call) {
    std::optional<int64_t> strict = 0;
    for (const KeywordArgument& keyword : call.keywords) {
        if (keyword.name != "strict") {
            return t.raises("zip() got an unexpected keyword argument");
        }
        strict = t.known_int(keyword.value);
    }
    if (!strict) {
        return t.unsupported("zip() with a computed 'strict'", {});
    }
    std::vector<std::vector<Value>> columns;
    for (const Value& argument : call.arguments) {
        if (!try_items(t, argument, columns.emplace_back())) {
            return *strict ? t.unsupported("zip() with 'strict' of rows of any length", {}, "compare their lengths")
                           : zip_by_position(t, call);
        }
    }
    const auto shorter = [](const auto& left, const auto& right) { return left.size() < right.size(); };
    const auto [shortest, longest] = std::minmax_element(columns.begin(), columns.end(), shorter);
    if (*strict && !columns.empty() && shortest->size() != longest->size()) {
        return t.unsupported("zip() of different lengths with 'strict'", "it raises after the last pair");
    }
    std::vector<Value> rows;
    for (size_t i = 0; !columns.empty() && i < shortest->size(); ++i) {
        std::vector<Value> items;
        for (const std::vector<Value>& column : columns) {
            items.push_back(column[i]);
        }
        rows.push_back(t.row(Shape::Tuple, std::move(items)));
    }
    return t.done(row_iterator(t, std::move(rows)));
}

/// next() of an iterator that nobody else holds.
Outcomes first_item(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.empty() || call.arguments.size() > 2) {
        return wrong_count(t, call);
    }
    std::vector<Value> items;
    const Value& iterator = call.arguments[0];
    if (const Value source = indexable_of(t, iterator); iterator.is_iterator() && !source.is_null()) {
        if (call.arguments.size() == 2) {
            return t.follow("first_or", {source, call.arguments[1]});
        }
        const ValueId is_there = t.emit(Op::ILt, {t.constant(int64_t{0}), count_of(t, source)});
        Outcomes raised = t.raised_where(logical_not(t, is_there), "StopIteration", "StopIteration");
        t.guard(is_there);
        return joined(std::move(raised), t.done(item_at(t, source, t.constant(int64_t{0}))));
    }
    if (iterator.shape != Shape::RowIterator || !try_items(t, iterator, items)) {
        return iterator.is_known() ? t.raises(quoted(type_name(iterator)) + " object is not an iterator")
                                   : t.unsupported("next() of a " + quoted(type_name(iterator)), {}, "use a loop");
    }
    if (!items.empty()) {
        return t.done(items.front());
    }
    return call.arguments.size() == 2 ? t.done(call.arguments[1]) : t.raises("StopIteration", "StopIteration");
}

Outcomes make_iterator(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.size() != 1) {
        return wrong_count(t, call);
    }
    if (call.arguments[0].is_iterator()) {
        return t.done(call.arguments[0]);
    }
    std::vector<Value> items;
    if (try_items(t, call.arguments[0], items)) {
        return t.done(row_iterator(t, std::move(items)));
    }
    const Value source = indexable_of(t, call.arguments[0]);
    return source.is_null() ? not_iterable(t, call, call.arguments[0]) : t.done(loop_iterator(t, source));
}

Outcomes make_reversed(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.size() != 1) {
        return wrong_count(t, call);
    }
    const Value& value = call.arguments[0];
    std::vector<Value> items;
    if (value.is_iterator()) {
        return t.raises("argument to reversed() must be a sequence");
    }
    if (!try_items(t, value, items)) {
        const Value source = is_indexable(value) ? value : as_text(t, value);
        return source.is_null() ? not_iterable(t, call, value)
                                : t.done(loop_iterator(t, view(t, "reversed", {source})));
    }
    std::reverse(items.begin(), items.end());
    return t.done(row_iterator(t, std::move(items)));
}

/// any() with parameter 0, all() with parameter 1.
Outcomes any_or_all(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.size() != 1) {
        return wrong_count(t, call);
    }
    std::vector<Value> items;
    if (!try_items(t, call.arguments[0], items)) {
        const Value source = indexable_of(t, call.arguments[0]);
        return source.is_null() ? not_iterable(t, call, call.arguments[0])
                                : t.follow(call.parameter == 1 ? "all_of" : "any_of", {source});
    }
    const bool is_all = call.parameter == 1;
    ValueId result = t.constant(is_all);
    for (const Value& item : items) {
        const ValueId leaf = truth(t, item);
        if (leaf == ir::kNoValue) {
            return t.unsupported("the truth of a " + quoted(type_name(item)), {});
        }
        result = is_all ? logical_and(t, result, leaf) : logical_or(t, result, leaf);
    }
    return t.done(bool_value(result));
}

/// sorted(), by a key as well, also falling.
Outcomes sorted(Translation& t, const IntrinsicCall& call) {
    Value key = none_value();
    std::optional<int64_t> is_reverse = 0;
    for (const KeywordArgument& keyword : call.keywords) {
        if (keyword.name != "reverse" && keyword.name != "key") {
            return t.raises("TypeError", "sort() got an unexpected keyword argument");
        }
        if (keyword.name == "reverse") {
            is_reverse = t.known_int(keyword.value);
        } else {
            key = keyword.value;
        }
    }
    if (call.arguments.size() != 1) {
        return wrong_count(t, call);
    }
    if (!is_reverse) {
        return t.unsupported("sorted() with a computed 'reverse'", {}, "choose with if between two calls");
    }
    const bool is_plain = key.shape == Shape::None;
    std::vector<Value> items;
    Value source = indexable_of(t, call.arguments[0]);
    if (source.is_null() && try_items(t, call.arguments[0], items)) {
        if (const auto few = is_plain ? sorted_numbers(t, items, *is_reverse != 0) : std::nullopt) {
            return t.done(t.row(Shape::List, *few));
        }
        const Value row = t.row(Shape::Tuple, std::move(items));
        const std::optional<Value> made = is_plain ? to_sequence(t, row) : row;
        if (!made) {
            return t.unsupported("sorted() of items of several types", {}, "give all items one type");
        }
        source = *made;
    }
    if (source.is_null()) {
        return not_iterable(t, call, call.arguments[0]);
    }
    if (!is_plain) {
        return t.follow("sorted_by", {source, key, t.bool_constant(*is_reverse != 0)});
    }
    return t.follow(*is_reverse ? "sorted_falling" : "sorted_items", {source});
}

/// Whether a value is an instance of a builtin type; nothing where that is not known.
std::optional<bool> is_instance(Translation& t, const Value& value, std::string_view type) {
    if (type == "object") {
        return true;
    }
    if (value.shape == Shape::Opaque || value.is_carried() ||
        (value.shape == Shape::Object && value.node->name == "object")) {
        return std::nullopt;
    }
    if (is_number_object(value)) {
        return type == "float" && is_float64(value);
    }
    if (value.shape == Shape::Record && !is_dict(value)) {
        return (is_named_tuple(value) && type == "tuple") || (type == "dict" && !(counts_of(t, value) == value));
    }
    if (value.shape == Shape::Record && value.is_held && type == "dict") {
        return std::nullopt;  // what shows a dict is none
    }
    const std::string name = type_name(value);
    return name == type || (name == "bool" && type == "int");
}

Outcomes instance_test(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.size() != 2) {
        return wrong_count(t, call);
    }
    std::vector<Value> pending{call.arguments[1]};
    bool found = false;
    while (!pending.empty() && !found) {
        const Value candidate = pending.back();
        pending.pop_back();
        if (candidate.shape == Shape::Tuple) {
            pending.insert(pending.end(), candidate.items().rbegin(), candidate.items().rend());
            continue;
        }
        const std::string_view type = type_of_intrinsic(candidate);
        if (type == "int" && is_int_member(t, call.arguments[0])) {
            found = true;
            continue;
        }
        const std::string_view library = candidate.shape == Shape::Intrinsic ? candidate.node->name : "";
        const std::optional<bool> answer = candidate.shape == Shape::Class
                                               ? is_instance_of(t, call.arguments[0], candidate)
                                           : type.empty() ? is_library_instance(t, call.arguments[0], library)
                                                          : is_instance(t, call.arguments[0], type);
        if (!answer && call.arguments[0].is_carried()) {
            return t.beyond("isinstance() of " + quoted(type_name(call.arguments[0])));
        }
        if (!answer) {
            return t.unsupported("isinstance() with this type", {}, "test for builtin types");
        }
        found = *answer;
    }
    return t.done(t.bool_constant(found));
}

/// type(x), for testing with 'is'.
Outcomes type_of(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.size() != 1) {
        return call.arguments.size() == 3 ? no_constructor(t, call) : wrong_count(t, call);
    }
    if (call.arguments[0].shape == Shape::Record && call.arguments[0].is_held) {
        return t.unsupported("type() of an Array's element", "another type shows it", "test with isinstance()");
    }
    if (const std::string_view name = library_class(t, call.arguments[0]); !name.empty()) {
        return t.done(t.intrinsic(name));
    }
    if (call.arguments[0].shape == Shape::Record) {
        return t.done(t.class_value(*call.arguments[0].node->record));
    }
    if (call.arguments[0].node && call.arguments[0].node->fallback != Shape::Null) {
        return t.done(t.intrinsic("collections.defaultdict"));
    }
    const std::string name = type_name(call.arguments[0]);
    const bool is_builtin = std::find(std::begin(kTypes), std::end(kTypes), name) != std::end(kTypes);
    if (!is_builtin || name == "object" || call.arguments[0].is_carried()) {
        return t.unsupported("type() of a '" + name + "'", {});
    }
    return t.done(t.intrinsic("builtins." + name));
}

Outcomes is_callable(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.size() != 1) {
        return wrong_count(t, call);
    }
    const Value& value = call.arguments[0];
    if (value.shape == Shape::Record && !is_dict(value) && !is_number_object(value)) {
        const Binding found = t.environment().class_attribute(value.node->record->class_id, "__call__");
        return t.done(t.bool_constant(found.kind != Binding::Kind::Missing));
    }
    switch (value.shape) {
    case Shape::Any:
    case Shape::Some:
    case Shape::Other:
    case Shape::Exception:
    case Shape::Object:
    case Shape::Opaque: return t.unsupported("callable() of a " + quoted(type_name(value)), {});
    case Shape::Function:
    case Shape::Intrinsic:
    case Shape::Method:
    case Shape::BoundMethod:
    case Shape::Class:
    case Shape::ExceptionClass: return t.done(t.bool_constant(true));
    default: return t.done(t.bool_constant(false));
    }
}

constexpr IntrinsicEntry kRows[] = {
    {"builtins.len", length, 0, false, false, true},
    {"builtins.range", make_range},
    {"builtins.tuple", make_row, static_cast<uint64_t>(Shape::Tuple), false, false, true},
    {"builtins.list", make_row, static_cast<uint64_t>(Shape::List), false, false, true},
    {"builtins.enumerate", make_enumerate, 0, false, true, true},
    {"builtins.zip", make_zip, 0, false, true, true},
    {"builtins.reversed", make_reversed, 0, false, false, true},
    {"builtins.iter", make_iterator, 0, false, false, true},
    {"builtins.next", first_item, 0, false, false, true},
    {"builtins.any", any_or_all, 0},
    {"builtins.all", any_or_all, 1},
    {"builtins.sorted", sorted, 0, false, true, true},
    {"builtins.isinstance", instance_test, 0, false, false, true},
    {"builtins.type", type_of, 0, false, false, true},
    {"builtins.callable", is_callable},
    {"builtins.set", make_set},
    {"builtins.frozenset", make_set},
    {"builtins.bytes", no_constructor, 0, false, true},
    {"builtins.slice", no_constructor},
    {"builtins.object", no_constructor},
    {"parallel_party.map", nested, 0, false, true},
    {"parallel_party.for_each", nested, 0, false, true},
};

}  // namespace

std::span<const IntrinsicEntry> row_intrinsics() {
    return kRows;
}

}  // namespace pp::frontend
