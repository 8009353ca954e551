/// See enums.h.
#include "frontend/enums.h"

#include "base/error.h"
#include "frontend/numbers.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

ir::ValueId address_of(Translation& t, const Value& member) {
    if (member.shape == Shape::Object) {
        return t.uniform(member.node->address);
    }
    const Value& address = member.items()[member.node->record->find(RecordShape::kIdentity)];
    t.looks().look(address);
    return address.leaf;
}

/// Whether `==` and `!=` are those of `object`.
bool compares_by_identity(Translation& t, uint64_t class_id) {
    const auto is_objects = [&](std::string_view name) {
        const Binding found = t.environment().class_attribute(class_id, name);
        return found.kind == Binding::Kind::Intrinsic && found.name == "object." + std::string(name);
    };
    return is_objects("__eq__") && is_objects("__ne__");
}

/// Loops over them are unrolled.
constexpr size_t kMostMembers = 64;

/// Not a member, and of a type whose objects are none: neither carried nor of an unknown type.
bool is_plain(const Value& value) {
    return value.shape == Shape::Object ||
           (value.is_known() && (value.shape != Shape::Record || value.node->record->form != RecordForm::Object));
}

/// Whether it is a number or text, and no member.
bool is_plain_value(Translation& t, const Value& value) {
    return (value.is_number() || !as_text(t, value).is_null()) && !is_enum_member(value);
}

}  // namespace

uint64_t class_id_of(const Value& instance) {
    return instance.shape == Shape::Object ? instance.node->class_id : instance.node->record->class_id;
}

std::optional<std::vector<Value>> members_of(Translation& t, const Value& value, bool all_names) {
    if (value.shape != Shape::Class) {
        return std::nullopt;
    }
    const std::vector<std::string> names = t.environment().member_names(value.number, all_names);
    if (names.empty() || names.size() > kMostMembers) {
        return std::nullopt;
    }
    std::vector<Value> members;
    for (const std::string& name : names) {
        const Binding found = t.environment().class_attribute(value.number, name);
        if (found.kind != Binding::Kind::Object || found.class_id != value.number) {
            return std::nullopt;
        }
        members.push_back(t.from_binding(found));
    }
    return members;
}

std::optional<Outcomes> member_by_value(Translation& t, const Value& owner, const Value& value) {
    const std::optional<std::vector<Value>> members = members_of(t, owner, true);
    const bool is_record = value.shape == Shape::Record && value.node->record->form == RecordForm::Object;
    if (members && (is_record || is_enum_member(value)) && class_id_of(value) == owner.number) {
        return t.done(value);
    }
    if (!members || !is_plain_value(t, value)) {
        return std::nullopt;
    }
    std::vector<Value> values, found;
    for (const Value& member : *members) {
        const Value known = t.from_binding(t.environment().member_attribute(member.number, "_value_"));
        if (is_plain_value(t, known)) {
            values.push_back(known);
            found.push_back(member);
        } else if (!known.is_row()) {  // no row is equal to a number or a text
            return std::nullopt;
        }
    }
    return t.follow("member_of_value", {value, t.row(Shape::Tuple, values), t.row(Shape::Tuple, found)});
}

std::optional<Outcomes> member_by_name(Translation& t, const Value& owner, const Value& name) {
    const std::optional<std::vector<Value>> members = members_of(t, owner, true);
    if (!members || as_text(t, name).is_null()) {
        return std::nullopt;
    }
    std::vector<Value> names;
    for (const std::string& each : t.environment().member_names(owner.number, true)) {
        names.push_back(t.object(~uint32_t{0}, "str", t.keep(each)));
    }
    return t.follow("member_of_name", {name, t.row(Shape::Tuple, names), t.row(Shape::Tuple, *members)});
}

bool is_enum_member(const Value& value) {
    if (value.shape == Shape::Object) {
        return value.node->class_id != 0;
    }
    return value.shape == Shape::Record && value.node->record->form == RecordForm::Object &&
           value.node->record->find(RecordShape::kIdentity) != RecordShape::kNoField;
}

