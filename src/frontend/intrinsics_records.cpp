/// Methods of dicts with constant keys, and what classes have from tuple and object.
#include <string>

#include "frontend/intrinsics_support.h"
#include "frontend/records.h"

namespace pp::frontend {
namespace {

Outcomes get(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 3)) {
        return wrong_count(t, call);
    }
    const Value &dict = call.arguments[0], &key = call.arguments[1];
    if (!is_dict(dict)) {
        return wrong_type(t, call, dict);
    }
    return then(t, dict_contains(t, dict, key), [&](const Value& found) {
        const Value fallback = has_count(call, 3, 3) ? call.arguments[2] : none_value();
        return t.known_bool(found.leaf) == true ? dict_item(t, dict, key) : t.done(fallback);
    });
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

Outcomes not_called(Translation& t, const IntrinsicCall& call) {
    return t.unsupported(std::string(call.name) + "()", {}, "call the class");
}

constexpr IntrinsicEntry kRecords[] = {
    {"tuple.__new__", new_tuple, 0, false, false, true},
    {"object.__new__", not_called, 0, false, true},
    {"object.__init__", not_called, 0, false, true},
    {"object.__setattr__", not_called},
    {"object.__eq__", not_called},
    {"object.__ne__", not_called},
    {"dict.get", get, 0, false, false, true},
};

}  // namespace

std::span<const IntrinsicEntry> record_intrinsics() {
    return kRecords;
}

}  // namespace pp::frontend
