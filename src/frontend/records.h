/// What Python does with records: attributes, keys, methods and properties, and the operators that their classes
/// define.
#pragma once

#include <optional>
#include <span>

#include "frontend/bytecode.h"
#include "frontend/translation.h"

namespace pp::frontend {

/// A dict, an instance or a namedtuple, as `is_dict`, else of the form.
bool is_dict(const Value& value);
bool is_named_tuple(const Value& value);
bool is_instance_record(const Value& value);

/// The namedtuple as a tuple of its own; any other value as it is.
Value as_plain_tuple(const Value& value);

/// The field called `name`, or Null where the record has none. Either is a look.
Value field(Translation& translation, const Value& record, const std::string& name);

/// `object.name` of an instance, a namedtuple or a class. Properties and methods of plain Python follow.
/// The same of a member of an enum that is a constant.
Outcomes member_attribute(Translation& translation, const Value& member, std::string_view name);
Outcomes record_attribute(Translation& translation, const Value& record, std::string_view name);
Outcomes class_attribute(Translation& translation, const Value& owner, std::string_view name);

/// `super(class, object)`; `callee` is what `super` is bound to.
Outcomes super_object(Translation& translation, const Value& callee, std::span<const Value> arguments);
Outcomes super_attribute(Translation& translation, const Value& object, std::string_view name);
/// A function with what it takes first.
Value bound_method(Translation& translation, const Value& function, const Value& self);

/// `dict[key]`, `key in dict`.
Outcomes dict_item(Translation& translation, const Value& dict, const Value& key);
Outcomes dict_contains(Translation& translation, const Value& dict, const Value& key);

/// What the methods of an operator are called: `add`; of unary ones `__neg__`.
std::string_view method_name(BinaryOperator op);
std::string_view method_name(UnaryOperator op);

/// The class's own method for an operator, called: `left.__add__(right)`, `right.__radd__(left)`. Nothing where no
/// operand is a record of a class.
std::optional<Outcomes> class_binary(Translation& translation, BinaryOperator op, bool in_place, const Value& left,
                                     const Value& right);
std::optional<Outcomes> class_unary(Translation& translation, UnaryOperator op, const Value& operand);

/// The class's own method `name`, where it is plain Python, called with these; nothing where the first is no instance
/// of a class or its class has no such method.
std::optional<Outcomes> class_method(Translation& translation, std::string_view name, std::vector<Value> arguments);
/// A comparison by the classes' own methods; nothing where no operand is an instance.
std::optional<Outcomes> class_compare(Translation& translation, CompareOperator op, const Value& left,
                                      const Value& right);

/// Whether `value` is an instance of the class `owner`; nothing where that is not known.
std::optional<bool> is_instance_of(Translation& translation, const Value& value, const Value& owner);

}  // namespace pp::frontend
