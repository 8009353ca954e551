/// Changing an object: abstract values never change, so everything in a state that refers to the object is made anew.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "frontend/state.h"

namespace pp::frontend {

/// Puts `with` wherever the state refers to the list whose identity is `list`: the list has changed, or what is known
/// of it.
void replace_list(Translation& translation, State& state, const Node* list, const Value& with);

/// Reads all records again that the state refers to and that lie in Arrays: something has been written to one.
void read_array_records_again(Translation& translation, State& state);

/// Makes `items` the items of the object `changed` (a List or a Record of the state, whose node is its identity)
/// wherever the state refers to it: in locals, on stacks, in cells, within other values.
void set_items(Translation& translation, State& state, const Value& changed, std::vector<Value> items);

/// Puts `made` in the place of the object `changed` (a List or a Record) in the same way.
void replace_object(Translation& translation, State& state, const Value& changed, const Node* made);

/// Whether the value is an object with an identity whose items may be assigned to: a list of fixed length, a dict or an
/// instance.
bool is_changeable(const Value& value);

/// Whether `value` is the object `sought` or holds it, however deep.
bool refers_to(const Value& value, const Node* sought);

/// Whether an iterator on one of the state's stacks has taken in advance what CPython would take only after the item
/// `item` has been replaced: its turn would see the old one.
bool is_awaited(const State& state, const Value& item);

/// What a path has made of the elements' objects, as a value that can be returned: a tuple with an entry for each
/// object, None where nothing of it has changed, else a tuple with an entry for each of its items. What is not to be
/// touched is a None whose origin is the object's own; a None with the origin of another object of the elements stands
/// for that object; everything else is the new item, unless its origin (known at run time only) is the old one's.
/// Nothing where something cannot be stored: the path has been ended then.
std::optional<Value> changes_of(Translation& translation, std::span<const Value> before, std::span<const Value> after);

}  // namespace pp::frontend
