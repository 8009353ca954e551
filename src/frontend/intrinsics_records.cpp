/// Methods of dicts with constant keys, and what classes have from tuple and object.
#include <algorithm>
#include <string>

#include "frontend/array_elements.h"
#include "frontend/hash_tables.h"
#include "frontend/intrinsics_support.h"
#include "frontend/keys.h"
#include "frontend/mappings.h"
#include "frontend/records.h"
#include "frontend/sequences.h"
#include "frontend/tables.h"

namespace pp::frontend {
namespace {

Outcomes get(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 3)) {
        return wrong_count(t, call);
    }
    const Value &dict = call.arguments[0], &key = call.arguments[1];
    const Value fallback = has_count(call, 3, 3) ? call.arguments[2] : none_value();
    if (is_hash_dict(dict)) {
        return hash_get(t, dict, key, fallback);
    }
    const bool is_computed = is_dict(dict) && !constant_text(key);
    const Value table = is_computed || dict.shape == Shape::Table ? as_table(t, dict) : Value{};
    if (table.shape == Shape::Table && type_name(table) == "dict") {
        return table_get(t, table, key, fallback);
    }
    if (const Value all = is_computed ? as_mapping(t, dict) : dict; all.shape == Shape::Mapping) {
        return mapping_get(t, all, key, fallback);
    }
    if (!is_dict(dict)) {
        return wrong_type(t, call, dict);
    }
    return then(t, dict_contains(t, dict, key), [&](const Value& found) {
        return t.known_bool(found.leaf) == true ? dict_item(t, dict, key) : t.done(fallback);
    });
}

/// keys (parameter 0), items (1) and values (2) of dicts, to be iterated over.
Outcomes parts(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    if (const Value& own = call.arguments[0]; is_hash_dict(own)) {
        return t.done(call.parameter == 0   ? view(t, "dict_keys", {hash_keys(own)})
                      : call.parameter == 1 ? view(t, "zip", {hash_keys(own), hash_values(own)})
                                            : view(t, "dict_values", {hash_values(own)}));
    }
    if (is_array_record(call.arguments[0]) && call.parameter != 0) {
        // A write while they are iterated over would be seen.
        return t.unsupported(std::string(call.name) + "() of a dict in an Array that the function writes to", {},
                             "look its keys up");
    }
    const Value table = as_table(t, call.arguments[0]), all = as_mapping(t, call.arguments[0]);
    const bool is_table = table.shape == Shape::Table && type_name(table) == "dict";
    if (is_table && (!holds_mixed(table_values(table)) || all.is_null())) {
        return t.done(call.parameter == 0   ? view(t, "dict_keys", {table_keys(table)})
                      : call.parameter == 1 ? view(t, "zip", {table_keys(table), table_values(table)})
                                            : view(t, "dict_values", {table_values(table)}));
    }
    std::vector<Value> items;
    if (all.is_null() || !mapping_items(t, all, call.parameter != 0, items)) {
        return t.unsupported(std::string(call.name) + "() of this dict", "its keys are not known one by one");
    }
    for (Value& item : items) {
        item = call.parameter == 2 ? item.items()[1] : item;
    }
    return t.done(row_iterator(t, std::move(items)));
}

/// namedtuple._replace(**fields) (parameter 0) and _asdict() (1).
Outcomes of_named_tuple(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1) || !is_named_tuple(call.arguments[0])) {
        return t.unsupported(std::string(call.name) + "() of these values", {}, "call it on a namedtuple");
    }
    const Value& given = call.arguments[0];
    const RecordShape& shape = *given.node->record;
    std::vector<Value> fields = given.items();
    for (const KeywordArgument& keyword : call.keywords) {
        const size_t index = shape.find(std::string(keyword.name));
        if (index == RecordShape::kNoField || call.parameter == 1) {
            return t.raises("ValueError", "Got unexpected field names");
        }
        fields[index] = keyword.value;
    }
    return t.done(t.record(call.parameter == 0 ? &shape : record_shape(RecordForm::Dict, 0, "dict", shape.fields),
                           std::move(fields)));
}

/// dict() of pairs that are known one by one: a record where the keys are constant text.
Outcomes dict_of_pairs(Translation& t, std::span<const Value> pairs) {
    std::vector<Value> keys, values;
    std::vector<std::string> names;
    for (const Value& pair : pairs) {
        if (!pair.is_row() || pair.items().size() != 2 || pair.items()[1].is_iterator()) {
            return t.unsupported("dict() of a row of these", {}, "give it pairs of a key and a value");
        }
        const Value& key = pair.items()[0];
        if (const std::optional<KeyFault> fault = key_fault(t, key)) {
            return no_key(t, *fault);
        }
        if (!kind_of(key)) {
            return t.unsupported("a key of type " + quoted(type_name(key)), {},
                                 "use numbers, text, and tuples of these");
        }
        keys.push_back(key);
        values.push_back(pair.items()[1]);
        if (const std::string* text = constant_text(key);
            text && std::find(names.begin(), names.end(), *text) == names.end()) {
            names.push_back(*text);
        }
    }
    return names.size() == keys.size()
               ? t.done(t.record(record_shape(RecordForm::Dict, 0, "dict", std::move(names)), std::move(values)))
               : t.done(mapping(t, "dict", std::move(keys), std::move(values)));
}

