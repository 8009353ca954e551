/// Running a compiled call over columns that are in memory already.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "data/arena.h"
#include "data/leaf_view.h"
#include "engine/run_ordered.h"
#include "python/function_cache.h"
#include "python/guards.h"
#include "python/map_arguments.h"
#include "python/typed_columns.h"

namespace pp::python {

/// Runs all elements on the device that the arguments ask for, or where the columns are at home. The results' leaves,
/// which are `block`'s if that is given, go to `results`, or where that is empty to `outputs`; `presence` as
/// engine::ViewedColumns has it. GIL held; it may be let go meanwhile, unless memory of the columns is foreign.
/// `memory`: what results of dynamic length lead to. `may_go_on`: see RunRequest; the answer's `started` is not null
/// where it does. Throws PythonError where a signal handler raised.
engine::RunAnswer run_typed(engine::Specialisation& specialisation, const MapArguments& arguments,
                            const TypedColumns& columns, std::span<const data::LeafView> results,
                            data::ArrayBlock* block, std::span<void* const> outputs, const Surroundings& seen,
                            engine::Timings& timings, std::optional<data::Arenas>& memory,
                            const data::LeafView* presence = nullptr, const std::function<bool()>* may_go_on = nullptr);

/// Runs elements [begin, end) on the CPU, one after the other (engine/run_ordered.h); otherwise the same.
engine::OrderedAnswer run_typed_in_order(const CompiledCall& call, const TypedColumns& columns,
                                         std::span<void* const> outputs, const Surroundings& seen, int64_t begin,
                                         int64_t end, engine::Timings& timings);

}  // namespace pp::python
