/// See typed_run.h.
#include "python/typed_run.h"

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "data/arena.h"
#include "engine/placement.h"
#include "engine/run_deferred.h"
#include "python/pending_map.h"
#include "python/streams.h"
#include "python/supervision.h"

namespace pp::python {

namespace {

/// From elements of the run to those of the columns.
void name_elements(std::vector<int64_t>& elements, const GapGroup& group) {
    for (int64_t& element : elements)
        element = group.elements[static_cast<size_t>(element)];
}

}  // namespace

engine::RunAnswer run_typed(engine::Specialisation& specialisation, const MapArguments& arguments,
                            const TypedColumns& columns, const TypedRun& run, const Surroundings& seen,
                            engine::Timings& timings, std::optional<data::Arenas>& memory) {
    const int64_t count = run.group ? static_cast<int64_t>(run.group->elements.size()) : columns.count();
    const bool follows = arguments.device.is_any || !specialisation.is_dynamic();
    const auto device = follows ? engine::follow(arguments.device, columns.home()) : arguments.device;
    const auto placement = engine::place(device, specialisation, count, false);
    std::optional<StreamOfContext> stream;
    if (placement.on_gpu) stream.emplace();
    std::vector<uint32_t> block_of_leaf;
    const bool is_deferred = !placement.on_gpu && run.may_go_on && goes_on_always();
    const bool may_stay = run.block && run.sources.empty() && !run.group && !specialisation.is_dynamic();
    const auto blocks = (placement.on_gpu || is_deferred) && may_stay ? columns.residents(block_of_leaf) : std::nullopt;
    engine::ResidentColumns residents{};
    if (blocks)
        residents = {*blocks, block_of_leaf, {&run.block->residency(), run.block->memory(), 0, run.block->capacity()}};
    const std::function<void()> fetch = [&] { columns.fetch(); };
    if (!blocks) fetch();
    const std::vector<data::LeafView>& leaves = run.group ? run.group->leaves : columns.leaves();
    const std::span<const int64_t> elements = run.group ? run.group->elements : std::span<const int64_t>();
    const engine::ViewedColumns views{leaves, run.results, run.sources, elements};
    // What a GPU returns of its columns' memory is brought back to memory of the host's.
    const bool brings_back = placement.on_gpu && specialisation.returns_memory();
    if (specialisation.uses_memory() || brings_back) memory.emplace();
    Supervision supervision([] {}, std::chrono::nanoseconds(0), columns.has_foreign_memory());
    const engine::Supervisor ask = [&supervision] { return supervision.ask(); };
    engine::RunRequest request{};
    request.specialisation = &specialisation;
    request.outputs = run.outputs;
    request.uniforms = seen.uniforms;
    request.captured = seen.captured;
    request.count = count;
    request.supervisor = &ask;
    request.memory = memory ? &*memory : nullptr;
    request.views = &views;
    request.residents = blocks ? &residents : nullptr;
    request.fetch = blocks ? &fetch : nullptr;
    request.may_go_on = run.may_go_on;
    engine::RunAnswer answer;
    if (placement.on_gpu) {
        answer = engine::run_on_cuda(request, placement.ordinal, timings);
    } else if (!blocks || !engine::run_deferred(request, timings, answer)) {
        if (blocks) fetch();
        answer = engine::run_on_cpu(request, timings);
    }
    supervision.finish();
    if (!answer.completed) throw PythonError{};
    if (run.group) {
        name_elements(answer.flagged, *run.group);
        name_elements(answer.misfits, *run.group);
    }
    return answer;
}

engine::OrderedAnswer run_typed_in_order(const CompiledCall& call, const TypedColumns& columns,
                                         std::span<void* const> outputs, const Surroundings& seen, int64_t begin,
                                         int64_t end, engine::Timings& timings) {
    columns.fetch();
    const engine::ViewedColumns views{columns.leaves(), {}};
    data::Arenas memory;
    Supervision supervision([] {}, std::chrono::nanoseconds(0), columns.has_foreign_memory());
    const engine::Supervisor ask = [&supervision] { return supervision.ask(); };
    engine::RunRequest request{};
    request.specialisation = call.specialisation.get();
    request.outputs = outputs;
    request.uniforms = seen.uniforms;
    request.captured = seen.captured;
    request.count = columns.count();
    request.supervisor = &ask;
    request.memory = &memory;
    request.views = &views;
    const engine::OrderedAnswer answer = engine::run_ordered(request, begin, end, timings);
    supervision.finish();
    return answer;
}

}  // namespace pp::python