/// dict(**fields), dict(a_dict), dict(pairs).
Outcomes make_dict(Translation& t, const IntrinsicCall& call) {
    std::vector<std::string> names;
    std::vector<Value> fields;
    if (has_count(call, 1, 1)) {
        const Value& other = call.arguments[0];
        if (is_hash_dict(other) && call.keywords.empty()) {
            const std::optional<Value> copy = copy_of_hash_table(t, other);
            return copy ? t.done(as_plain_dict(t, *copy))
                        : t.unsupported("copying a dict that holds lists", "both would hold the same lists");
        }
        if (std::vector<Value> pairs; !is_dict(other) && call.keywords.empty() && try_items(t, other, pairs)) {
            return dict_of_pairs(t, pairs);
        }
        if (!is_dict(other) || other.node->record->form != RecordForm::Dict) {
            return t.unsupported("dict() of a " + quoted(type_name(other)), {}, "write a dict display");
        }
        t.looks().look_at_keys(other);
        names = other.node->record->fields;
        fields = other.items();
    } else if (!has_count(call, 0, 0)) {
        return wrong_count(t, call);
    }
    for (const KeywordArgument& keyword : call.keywords) {
        const auto known = std::find(names.begin(), names.end(), keyword.name);
        if (known == names.end()) {
            names.emplace_back(keyword.name);
            fields.push_back(keyword.value);
        } else {
            fields[static_cast<size_t>(known - names.begin())] = keyword.value;
        }
    }
    return t.done(t.record(record_shape(RecordForm::Dict, 0, "dict", std::move(names)), std::move(fields)));
}

/// tuple.__new__(Class, items): what every namedtuple is made by.
Outcomes new_tuple(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2) || call.arguments[0].shape != Shape::Class) {
        return t.unsupported("tuple.__new__() of these values", {}, "call the class");
    }
    const RecordShape* shape = t.environment().class_shape(call.arguments[0].number);
    std::vector<Value> items;
    if (!try_items(t, call.arguments[1], items)) {
        return wrong_type(t, call, call.arguments[1]);
    }
    if (shape->form != RecordForm::NamedTuple || items.size() != shape->fields.size()) {
        return t.unsupported("a namedtuple of another length", {}, "call the class");
    }
    return t.done(t.record(shape, std::move(items)));
}

/// object.__init__(self), at the end of a chain of super().__init__().
Outcomes initialise(Translation& t, const IntrinsicCall& call) {
    const bool is_plain = call.arguments.size() == 1 && call.keywords.empty() && is_instance_record(call.arguments[0]);
    return is_plain ? t.done(none_value()) : t.unsupported("object.__init__() of these values", {});
}

Outcomes super_of(Translation& t, const IntrinsicCall& call) {
    return super_object(t, t.intrinsic(call.name), call.arguments);
}

Outcomes not_called(Translation& t, const IntrinsicCall& call) {
    return t.unsupported(std::string(call.name) + "()", {}, "call the class");
}

/// What Translator::call_table_method does, where it is called as `dict.pop(d, key)`.
Outcomes on_its_type(Translation& t, const IntrinsicCall& call) {
    return t.unsupported(std::string(call.name) + "()", {}, "call it as a method of the object");
}

constexpr IntrinsicEntry kRecords[] = {
    {"tuple.__new__", new_tuple, 0, false, false, true},
    {"object.__new__", not_called, 0, false, true},
    {"object.__init__", initialise, 0, false, true, true},
    {"builtins.super", super_of, 0, false, false, true},
    {"object.__setattr__", not_called},
    {"object.__eq__", not_called},
    {"object.__ne__", not_called},
    {"object.__lt__", not_called},
    {"object.__le__", not_called},
    {"object.__gt__", not_called},
    {"object.__ge__", not_called},
    {"tuple._replace", of_named_tuple, 0, false, true, true},
    {"tuple._asdict", of_named_tuple, 1, false, false, true},
    {"builtins.dict", make_dict, 0, false, true, true},
    {"dict.get", get, 0, false, false, true},
    {"collections.defaultdict", on_its_type, 0, false, false, true},
    {"dict.fromkeys", on_its_type, 0, false, false, true},
    {"dict.setdefault", on_its_type, 0, false, false, true},
    {"dict.pop", on_its_type, 0, false, false, true},
    {"dict.popitem", on_its_type, 0, false, false, true},
    {"dict.update", on_its_type, 0, false, false, true},
    {"dict.clear", on_its_type, 0, false, false, true},
    {"dict.copy", on_its_type, 0, false, false, true},
    {"set.add", on_its_type, 0, false, false, true},
    {"set.discard", on_its_type, 0, false, false, true},
    {"set.remove", on_its_type, 0, false, false, true},
    {"set.update", on_its_type, 0, false, false, true},
    {"set.clear", on_its_type, 0, false, false, true},
    {"set.copy", on_its_type, 0, false, false, true},
    {"dict.keys", parts, 0, false, false, true},
    {"dict.items", parts, 1, false, false, true},
    {"dict.values", parts, 2, false, false, true},
};

}  // namespace

std::span<const IntrinsicEntry> record_intrinsics() {
    return kRecords;
}

}  // namespace pp::frontend
