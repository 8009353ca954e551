/// `map` over Arrays and lists together: a list comes out, for which the Arrays need not be made objects first.
#pragma once

#include <optional>

#include "python/map_arguments.h"
#include "python/object.h"

namespace pp::python {

/// The list of the results, or nothing where the call is not of this sort: no column is an Array; another is neither
/// that, nor a buffer of numbers, nor a list, tuple or range of elements of one kind; results are objects that a list
/// holds; elements are few. Nothing has run then. Throws PythonError, UserError.
std::optional<Object> map_beside_lists(MapArguments& arguments);

}  // namespace pp::python
