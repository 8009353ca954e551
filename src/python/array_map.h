/// `map` where every column is an Array or a buffer of numbers: an Array comes out, and nothing is boxed.
#pragma once

#include <optional>

#include "data/element_type.h"
#include "python/map_arguments.h"
#include "python/object.h"

namespace pp::python {

/// The result, or nothing where the call is not of this sort: a column is something else, `out` is neither missing nor
/// an Array nor a buffer of numbers, or the function's results are of kinds that it, or any Array, does not hold.
/// Nothing has run then. Throws PythonError, UserError.
struct OfList {
    bool is_array = false;                         ///< an Array is to be made of the list of the results
    data::ElementTypeRef type = nullptr;           ///< of this type; null: as they are, a list where none holds them
    data::ElementTypeRef type_of_nones = nullptr;  ///< then, where all are None
};
std::optional<Object> map_arrays(MapArguments& arguments, OfList& of_list);

/// The Array of the results in a list that `map_arrays` asked for, or the list. Throws PythonError, UserError.
Object array_of_results(const Object& list, const OfList& of_list);

}  // namespace pp::python
