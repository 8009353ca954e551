/// Attributes of values that are no modules: properties and methods of scalars and rows, functions of types.
#pragma once

#include "frontend/translation.h"

namespace pp::frontend {

/// `object.name`: the value of a property, or a Method of one of the intrinsics named after the object's type.
Outcomes attribute(Translation& translation, const Value& object, std::string_view name);

/// Whether a method of that full name, "list.append", changes a list.
bool is_list_change(std::string_view method);
/// Whether the method changes the object: a list, or any other container of the builtin types.
bool changes_container(const Value& object, std::string_view method);

}  // namespace pp::frontend
