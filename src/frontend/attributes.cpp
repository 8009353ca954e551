/// See attributes.h.
#include "frontend/attributes.h"

#include <algorithm>
#include <iterator>

#include "frontend/arrays.h"
#include "frontend/enums.h"
#include "frontend/intrinsics.h"
#include "frontend/numbers.h"
#include "frontend/records.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

constexpr std::string_view kBuiltins = "builtins.";

const IntrinsicEntry* find_attribute(std::string_view type, std::string_view name) {
    const IntrinsicEntry* entry = find_intrinsic(std::string(type) + "." + std::string(name));
    return !entry && type == "bool" ? find_attribute("int", name) : entry;
}

bool changes_list(std::string_view method) {
    constexpr std::string_view kMethods[] = {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"};
    return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

}  // namespace

bool changes_container(const Value& object, std::string_view method) {
    constexpr std::string_view kMethods[] = {"add",
                                             "appendleft",
                                             "difference_update",
                                             "discard",
                                             "extendleft",
                                             "fill",
                                             "intersection_update",
                                             "move_to_end",
                                             "popitem",
                                             "popleft",
                                             "rotate",
                                             "setdefault",
                                             "subtract",
                                             "symmetric_difference_update",
                                             "update",
                                             "__delitem__",
                                             "__setitem__"};
    return changes_list(method) ||
           (!object.is_list() && std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods));
}

Outcomes attribute(Translation& t, const Value& object, std::string_view name) {
    if (object.shape == Shape::None) {
        const std::string what = "'NoneType' object has no attribute " + quoted(name);
        return name.starts_with("__") ? t.unsupported("the attribute " + quoted(name) + " of None", {})
                                      : t.raises("AttributeError", what);
    }
    if (is_number_object(object)) {
        return number_attribute(t, object, name);
    }
    if (object.shape == Shape::Record && !is_dict(object)) {
        return record_attribute(t, object, name);
    }
    if (object.shape == Shape::Object && is_enum_member(object)) {
        return member_attribute(t, object, name);
    }
    if (object.shape == Shape::Super) {
        return super_attribute(t, object, name);
    }
    if (object.shape == Shape::Exception && name == "args" && object.node->length >= 0) {
        return t.done(t.row(Shape::Tuple, object.items()));
    }
    if (object.shape == Shape::Class && name != "__name__") {
        return class_attribute(t, object, name);
    }
    if (object.is_list() && changes_list(name)) {
        return t.done(t.method("list." + std::string(name), object));
    }
    if (const Value text = as_text(t, object); !text.is_null()) {
        if (const IntrinsicEntry* entry = find_attribute("str", name)) {
            return t.done(t.method(entry->name, object));
        }
    } else if ((object.has_kind() && !object.is_carried()) || object.shape == Shape::Mapping ||
               object.shape == Shape::HashTable || object.shape == Shape::Table) {
        if (const IntrinsicEntry* entry = find_attribute(type_name(object), name)) {
            return entry->is_property ? entry->call(t, {entry->name, {&object, 1}, {}, entry->parameter})
                                      : t.done(t.method(entry->name, object));
        }
    }
    if (object.shape == Shape::Intrinsic && object.node->name.substr(0, kBuiltins.size()) == kBuiltins) {
        const IntrinsicEntry* entry = find_attribute(object.node->name.substr(kBuiltins.size()), name);
        if (entry && !entry->is_property) {
            return t.done(t.intrinsic(entry->name));
        }
    }
    const bool is_named =
        object.shape == Shape::Class || object.shape == Shape::Intrinsic || object.shape == Shape::ExceptionClass;
    if (name == "__name__" && (is_named || object.shape == Shape::Function)) {
        const std::string_view full =
            is_named ? object.node->name : std::string_view(object.node->function->code->name);
        return t.done(as_text(t, t.object(~uint32_t{0}, "str", t.keep(full.substr(full.rfind('.') + 1)))));
    }
    if (object.shape == Shape::Intrinsic) {
        if (const IntrinsicEntry* entry = find_intrinsic(std::string(object.node->name) + "." + std::string(name))) {
            return t.done(t.intrinsic(entry->name));
        }
    }
    const std::string what = "the attribute " + quoted(name) + " of " + quoted(type_name(object)) + " objects";
    if (is_array(object)) {
        return t.unsupported(what,
                             "a function reads the elements of an Array, and for_each assigns to them; its length "
                             "does not change",
                             "take other attributes and call other methods outside of the function");
    }
    return t.unsupported(what, {});
}

bool is_list_change(std::string_view method) {
    return method.substr(0, 5) == "list." && changes_list(method.substr(5));
}

}  // namespace pp::frontend
