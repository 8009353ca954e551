/// `map` where every column is an Array or a buffer of numbers: an Array comes out, and nothing is boxed.
#pragma once

#include <optional>

#include "python/map_arguments.h"
#include "python/object.h"

namespace pp::python {

/// The result, or nothing where the call is not of this sort: a column is something else, `out` is neither missing nor
/// an Array, or the function's results are of kinds that no Array holds. Nothing has run then. Throws PythonError,
/// UserError.
std::optional<Object> map_arrays(MapArguments& arguments);

}  // namespace pp::python
