/// `map` where every column is an Array or a buffer of numbers: an Array comes out, and nothing is boxed.
#pragma once

#include <optional>

#include "python/map_arguments.h"
#include "python/object.h"

namespace pp::python {

/// The result, or nothing where the call is not of this sort: a column is something else, `out` is neither missing nor
/// an Array nor a buffer of numbers, or the function's results are of kinds that it, or any Array, does not hold.
/// Nothing has run then. Throws PythonError, UserError.
std::optional<Object> map_arrays(MapArguments& arguments);

}  // namespace pp::python
