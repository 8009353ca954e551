/// What takes functions or iterables: map, filter, sorted, functools.reduce, itertools. The prelude runs the loops;
/// what has few items that are known one by one is put together here.
#include <algorithm>
#include <string>

#include "frontend/attributes.h"
#include "frontend/intrinsics_support.h"
#include "frontend/numbers.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

constexpr size_t kMostRows = 1024;

Outcomes not_iterable(Translation& t, const IntrinsicCall& call, const Value& value) {
    if (value.is_number() || value.shape == Shape::None || value.shape == Shape::Function) {
        return t.raises("TypeError", quoted(type_name(value)) + " object is not iterable");
    }
    return t.unsupported(std::string(call.name) + "() of a " + quoted(type_name(value)), {},
                         "use it on tuples, lists, ranges and text");
}

/// `name` of the prelude, with the arguments, of which the one at `place` is iterated over.
Outcomes follow_over(Translation& t, const IntrinsicCall& call, std::string_view name, std::vector<Value> arguments,
                     size_t place) {
    const Value source = iterable(t, arguments[place]);
    if (source.is_null()) {
        return not_iterable(t, call, arguments[place]);
    }
    arguments[place] = source;
    return t.follow(name, std::move(arguments));
}

Outcomes map(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.size() < 2) {
        return t.raises("TypeError", "map() must have at least two arguments.");
    }
    const Value& function = call.arguments[0];
    if (call.arguments.size() == 2) {
        return follow_over(t, call, "mapped", {function, call.arguments[1]}, 1);
    }
    const IntrinsicCall zip{"builtins.zip", call.arguments.subspan(1), {}};
    return then(t, find_intrinsic(zip.name)->call(t, zip),
                [&](const Value& rows) { return follow_over(t, call, "mapped_rows", {function, rows}, 1); });
}

/// Two arguments, a function and an iterable: `parameter` chooses among the names.
Outcomes by_function(Translation& t, const IntrinsicCall& call) {
    constexpr std::string_view kNames[] = {"filtered", "filtered_false", "taken_while", "dropped_while", "mapped_rows"};
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    if (call.parameter == 0 && call.arguments[0].shape == Shape::None) {
        return follow_over(t, call, "filtered_true", {call.arguments[1]}, 0);
    }
    return follow_over(t, call, kNames[call.parameter], {call.arguments[0], call.arguments[1]}, 1);
}

Outcomes reduce(Translation& t, const IntrinsicCall& call) {
    Value start = has_count(call, 3, 3) ? call.arguments[2] : Value{};
    if (!has_count(call, 2, 3) || !take_keyword(call, "initial", start)) {
        return wrong_count(t, call);
    }
    return start.is_null() ? follow_over(t, call, "reduced", {call.arguments[0], call.arguments[1]}, 1)
                           : follow_over(t, call, "reduced_from", {call.arguments[0], call.arguments[1], start}, 1);
}

Outcomes accumulate(Translation& t, const IntrinsicCall& call) {
    Value function = has_count(call, 2, 2) ? call.arguments[1] : none_value(), start = none_value();
    if (!has_count(call, 1, 2)) {
        return wrong_count(t, call);
    }
    for (const KeywordArgument& keyword : call.keywords) {
        if (keyword.name != "func" && keyword.name != "initial") {
            return wrong_count(t, call);
        }
        (keyword.name == "func" ? function : start) = keyword.value;
    }
    const bool has_start = start.shape != Shape::None;
    if (function.shape == Shape::None && !has_start) {
        return follow_over(t, call, "accumulated", {call.arguments[0]}, 0);
    }
    if (function.shape == Shape::None) {
        function = t.intrinsic("operator.add");
    }
    return has_start ? follow_over(t, call, "accumulated_from", {call.arguments[0], function, start}, 0)
                     : follow_over(t, call, "accumulated_by", {call.arguments[0], function}, 0);
}

