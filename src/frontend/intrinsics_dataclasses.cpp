/// dataclasses.asdict() and astuple(): an instance's fields as a dict or a tuple, and so for what is in them.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "frontend/intrinsics_support.h"
#include "frontend/numbers.h"
#include "frontend/records.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

std::optional<Value> plain(Translation& t, const Value& value, bool is_dict);

std::optional<std::vector<Value>> plain_items(Translation& t, const std::vector<Value>& items, bool is_dict) {
    std::vector<Value> made;
    for (const Value& item : items) {
        t.looks().look(item);
        std::optional<Value> one = plain(t, item, is_dict);
        if (!one) {
            return std::nullopt;
        }
        made.push_back(*std::move(one));
    }
    return made;
}

/// What an instance of a dataclass becomes; nothing for any other.
std::optional<Value> plain_instance(Translation& t, const Value& value, bool is_dict) {
    std::vector<std::string> names = t.environment().dataclass_fields(value.node->record->class_id);
    std::vector<Value> fields;
    for (const std::string& name : names) {
        fields.push_back(field(t, value, name));
        if (fields.back().is_null()) {
            return std::nullopt;
        }
    }
    std::optional<std::vector<Value>> items = plain_items(t, fields, is_dict);
    if (names.empty() || !items) {
        return std::nullopt;
    }
    return is_dict ? t.record(record_shape(RecordForm::Dict, 0, "dict", std::move(names)), *std::move(items))
                   : t.row(Shape::Tuple, *std::move(items));
}

/// A copy, as the function makes it of a field's value; nothing where that has no compiled form.
std::optional<Value> plain(Translation& t, const Value& value, bool is_dict) {
    if (is_instance_record(value) && !is_number_object(value)) {
        return plain_instance(t, value, is_dict);
    }
    if (value.is_row()) {
        std::optional<std::vector<Value>> items = plain_items(t, value.items(), is_dict);
        return items ? std::optional(t.row(value.shape, *std::move(items))) : std::nullopt;
    }
    if (value.shape == Shape::Sequence) {
        const KindRef kind = value.node->kind;
        return holds_lists(kind->item)
                   ? std::nullopt
                   : std::optional(copy_of(t, value, kind, t.constant(int64_t{0}), length_of(value)));
    }
    const bool is_atom = value.is_number() || value.shape == Shape::None || value.shape == Shape::Complex ||
                         !as_text(t, value).is_null();
    return is_atom ? std::optional(value) : std::nullopt;
}

Outcomes plain_fields(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    const Value& given = call.arguments[0];
    const std::optional<Value> made =
        is_instance_record(given) ? plain_instance(t, given, call.parameter == 0) : std::nullopt;
    return made ? t.done(*made)
                : t.unsupported(std::string(call.name) + "() of these values", {},
                                "call it on dataclasses of numbers, text, rows and dataclasses");
}

Outcomes not_called(Translation& t, const IntrinsicCall& call) {
    return t.unsupported(std::string(call.name) + "()", {}, "call it in a function of your own");
}

constexpr IntrinsicEntry kDataclasses[] = {
    {"dataclasses.asdict", plain_fields, 0, false, false, true},
    {"dataclasses.astuple", plain_fields, 1, false, false, true},
    {"dataclasses.replace", not_called, 0, false, true, true},
};

}  // namespace

std::span<const IntrinsicEntry> dataclass_intrinsics() {
    return kDataclasses;
}

}  // namespace pp::frontend
