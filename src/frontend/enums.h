/// Members of enums: instances of which an element may be any, known by where they lie, and constants.
#pragma once

#include "frontend/translation.h"

namespace pp::frontend {

/// An element whose identity is read, or a constant of the function's surroundings.
bool is_enum_member(const Value& value);

/// Whether both are one object, as a Bool; one at least is a member. kNoValue where that is not known.
ir::ValueId identical_members(Translation& translation, const Value& left, const Value& right);

/// Whether they are equal: for classes without an `__eq__` whether they are identical.
ir::ValueId equal_members(Translation& translation, const Value& left, const Value& right);

}  // namespace pp::frontend
