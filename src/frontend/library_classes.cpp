/// See library_classes.h.
#include "frontend/library_classes.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "frontend/records.h"
#include "frontend/sequences.h"
#include "ir/items_type.h"

namespace pp::frontend {
namespace {

constexpr std::string_view kDeque = "collections.deque", kCounter = "collections.Counter",
                           kDefaultDict = "collections.defaultdict";

std::string_view own_name(std::string_view name) {
    return name.substr(name.rfind('.') + 1);
}

}  // namespace

std::string_view library_class(Translation& t, const Value& value) {
    if (value.shape != Shape::Record || value.node->record->form != RecordForm::Object) {
        return {};
    }
    for (const std::string_view name : {kDeque, kCounter}) {
        const RecordShape& shape = *value.node->record;
        if (shape.class_name == own_name(name) && t.environment().prelude(own_name(name)).id == shape.class_id) {
            return name;
        }
    }
    return {};
}

std::optional<bool> is_library_instance(Translation& t, const Value& value, std::string_view name) {
    if (name != kDeque && name != kCounter && name != kDefaultDict) {
        return std::nullopt;
    }
    if (value.shape == Shape::Opaque || value.shape == Shape::Object || value.is_carried()) {
        return std::nullopt;
    }
    const bool is_default =
        (value.shape == Shape::Mapping || value.shape == Shape::HashTable) && value.node->fallback != Shape::Null;
    return name == kDefaultDict ? is_default : library_class(t, value) == name;
}

Value counts_of(Translation& t, const Value& value) {
    return library_class(t, value) == kCounter ? field(t, value, "_counts") : value;
}

Value library_items(Translation& t, const Value& value) {
    const auto record = [&](ItemsType type, std::vector<std::string> names, std::vector<Value> fields) {
        return t.record(
            record_shape(RecordForm::Items, static_cast<uint64_t>(type), items_type_name(type), std::move(names)),
            std::move(fields));
    };
    if (library_class(t, value) == kCounter) {
        return record(ItemsType::Counter, {"counts"}, {field(t, value, "_counts")});
    }
    const Value items = field(t, value, "_items"), head = field(t, value, "_head");
    return record(ItemsType::Deque, {"items", "head", "maxlen"}, {items, head, field(t, value, "_limit")});
}

}  // namespace pp::frontend
