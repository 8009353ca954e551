/// What would be compiled for columns, without running it.
#pragma once

#include <memory>
#include <vector>

#include "python/columns.h"
#include "python/function_cache.h"
#include "python/map_arguments.h"

namespace pp::python {

/// The columns of a call that runs nothing. `called` is its name. Throws UserError(Type) where one is an iterator,
/// which would be used up.
Columns example_columns(const char* called, const MapArguments& arguments);

/// The compiled calls for the first elements, in order of appearance: those of `map`, or where it would refuse, those
/// of `for_each`. GIL held; throws what `FunctionCache::find_or_analyse` throws.
std::vector<std::shared_ptr<CompiledCall>> example_calls(const MapArguments& arguments, Columns& columns);

}  // namespace pp::python
