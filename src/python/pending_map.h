/// `map` over Arrays that goes on after it has returned.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "data/array_body.h"
#include "data/element_type.h"
#include "engine/started_run.h"
#include "python/function_cache.h"
#include "python/kept_function.h"
#include "python/map_arguments.h"
#include "python/typed_columns.h"

namespace pp::python {

/// Everything that settling a call takes.
struct MapToSettle {
    std::shared_ptr<CompiledCall> call;
    MapArguments arguments;                        ///< its own: `own_arguments`
    std::unique_ptr<const KeptFunction> function;  ///< null where no element can be handed back
    TypedColumns columns;
    data::ElementTypeRef type;
    bool rounds;                              ///< as for `pack_result`
    std::shared_ptr<data::ArrayBlock> block;  ///< the results
    std::shared_ptr<engine::StartedRun> run;
};

/// Whether calls go on wherever they can, on the CPU, too: PARALLEL_PARTY_DEBUG=queue.
bool goes_on_always();

/// What a call of this function reads later, kept; null where it must not go on: see KeptFunction. GIL held.
std::unique_ptr<const KeptFunction> keep_for_later(const CompiledCall& call, const MapArguments& arguments);

/// From now on the results are pending. `out`: what gets its elements back should that fail; may be null.
void add_pending(MapToSettle map, const std::shared_ptr<data::ArrayBody>& out);

/// Lets go what is known to be good, and settles as much as it takes to have room for one more. To be called before a
/// call looks at anything. Throws PythonError where it was interrupted.
void make_room_for_pending();
/// Settles everything; failures are kept for whoever looks. Throws PythonError where it was interrupted.
void settle_all_pending();
/// Settles everything and raises the first failure that nobody has seen so far.
void raise_pending_failures();

}  // namespace pp::python