bool is_int_member(Translation& t, const Value& value) {
    if (value.shape == Shape::Object) {
        return value.node->class_id != 0 && value.node->number.has_value();
    }
    if (value.shape != Shape::Record || value.node->record->form != RecordForm::Object) {
        return false;
    }
    const size_t index = value.node->record->find(RecordShape::kNumber);
    if (index == RecordShape::kNoField) {
        return false;
    }
    t.looks().look_into(value);
    t.looks().touch(value.items()[index]);
    return true;
}

Value as_plain_int(Translation& t, const Value& value, std::initializer_list<std::string_view> methods) {
    if (!is_int_member(t, value)) {
        return value;
    }
    for (const std::string_view method : methods) {
        const Binding found = t.environment().class_attribute(class_id_of(value), method);
        if (found.kind != Binding::Kind::Intrinsic || found.name != "int." + std::string(method)) {
            return value;
        }
    }
    if (value.shape == Shape::Object) {
        return t.int_constant(*value.node->number);
    }
    const Value& number = value.items()[value.node->record->find(RecordShape::kNumber)];
    t.looks().look(number);
    PP_CHECK(number.shape == Shape::Int);
    return int_value(number.leaf);  // a new one: the object there is the member
}

namespace {

/// Beside a member: what leaves it to int to decide, or is asked by int as it is by any int.
bool is_like_builtin(Translation& t, const Value& value) {
    const bool is_constant_text = value.shape == Shape::Object && value.node->class_id == 0;
    return (value.is_known() && value.shape != Shape::Record) || is_constant_text || is_int_member(t, value);
}

void replace_both(Translation& t, std::initializer_list<std::string_view> methods, Value& left, Value& right) {
    if (is_like_builtin(t, left) && is_like_builtin(t, right)) {
        left = as_plain_int(t, left, methods);
        right = as_plain_int(t, right, methods);
    }
}

}  // namespace

void replace_int_members(Translation& t, std::string_view method, bool in_place, Value& left, Value& right) {
    const std::string base(method);
    if (in_place && is_int_member(t, left)) {
        const Binding own = t.environment().class_attribute(class_id_of(left), "__i" + base + "__");
        if (own.kind != Binding::Kind::Missing) {
            return;
        }
    }
    const std::string own = "__" + base + "__", reflected = "__r" + base + "__";
    replace_both(t, {own, reflected}, left, right);
}

void replace_compared_members(Translation& t, std::string_view method, std::string_view mirrored, Value& left,
                              Value& right) {
    replace_both(t, {method, mirrored}, left, right);
}

std::vector<Value> with_plain_ints(Translation& t, std::string_view intrinsic, std::span<const Value> arguments) {
    std::vector<Value> taken(arguments.begin(), arguments.end());
    for (Value& argument : taken) {
        if (intrinsic == "builtins.int" && taken.size() == 1) {
            argument = as_plain_int(t, argument, {"__int__"});
        } else if (intrinsic == "builtins.float") {
            argument = as_plain_int(t, argument, {"__float__"});
        } else if (intrinsic == "builtins.abs") {
            argument = as_plain_int(t, argument, {"__abs__"});
        } else if (intrinsic == "builtins.range") {
            argument = as_plain_int(t, argument, {"__index__"});
        } else if (takes_floats(intrinsic)) {
            argument = as_plain_int(t, argument, {"__float__"});
        }
    }
    return taken;
}

ir::ValueId identical_members(Translation& t, const Value& left, const Value& right) {
    if (!is_enum_member(left) || !is_enum_member(right)) {
        return is_plain(left) || is_plain(right) ? t.constant(false) : ir::kNoValue;
    }
    if (class_id_of(left) != class_id_of(right)) {
        return t.constant(false);
    }
    if (left.shape == Shape::Object && right.shape == Shape::Object) {
        return t.constant(left.number == right.number);
    }
    return t.emit(ir::Op::IEq, {address_of(t, left), address_of(t, right)});
}

ir::ValueId equal_members(Translation& t, const Value& left, const Value& right) {
    for (const Value& value : {left, right}) {
        if (is_enum_member(value) && !compares_by_identity(t, class_id_of(value))) {
            return ir::kNoValue;
        }
    }
    return identical_members(t, left, right);
}

}  // namespace pp::frontend
