/// `for_each` where rows of Arrays are written: in place, as if each were a list.
#pragma once

#include "python/map_arguments.h"

namespace pp::python {

/// False where the call is not of this sort: no column is an Array of rows, or some other column is neither an Array, a
/// buffer of numbers nor a list, tuple or range of these. Nothing has run then. Throws PythonError, UserError.
bool for_each_in_arrays(MapArguments& arguments);

}  // namespace pp::python
