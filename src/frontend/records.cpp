/// See records.h.
#include "frontend/records.h"

#include "base/error.h"
#include "frontend/enums.h"
#include "frontend/mappings.h"
#include "frontend/numbers.h"
#include "frontend/operators.h"
#include "frontend/sequences.h"
#include "frontend/tables.h"

namespace pp::frontend {
namespace {

/// Of a record, or of a member of an enum that is a constant.
Value class_of(Translation& t, const Value& self) {
    return t.class_value(self.shape == Shape::Record ? *self.node->record
                                                     : *t.environment().class_shape(self.node->class_id));
}

/// Whether operators are looked for in its class. Members that are ints compute as these.
bool has_class_operators(const Value& value) {
    return value.shape == Shape::Object ? is_enum_member(value) && !value.node->number
                                        : value.shape == Shape::Record && !is_dict(value);
}

/// What is found in the class under a name, seen through an instance.
Outcomes through_class(Translation& t, const Binding& found, const Value& self, std::string_view name) {
    const Value value = t.from_binding(found);
    switch (found.kind) {
    case Binding::Kind::Property: return t.follow(t.from_function(found.id), {self});
    case Binding::Kind::Function:
        if (found.takes_class) {
            return t.done(bound_method(t, value, class_of(t, self)));
        }
        return t.done(found.is_static ? value : bound_method(t, value, self));
    case Binding::Kind::Uniform:
    case Binding::Kind::Table:
    case Binding::Kind::Object:
    case Binding::Kind::Class: return t.done(value);
    default:
        return t.unsupported("the attribute " + quoted(name) + " of " + quoted(type_name(self)) + " objects",
                             "its class has an object of type " + quoted(found.name) + " there",
                             "use fields, constants, methods and properties of plain Python");
    }
}

Outcomes no_attribute(Translation& t, const Value& object, std::string_view name) {
    return t.raises("AttributeError", quoted(type_name(object)) + " object has no attribute " + quoted(name));
}

constexpr std::string_view kBinaryNames[] = {"add", "and", "floordiv", "lshift", "matmul",  "mul", "mod",
                                             "or",  "pow", "rshift",   "sub",    "truediv", "xor"};

Binding find_in_class(Translation& t, const Value& record, std::string_view name) {
    return t.environment().class_attribute(class_id_of(record), name);
}

Outcomes no_operator(Translation& t, std::string_view name, const Value& value) {
    return t.unsupported("the operator method " + quoted(name) + " of " + quoted(type_name(value)), {},
                         "write it in Python, or compute with the fields");
}

}  // namespace

std::string_view method_name(BinaryOperator op) {
    switch (op) {
    case BinaryOperator::Add: return kBinaryNames[0];
    case BinaryOperator::And: return kBinaryNames[1];
    case BinaryOperator::FloorDivide: return kBinaryNames[2];
    case BinaryOperator::LeftShift: return kBinaryNames[3];
    case BinaryOperator::MatrixMultiply: return kBinaryNames[4];
    case BinaryOperator::Multiply: return kBinaryNames[5];
    case BinaryOperator::Modulo: return kBinaryNames[6];
    case BinaryOperator::Or: return kBinaryNames[7];
    case BinaryOperator::Power: return kBinaryNames[8];
    case BinaryOperator::RightShift: return kBinaryNames[9];
    case BinaryOperator::Subtract: return kBinaryNames[10];
    case BinaryOperator::TrueDivide: return kBinaryNames[11];
    case BinaryOperator::Xor: return kBinaryNames[12];
    }
    return {};
}

std::string_view method_name(UnaryOperator op) {
    switch (op) {
    case UnaryOperator::Negative: return "__neg__";
    case UnaryOperator::Positive: return "__pos__";
    case UnaryOperator::Invert: return "__invert__";
    case UnaryOperator::Not:
    case UnaryOperator::ToBool: break;
    }
    return "__bool__";
}

bool is_dict(const Value& value) {
    return value.shape == Shape::Record && value.node->record->is_dict();
}

bool is_named_tuple(const Value& value) {
    return value.shape == Shape::Record && value.node->record->form == RecordForm::NamedTuple;
}

bool is_instance_record(const Value& value) {
    return value.shape == Shape::Record && value.node->record->form == RecordForm::Object;
}

Value as_plain_tuple(const Value& value) {
    return is_named_tuple(value) ? Value{.shape = Shape::Tuple, .node = value.node} : value;
}

Value field(Translation& t, const Value& record, const std::string& name) {
    const size_t index = record.node->record->find(name);
    if (index == RecordShape::kNoField || record.items()[index].is_null()) {
        t.looks().look_at_absence(record, name);
        return {};
    }
    t.looks().touch(record.items()[index]);
    return record.items()[index];
}

Outcomes record_attribute(Translation& t, const Value& record, std::string_view name) {
    if (name == "__class__") {
        return t.done(class_of(t, record));
    }
    if (is_named_tuple(record) && (name == "_replace" || name == "_asdict")) {
        return t.done(t.method("tuple." + std::string(name), record));
    }
    const Binding found = find_in_class(t, record, name);
    // A data descriptor comes before the instance's own attribute, anything else behind it.
    if (found.kind == Binding::Kind::Field || !found.overrides_fields) {
        const bool is_tuple_field = is_named_tuple(record) && found.kind != Binding::Kind::Field;
        const Value own = is_tuple_field ? Value{} : field(t, record, std::string(name));
        if (!own.is_null()) {
            return t.done(own);
        }
    }
    if (found.kind == Binding::Kind::Missing || found.kind == Binding::Kind::Field) {
        return no_attribute(t, record, name);
    }
    return through_class(t, found, record, name);
}

Outcomes member_attribute(Translation& t, const Value& member, std::string_view name) {
    if (name == "__class__") {
        return t.done(class_of(t, member));
    }
    const Binding found = t.environment().class_attribute(member.node->class_id, name);
    if (!found.overrides_fields) {
        const Binding own = t.environment().member_attribute(member.number, name);
        if (own.kind != Binding::Kind::Missing && own.kind != Binding::Kind::Unsupported) {
            return t.done(t.from_binding(own));
        }
    }
    if (found.kind == Binding::Kind::Missing) {
        return no_attribute(t, member, name);
    }
    return through_class(t, found, member, name);
}

Value bound_method(Translation& t, const Value& function, const Value& self) {
    Node& node = t.node();
    node.items = {function, self};
    return {.shape = Shape::BoundMethod, .node = &node};
}

Outcomes super_object(Translation& t, const Value& callee, std::span<const Value> arguments) {
    const bool is_super = callee.shape == Shape::Intrinsic && callee.node->name == "builtins.super";
    if (!is_super || arguments.size() != 2 || arguments[0].shape != Shape::Class || !is_instance_record(arguments[1])) {
        return t.unsupported("super()", {}, "use it in methods of instances");
    }
    if (!t.environment().is_subclass(arguments[1].node->record->class_id, arguments[0].number)) {
        return t.raises("TypeError", "super(type, obj): obj must be an instance or subtype of type");
    }
    Node& node = t.node();
    node.items = {arguments[0], arguments[1]};
    return t.done({.shape = Shape::Super, .node = &node});
}

Outcomes super_attribute(Translation& t, const Value& object, std::string_view name) {
    const Value &owner = object.items()[0], &self = object.items()[1];
    const Binding found = t.environment().super_attribute(self.node->record->class_id, owner.number, name);
    if (found.kind == Binding::Kind::Missing) {
        return t.raises("AttributeError", "'super' object has no attribute " + quoted(name));
    }
    if (found.kind == Binding::Kind::Intrinsic && (name == "__init__" || name == "__setattr__")) {
        return t.done(t.method(found.name, self));
    }
    return through_class(t, found, self, name);
}

Outcomes class_attribute(Translation& t, const Value& owner, std::string_view name) {
    const Binding found = t.environment().class_attribute(owner.number, name);
    switch (found.kind) {
    // Its metaclass may have it: whether CPython raises is not known here.
    case Binding::Kind::Missing:
        return t.raises("type object " + quoted(owner.node->name) + " has no attribute " + quoted(name));
    case Binding::Kind::Function:
        if (found.takes_class) {
            return t.done(bound_method(t, t.from_binding(found), owner));
        }
        return t.done(t.from_binding(found));
    case Binding::Kind::Uniform:
    case Binding::Kind::Table:
    case Binding::Kind::Object:
    case Binding::Kind::Class: return t.done(t.from_binding(found));
    default:
        return t.unsupported("the attribute " + quoted(name) + " of the class " + quoted(owner.node->name), {},
                             "use constants and functions of plain Python");
    }
}

namespace {

/// A key that is computed is compared with all keys, where these are known.
Outcomes look_up_computed(Translation& t, const Value& dict, const Value& key,
                          Outcomes (*look_up)(Translation&, const Value&, const Value&)) {
    const Value all = as_mapping(t, dict);
    return all.is_null() ? t.unsupported("a key that is no constant text", "the keys of a dict are part of its type",
                                         "write the key where it is used")
                         : look_up(t, all, key);
}

}  // namespace

Outcomes dict_item(Translation& t, const Value& dict, const Value& key) {
    const std::string* text = constant_text(key);
    if (const Value table = text ? Value{} : as_table(t, dict); table.shape == Shape::Table) {
        return table_item(t, table, key);
    }
    if (!text) {
        return look_up_computed(t, dict, key, mapping_item);
    }
    const Value value = field(t, dict, *text);
    return value.is_null() ? t.raises("KeyError", "KeyError: " + quoted(*text)) : t.done(value);
}

Outcomes dict_contains(Translation& t, const Value& dict, const Value& key) {
    const std::string* text = constant_text(key);
    if (const Value table = text ? Value{} : as_table(t, dict); table.shape == Shape::Table) {
        return table_contains(t, table, key, false);
    }
    if (!text) {
        return look_up_computed(t, dict, key, mapping_contains);
    }
    return t.done(t.bool_constant(!field(t, dict, *text).is_null()));
}

std::optional<Outcomes> class_binary(Translation& t, BinaryOperator op, bool in_place, const Value& left,
                                     const Value& right) {
    const bool has_left = has_class_operators(left), has_right = has_class_operators(right);
    if ((!has_left && !has_right) || is_number_object(left) || is_number_object(right)) {
        return std::nullopt;
    }
    const std::string base(method_name(op));
    if (in_place && has_left && !is_named_tuple(left)) {
        const Binding found = find_in_class(t, left, "__i" + base + "__");
        if (found.kind == Binding::Kind::Function && !found.is_static && !found.takes_class) {
            return t.follow(t.from_function(found.id), {left, right});
        }
    }
    const auto missing = [&](const Value& value, const std::string& prefix) {
        return find_in_class(t, value, "__" + prefix + base + "__").kind == Binding::Kind::Missing;
    };
    if (has_left && has_right && class_id_of(left) != class_id_of(right)) {
        const bool is_free = missing(left, "") && missing(right, "") && missing(right, "r") && missing(left, "i");
        return is_free ? std::nullopt : std::optional(no_operator(t, "__" + base + "__", left));
    }
    if (has_left) {
        if (in_place && !missing(left, "i")) {
            return no_operator(t, "__i" + base + "__", left);
        }
        const std::string name = "__" + base + "__";
        const Binding found = find_in_class(t, left, name);
        if (found.kind == Binding::Kind::Function && !found.is_static && !found.takes_class) {
            return t.follow(t.from_function(found.id), {left, right});
        }
        // A namedtuple has what tuples have: an object of C's.
        const bool is_own = found.kind != Binding::Kind::Missing && !is_named_tuple(left);
        return is_own ? std::optional(no_operator(t, name, left)) : std::nullopt;
    }
    const std::string name = "__r" + base + "__";
    const Binding found = find_in_class(t, right, name);
    if (left.is_known() && found.kind == Binding::Kind::Function && !found.is_static && !found.takes_class) {
        return t.follow(t.from_function(found.id), {right, left});
    }
    const bool is_own = found.kind != Binding::Kind::Missing && !is_named_tuple(right);
    return is_own ? std::optional(no_operator(t, name, right)) : std::nullopt;
}

std::optional<Outcomes> class_method(Translation& t, std::string_view name, std::vector<Value> arguments) {
    const Value self = arguments.front();
    if (!is_instance_record(self) && (self.shape != Shape::Object || !has_class_operators(self))) {
        return std::nullopt;
    }
    const Binding found = find_in_class(t, self, name);
    if (found.kind == Binding::Kind::Missing) {
        return std::nullopt;
    }
    if (found.kind != Binding::Kind::Function || found.is_static || found.takes_class) {
        return no_operator(t, name, self);
    }
    return t.follow(t.from_function(found.id), std::move(arguments));
}

std::optional<Outcomes> class_compare(Translation& t, CompareOperator op, const Value& left, const Value& right) {
    constexpr std::string_view kNames[] = {"__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"};
    constexpr CompareOperator kMirrored[] = {CompareOperator::Gt, CompareOperator::Ge, CompareOperator::Eq,
                                             CompareOperator::Ne, CompareOperator::Lt, CompareOperator::Le};
    const bool is_left = is_instance_record(left), is_right = is_instance_record(right);
    if ((!is_left && !is_right) || is_enum_member(left) || is_enum_member(right) || is_number_object(left) ||
        is_number_object(right)) {
        return std::nullopt;
    }
    if (is_left && is_right && left.node->record->class_id != right.node->record->class_id) {
        return t.unsupported("comparing a " + quoted(type_name(left)) + " with a " + quoted(type_name(right)), {},
                             "compare their fields");
    }
    const Value &self = is_left ? left : right, &other = is_left ? right : left;
    const std::string_view name = kNames[static_cast<size_t>(is_left ? op : kMirrored[static_cast<size_t>(op)])];
    const Binding found = find_in_class(t, self, name);
    const bool is_inherited = found.kind == Binding::Kind::Intrinsic && found.name.substr(0, 7) == "object.";
    if (!is_inherited) {
        return class_method(t, name, {self, other});
    }
    const bool is_equality = op == CompareOperator::Eq || op == CompareOperator::Ne;
    if (op == CompareOperator::Ne) {
        const Binding equality = find_in_class(t, self, "__eq__");
        if (equality.kind == Binding::Kind::Function) {
            return t.follow("differs", {left, right});
        }
    }
    const ir::ValueId same = is_equality ? identical(t, left, right) : ir::kNoValue;
    if (same == ir::kNoValue) {
        return t.unsupported("comparing a " + quoted(type_name(left)) + " with a " + quoted(type_name(right)), {},
                             "compare their fields");
    }
    return t.done(bool_value(op == CompareOperator::Eq ? same : logical_not(t, same)));
}

std::optional<Outcomes> class_unary(Translation& t, UnaryOperator op, const Value& operand) {
    if (!has_class_operators(operand) || is_number_object(operand)) {
        return std::nullopt;
    }
    const std::string_view name = op == UnaryOperator::Negative   ? "__neg__"
                                  : op == UnaryOperator::Positive ? "__pos__"
                                  : op == UnaryOperator::Invert   ? "__invert__"
                                                                  : "";
    if (name.empty()) {
        return std::nullopt;
    }
    const Binding found = find_in_class(t, operand, name);
    if (found.kind == Binding::Kind::Missing) {
        return std::nullopt;
    }
    return found.kind == Binding::Kind::Function && !found.is_static && !found.takes_class
               ? t.follow(t.from_function(found.id), {operand})
               : no_operator(t, name, operand);
}

std::optional<bool> is_instance_of(Translation& t, const Value& value, const Value& owner) {
    if (value.shape == Shape::Object && is_enum_member(value) &&
        !t.environment().has_own_instance_check(owner.number)) {
        return t.environment().is_subclass(value.node->class_id, owner.number);
    }
    const bool is_builtin = value.is_iterator() || value.shape == Shape::Mapping || value.shape == Shape::HashTable ||
                            value.shape == Shape::View || value.shape == Shape::Range;
    if (!value.is_known() && !is_builtin) {
        return std::nullopt;
    }
    const bool is_asked = t.environment().has_own_instance_check(owner.number);
    const bool is_derived = value.shape == Shape::Record && !is_dict(value) &&
                            t.environment().is_subclass(value.node->record->class_id, owner.number);
    if (is_asked && !is_derived && t.environment().takes_builtin(owner.number, type_name(value))) {
        return true;
    }
    if (is_asked) {
        // ABCMeta says yes to what is derived, unless the class says otherwise; others may have been registered.
        const Binding hook = t.environment().class_attribute(owner.number, "__subclasshook__");
        return is_derived && hook.kind != Binding::Kind::Function ? std::optional(true) : std::nullopt;
    }
    return is_derived;
}

}  // namespace pp::frontend
