/// What Python does with Arrays from outside the function: pp.Array, whose elements lie in memory as its dtype says.
#pragma once

#include <optional>
#include <string_view>

#include "frontend/translation.h"

namespace pp::frontend {

/// The function assigns to elements of an Array, and was translated as if no Array changed: it is to be translated
/// again, with Translation::arrays_change().
struct ArraysChange {};

/// The Table of an Array, whose `columns` are those of its kind (python/array_captures.h): of one item, which is
/// indexable. A view called "array" where elements do not lie as the items of tuples do, or may change meanwhile.
Value array_value(Translation& translation, std::string_view name, const Value& columns);
bool is_array(const Value& table);
/// A view of an Array's elements, or of a slice's.
bool is_array_view(const Value& value);
/// What `array_value` made indexable.
inline const Value& array_items(const Value& array) {
    return array.items().front();
}

/// The element at a position that is known to exist, of the view.
Value array_item(Translation& translation, const Value& view, ir::ValueId position);
/// `array[slice]`, where nothing changes the Array.
Outcomes array_slice(Translation& translation, const Value& array, const Value& slice);

/// Writes `value` to the element at a position that is known to exist; false, with the path ended, where the Array
/// does not hold such values.
bool store_in_array(Translation& translation, const Value& array, ir::ValueId position, const Value& value);

}  // namespace pp::frontend
