/// Classes of the standard library that are written in C, or do what compiled code cannot, and that the prelude has as
/// plain Python of the same name: functions that name CPython's get the prelude's, whose methods are followed.
#pragma once

#include <optional>
#include <string_view>

#include "frontend/translation.h"

namespace pp::frontend {

/// "collections.deque" for an instance of the prelude's class, as intrinsics name CPython's; empty for anything else.
std::string_view library_class(Translation& translation, const Value& value);
/// Whether the value is an instance of the library's class of that name; nothing where it is no such class, or that is
/// not known.
std::optional<bool> is_library_instance(Translation& translation, const Value& value, std::string_view name);

/// A collections.Counter as the dict of its counts; any other value as it is.
Value counts_of(Translation& translation, const Value& value);
/// What makes an instance into an object of CPython's class when it is returned: a record of form Items.
Value library_items(Translation& translation, const Value& value);

}  // namespace pp::frontend
