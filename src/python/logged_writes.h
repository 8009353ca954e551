/// for_each() with functions that only add to elements of Arrays: all elements say at once what they add, and where.
#pragma once

#include <memory>
#include <vector>

#include "passes/log_writes.h"
#include "python/array_writes.h"
#include "python/function_cache.h"
#include "python/map_arguments.h"
#include "python/typed_columns.h"

namespace pp::python {

/// A call's function that only tells what it would write.
struct LoggedCall {
    std::unique_ptr<engine::Specialisation> specialisation;
    std::vector<passes::LoggedWrite> writes;
};

/// Runs the call where that pays and does what the loop does: on a GPU, floats added in any order; or on the CPU where
/// the function computes much, everything added in the loop's order. False, and nothing has been written, where it does
/// not, an element would be handed back, or a sum does not fit: it is then to run in order, which finds out what
/// happens. GIL held. Throws PythonError, UserError.
bool run_logged(CompiledCall& call, const MapArguments& arguments, const TypedColumns& columns,
                engine::Timings& timings);

}  // namespace pp::python
