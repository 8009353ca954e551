/// See run_deferred.h.
#include "engine/run_deferred.h"

#include <algorithm>
#include <utility>

#include "engine/started_run.h"

namespace pp::engine {

namespace {

/// Makes the host's memory of the columns ready, settled or not.
void bring(const RunRequest& request) {
    const ResidentColumns& residents = *request.residents;
    for (const ResidentBlock& block : residents.blocks)
        block.residency->bring(block.begin, block.end);
    residents.result.residency->overwrite_on_host(residents.result.begin, residents.result.end);
}

class DeferredRun final : public StartedRun {
public:
    DeferredRun(const RunRequest& request, RunAnswer answer) : kept_(request) { take(std::move(answer)); }

    /// Not by itself, so that calls pile up as behind a busy device.
    bool is_whole() noexcept override { return false; }
    bool wait(const Supervisor& supervisor) override { return !supervisor || !supervisor(); }
    std::vector<int64_t> flagged() override { return flagged_; }
    void start_again() override {
        bring(kept_.request());
        Timings timings;
        take(run_on_cpu(kept_.request(), timings));
    }

private:
    void take(RunAnswer answer) {
        flagged_ = std::move(answer.flagged);
        flagged_.insert(flagged_.end(), answer.misfits.begin(), answer.misfits.end());
        std::ranges::sort(flagged_);
    }

    const KeptRequest kept_;
    std::vector<int64_t> flagged_;
};

}  // namespace

bool run_deferred(const RunRequest& request, Timings& timings, RunAnswer& answer) {
    codegen::CudaLayout layout;
    if (request.specialisation->is_dynamic() || !request.captured.empty() || !are_ours(*request.residents) ||
        !can_stay(request.specialisation->function(), *request.views, layout))
        return false;
    const bool tells = !tells_nothing(*request.specialisation, layout);
    if ((!tells && !are_pending(*request.residents)) || (tells && !(*request.may_go_on)())) return false;
    for (const ResidentBlock& block : request.residents->blocks) {
        const auto& pending = block.residency->pending();
        if (pending && !pending->is_open()) block.residency->settle();
    }
    bring(request);
    RunAnswer ran = run_on_cpu(request, timings);
    if (!ran.completed) {
        answer.completed = false;
        return true;
    }
    answer.started = std::make_shared<DeferredRun>(request, std::move(ran));
    return true;
}

}  // namespace pp::engine