/// chain(*rows), and chain.from_iterable(rows) with parameter 1.
Outcomes chain(Translation& t, const IntrinsicCall& call) {
    std::vector<Value> rows(call.arguments.begin(), call.arguments.end());
    if (call.parameter == 1) {
        std::vector<Value> items;
        if (!has_count(call, 1, 1)) {
            return wrong_count(t, call);
        }
        if (!try_items(t, call.arguments[0], items)) {
            return follow_over(t, call, "chained", {call.arguments[0]}, 0);
        }
        rows = std::move(items);
    }
    std::vector<Value> sources, all;
    bool are_known = true;
    for (const Value& row : rows) {
        t.looks().look_into(row);
        are_known = are_known && try_items(t, row, all);
        sources.push_back(iterable(t, row));
        if (sources.back().is_null()) {
            return not_iterable(t, call, row);
        }
    }
    if (are_known) {
        all.clear();
        for (const Value& source : sources) {
            std::vector<Value> items;
            try_items(t, source, items);
            all.insert(all.end(), items.begin(), items.end());
        }
        return t.done(row_iterator(t, std::move(all)));
    }
    return t.follow("chained", {t.row(Shape::Tuple, std::move(sources))});
}

Outcomes pairwise(Translation& t, const IntrinsicCall& call) {
    return has_count(call, 1, 1) ? follow_over(t, call, "paired", {call.arguments[0]}, 0) : wrong_count(t, call);
}

/// All rows of one item of each column, the last changing fastest.
std::vector<Value> product_rows(Translation& t, const std::vector<std::vector<Value>>& columns) {
    std::vector<std::vector<Value>> rows{{}};
    for (const std::vector<Value>& column : columns) {
        std::vector<std::vector<Value>> longer;
        for (const std::vector<Value>& row : rows) {
            for (const Value& item : column) {
                longer.push_back(row);
                longer.back().push_back(item);
            }
        }
        rows = std::move(longer);
    }
    std::vector<Value> made;
    for (std::vector<Value>& row : rows) {
        made.push_back(t.row(Shape::Tuple, std::move(row)));
    }
    return made;
}

Outcomes product(Translation& t, const IntrinsicCall& call) {
    Value repeat = t.int_constant(1);
    if (!call.keywords.empty()) {
        repeat = call.keywords[0].value;
        if (call.keywords.size() > 1 || call.keywords[0].name != "repeat") {
            return wrong_count(t, call);
        }
    }
    const std::optional<int64_t> times = t.known_int(repeat);
    if (!times || *times < 0 || *times > 8) {
        return t.unsupported("itertools.product() with this 'repeat'", {}, "write nested loops");
    }
    std::vector<Value> sources;
    std::vector<std::vector<Value>> columns;
    size_t size = 1;
    bool are_known = true;
    for (int64_t i = 0; i < *times; ++i) {
        for (const Value& argument : call.arguments) {
            sources.push_back(iterable(t, argument));
            if (sources.back().is_null()) {
                return not_iterable(t, call, argument);
            }
            are_known = are_known && try_items(t, sources.back(), columns.emplace_back());
            size *= are_known ? columns.back().size() : 1;
            are_known = are_known && size <= kMostRows;
        }
    }
    if (are_known) {
        return t.done(row_iterator(t, product_rows(t, columns)));
    }
    if (sources.size() != 2 && sources.size() != 3) {
        return t.unsupported("itertools.product() of these", {}, "write nested loops");
    }
    const std::string_view name = sources.size() == 2 ? "product_of_two" : "product_of_three";
    return t.follow(name, std::move(sources));
}

/// The choices of `count` positions among `size`, in itertools' order: ascending ones, or (permutations) any.
void choose(size_t size, size_t count, bool is_ascending, std::vector<size_t>& chosen,
            std::vector<std::vector<size_t>>& all) {
    if (chosen.size() == count || all.size() > kMostRows) {
        all.push_back(chosen);
        return;
    }
    for (size_t i = is_ascending && !chosen.empty() ? chosen.back() + 1 : 0; i < size; ++i) {
        if (std::find(chosen.begin(), chosen.end(), i) == chosen.end()) {
            chosen.push_back(i);
            choose(size, count, is_ascending, chosen, all);
            chosen.pop_back();
        }
    }
}

