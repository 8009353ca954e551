/// Running a compiled call over columns that are in memory already.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "data/arena.h"
#include "data/leaf_view.h"
#include "engine/run_ordered.h"
#include "python/function_cache.h"
#include "python/gap_groups.h"
#include "python/guards.h"
#include "python/map_arguments.h"
#include "python/typed_columns.h"

namespace pp::python {

/// Where results go, and what of the columns a run is about.
struct TypedRun {
    std::span<const data::LeafView> results{};  ///< their leaves, which are `block`'s if that is given; or none, and
    std::span<void* const> outputs{};           ///< one place for each slot
    data::ArrayBlock* block = nullptr;
    std::span<const uint32_t> sources{};  ///< as engine::ViewedColumns has them
    const GapGroup* group = nullptr;      ///< those elements, and only what is there of them; null: all elements
    const std::function<bool()>* may_go_on = nullptr;  ///< see RunRequest; where it does the answer has `started`
};

/// Runs elements on the device that the arguments ask for, or where the columns are at home. The answer names elements
/// of the columns. GIL held; it may be let go meanwhile, unless memory of the columns is foreign. `memory`: what
/// results of dynamic length lead to. Throws PythonError where a signal handler raised.
engine::RunAnswer run_typed(engine::Specialisation& specialisation, const MapArguments& arguments,
                            const TypedColumns& columns, const TypedRun& run, const Surroundings& seen,
                            engine::Timings& timings, std::optional<data::Arenas>& memory);

/// Runs elements [begin, end) on the CPU, one after the other (engine/run_ordered.h); otherwise the same.
engine::OrderedAnswer run_typed_in_order(const CompiledCall& call, const TypedColumns& columns,
                                         std::span<void* const> outputs, const Surroundings& seen, int64_t begin,
                                         int64_t end, engine::Timings& timings);

}  // namespace pp::python
