/// Members of enums: instances of which an element may be any, known by where they lie, and constants.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "frontend/translation.h"

namespace pp::frontend {

/// An element whose identity is read, or a constant of the function's surroundings.
bool is_enum_member(const Value& value);

/// The class of a record, or of a constant that is a member.
uint64_t class_id_of(const Value& instance);

/// A member of an IntEnum or IntFlag, in the same two ways. A look at whether it is one.
bool is_int_member(Translation& translation, const Value& value);

/// What such a member is worth, where its class has all of these methods from int; any other value as it is.
Value as_plain_int(Translation& translation, const Value& value, std::initializer_list<std::string_view> methods);
/// The operands of a binary operator whose methods are called so (`add`), members that act as ints replaced by these.
void replace_int_members(Translation& translation, std::string_view method, bool in_place, Value& left, Value& right);
/// The same for a comparison: the method's name and that of the one with exchanged operands.
void replace_compared_members(Translation& translation, std::string_view method, std::string_view mirrored, Value& left,
                              Value& right);
/// The arguments with ints in the place of members, where a builtin asks no more of these than what they are worth.
std::vector<Value> with_plain_ints(Translation& translation, std::string_view intrinsic,
                                   std::span<const Value> arguments);

/// What `value`, a class, gives as its members when it is iterated; `all_names`: as Enum['NAME'] finds them. Nothing
/// where it is no enum, or one of very many members.
std::optional<std::vector<Value>> members_of(Translation& translation, const Value& value, bool all_names = false);
/// `Class(value)` and `Class[name]` of an enum; nothing where CPython does more than to look it up.
std::optional<Outcomes> member_by_value(Translation& translation, const Value& owner, const Value& value);
std::optional<Outcomes> member_by_name(Translation& translation, const Value& owner, const Value& name);

/// Whether both are one object, as a Bool; one at least is a member. kNoValue where that is not known.
ir::ValueId identical_members(Translation& translation, const Value& left, const Value& right);

/// Whether they are equal: for classes without an `__eq__` whether they are identical.
ir::ValueId equal_members(Translation& translation, const Value& left, const Value& right);

}  // namespace pp::frontend