/// combinations (parameter 0) and permutations (1).
Outcomes choices(Translation& t, const IntrinsicCall& call) {
    const bool is_ascending = call.parameter == 0;
    if (!has_count(call, is_ascending ? 2 : 1, 2)) {
        return wrong_count(t, call);
    }
    const Value source = iterable(t, call.arguments[0]);
    if (source.is_null()) {
        return not_iterable(t, call, call.arguments[0]);
    }
    std::vector<Value> items;
    const bool are_known = try_items(t, source, items);
    const bool is_whole = call.arguments.size() == 1 || call.arguments[1].shape == Shape::None;
    const std::optional<int64_t> given = is_whole ? std::nullopt : t.known_int(call.arguments[1]);
    if (are_known && (is_whole || (given && *given >= 0))) {
        std::vector<size_t> chosen;
        std::vector<std::vector<size_t>> all;
        choose(items.size(), is_whole ? items.size() : static_cast<size_t>(*given), is_ascending, chosen, all);
        std::vector<Value> rows;
        for (const std::vector<size_t>& places : all) {
            std::vector<Value> row;
            for (const size_t place : places) {
                row.push_back(items[place]);
            }
            rows.push_back(t.row(Shape::Tuple, std::move(row)));
        }
        if (rows.size() <= kMostRows) {
            return t.done(row_iterator(t, std::move(rows)));
        }
    }
    if (given == 2) {
        return t.follow(is_ascending ? "combinations_of_two" : "permutations_of_two", {source});
    }
    if (given == 3 && is_ascending) {
        return t.follow("combinations_of_three", {source});
    }
    return t.unsupported(std::string(call.name) + "() of these", {}, "write nested loops");
}

/// index (parameter 0) and count (1) of tuples and lists.
Outcomes search(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return call.arguments.size() < 2 ? wrong_count(t, call)
                                         : t.unsupported(std::string(call.name) + "() with bounds", {}, "slice first");
    }
    return follow_over(t, call, call.parameter == 0 ? "row_index" : "row_count", {call.arguments[0], call.arguments[1]},
                       0);
}

Outcomes copy(Translation& t, const IntrinsicCall& call) {
    const IntrinsicEntry* list = find_intrinsic("builtins.list");
    return has_count(call, 1, 1) ? list->call(t, {list->name, call.arguments, {}, list->parameter})
                                 : wrong_count(t, call);
}

/// What is called with something that it takes first.
Value bound(Translation& t, const Value& callee, std::vector<Value> first, std::span<const KeywordArgument> keywords) {
    Node& node = t.node();
    node.items = std::move(first);
    node.items.insert(node.items.begin(), callee);
    std::vector<std::string> names;
    for (const KeywordArgument& keyword : keywords) {
        names.emplace_back(keyword.name);
        node.items.push_back(keyword.value);
    }
    node.record = names.empty() ? nullptr : record_shape(RecordForm::Dict, 0, "dict", std::move(names));
    return {.shape = Shape::BoundMethod, .node = &node};
}

Outcomes partial(Translation& t, const IntrinsicCall& call) {
    if (call.arguments.empty()) {
        return wrong_count(t, call);
    }
    const std::vector<Value> first(call.arguments.begin() + 1, call.arguments.end());
    const auto is_iterator = [](const Value& value) { return value.is_iterator(); };
    if (std::any_of(first.begin(), first.end(), is_iterator)) {
        return t.unsupported("functools.partial() of an iterator", {}, "make it a tuple");
    }
    return t.done(bound(t, call.arguments[0], first, call.keywords));
}

/// operator.itemgetter and attrgetter.
Outcomes getter(Translation& t, const IntrinsicCall& call) {
    constexpr std::string_view kNames[2][3] = {{"item_of", "items_of", "items_of_all"},
                                               {"attribute_of", "attributes_of", "attributes_of_all"}};
    if (call.arguments.empty()) {
        return wrong_count(t, call);
    }
    const auto has_dot = [](const Value& name) {
        return constant_text(name) && constant_text(name)->find('.') != std::string::npos;
    };
    if (call.parameter == 1 && std::any_of(call.arguments.begin(), call.arguments.end(), has_dot)) {
        return t.unsupported("operator.attrgetter() of a name with a dot", {}, "write a lambda");
    }
    const std::string_view name = kNames[call.parameter][std::min<size_t>(call.arguments.size(), 3) - 1];
    const std::vector<Value> keys(call.arguments.begin(), call.arguments.end());
    return t.done(bound(t, t.from_binding(t.environment().prelude(name)), keys, {}));
}

