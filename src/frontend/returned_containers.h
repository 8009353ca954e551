/// Dicts, sets and their like that a function made, as what it returns: a record of form Items, with lists of what is
/// in them, of which CPython makes the container in the same order.
#pragma once

#include <optional>

#include "frontend/translation.h"

namespace pp::frontend {

/// Whether the value is returned as such a record.
bool is_returned_container(Translation& translation, const Value& value);
/// The record; nothing, with the path ended, where compiled code cannot tell the order in which CPython has the items.
std::optional<Value> as_items_record(Translation& translation, const Value& container);

}  // namespace pp::frontend
