/// Elements of Arrays from outside the function, leaf by leaf: read and written where they lie (see arrays.h).
#pragma once

#include <cstddef>
#include <vector>

#include "frontend/translation.h"

namespace pp::frontend {

/// What is at a position that is known to exist, of the view: the part of the element that is of kind `kind` and whose
/// first leaf has this number. Where Arrays change, records in it that write to the Array know where they lie
/// (Node::element).
Value element_part(Translation& translation, const Value& view, ir::ValueId position, KindRef kind,
                   size_t first_leaf = 0);

/// Whether Python shows records in it as what writes to the Array: not those that nobody can change.
bool has_shown(Translation& translation, KindRef kind);
/// A record of an Array that does not change, of these fields.
Value record_of_array(Translation& translation, KindRef kind, std::vector<Value> fields);

/// Whether it is a record that lies in an Array which changes. Its fields are what was there when it was read, so that
/// all such records of a state are read again after each write.
bool is_array_record(const Value& value);
Value read_again(Translation& translation, const Value& record);

/// Writes `value` to that part; false, with the path ended, where the Array does not hold such values.
bool store_in_element(Translation& translation, const Value& view, ir::ValueId position, KindRef kind,
                      size_t first_leaf, const Value& value);
/// The same for field number `field` of an array record.
bool store_in_record(Translation& translation, const Value& record, size_t field, const Value& value);

}  // namespace pp::frontend