/// getattr(object, name) of a constant name, also with a default for instances.
Outcomes get_attribute(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 3)) {
        return wrong_count(t, call);
    }
    const Value &object = call.arguments[0], &name = call.arguments[1];
    if (name.shape != Shape::Object || !name.node->text) {
        return t.unsupported("getattr() of a computed name", {}, "choose with if");
    }
    if (call.arguments.size() == 3) {
        if (!is_instance_record(object)) {
            return t.unsupported("getattr() with a default of a " + quoted(type_name(object)), {}, "test its type");
        }
        const Binding found = t.environment().class_attribute(object.node->record->class_id, *name.node->text);
        const bool is_in_class = found.kind != Binding::Kind::Missing && found.kind != Binding::Kind::Field;
        if (!is_in_class && field(t, object, *name.node->text).is_null()) {
            return t.done(call.arguments[2]);
        }
    }
    return attribute(t, object, *name.node->text);
}

/// hasattr(object, name) of a constant name.
Outcomes has_attribute(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    const Value &object = call.arguments[0], &name = call.arguments[1];
    const std::string* text = constant_text(name);
    if (!text) {
        return t.unsupported("hasattr() of a computed name", {}, "choose with if");
    }
    const bool is_record = (is_instance_record(object) || is_named_tuple(object)) && !is_number_object(object);
    if (!is_record) {
        // What has a compiled form is there; of other names nothing is known. Some are younger than some CPythons.
        const bool is_there = object.is_known() && !is_dict(object) && *text != "is_integer" &&
                              find_intrinsic(type_name(object) + "." + *text) != nullptr;
        return is_there ? t.done(t.bool_constant(true))
                        : t.unsupported("hasattr() of a " + quoted(type_name(object)), {},
                                        object.shape == Shape::Module ? "ask outside the function, and name the answer"
                                                                      : "test its type");
    }
    const Binding found = t.environment().class_attribute(object.node->record->class_id, *text);
    if (found.kind == Binding::Kind::Property) {
        return t.unsupported("hasattr() of a property", "it may raise", "catch AttributeError");
    }
    const bool is_in_class = found.kind != Binding::Kind::Missing && found.kind != Binding::Kind::Field;
    const bool is_tuple_field = is_named_tuple(object) && found.kind == Binding::Kind::Field;
    return t.done(t.bool_constant(is_in_class || is_tuple_field || !field(t, object, *text).is_null()));
}

constexpr IntrinsicEntry kFunctional[] = {
    {"functools.partial", partial, 0, false, true, true},
    {"operator.itemgetter", getter, 0},
    {"operator.attrgetter", getter, 1},
    {"builtins.getattr", get_attribute, 0, false, false, true},
    {"builtins.hasattr", has_attribute, 0, false, false, true},
    {"list.index", search, 0},
    {"tuple.index", search, 0},
    {"list.count", search, 1},
    {"tuple.count", search, 1},
    {"Array.index", search, 0},
    {"Array.count", search, 1},
    {"Array.tolist", copy, 0, false, false, true},
    {"list.copy", copy, 0, false, false, true},
    {"builtins.map", map, 0, false, false, true},
    {"builtins.filter", by_function, 0, false, false, true},
    {"itertools.filterfalse", by_function, 1, false, false, true},
    {"itertools.takewhile", by_function, 2, false, false, true},
    {"itertools.dropwhile", by_function, 3, false, false, true},
    {"itertools.starmap", by_function, 4, false, false, true},
    {"functools.reduce", reduce, 0, false, true, true},
    {"itertools.accumulate", accumulate, 0, false, true, true},
    {"itertools.chain", chain, 0, false, false, true},
    {"itertools.chain.from_iterable", chain, 1, false, false, true},
    {"itertools.pairwise", pairwise, 0, false, false, true},
    {"itertools.product", product, 0, false, true, true},
    {"itertools.combinations", choices, 0, false, false, true},
    {"itertools.permutations", choices, 1, false, false, true},
};

}  // namespace

std::span<const IntrinsicEntry> functional_intrinsics() {
    return kFunctional;
}

}  // namespace pp::frontend
