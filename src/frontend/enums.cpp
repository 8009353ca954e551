/// See enums.h.
#include "frontend/enums.h"

namespace pp::frontend {
namespace {

uint64_t class_of(const Value& member) {
    return member.shape == Shape::Object ? member.node->class_id : member.node->record->class_id;
}

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

/// Not a member, and of a type whose objects are none: neither carried nor of an unknown type.
bool is_plain(const Value& value) {
    return value.shape == Shape::Object ||
           (value.is_known() && (value.shape != Shape::Record || value.node->record->form != RecordForm::Object));
}

}  // namespace

bool is_enum_member(const Value& value) {
    if (value.shape == Shape::Object) {
        return value.node->class_id != 0;
    }
    return value.shape == Shape::Record && value.node->record->find(RecordShape::kIdentity) != RecordShape::kNoField;
}

ir::ValueId identical_members(Translation& t, const Value& left, const Value& right) {
    if (!is_enum_member(left) || !is_enum_member(right)) {
        return is_plain(left) || is_plain(right) ? t.constant(false) : ir::kNoValue;
    }
    if (class_of(left) != class_of(right)) {
        return t.constant(false);
    }
    if (left.shape == Shape::Object && right.shape == Shape::Object) {
        return t.constant(left.number == right.number);
    }
    return t.emit(ir::Op::IEq, {address_of(t, left), address_of(t, right)});
}

ir::ValueId equal_members(Translation& t, const Value& left, const Value& right) {
    for (const Value& value : {left, right}) {
        if (is_enum_member(value) && !compares_by_identity(t, class_of(value))) {
            return ir::kNoValue;
        }
    }
    return identical_members(t, left, right);
}

}  // namespace pp::frontend
