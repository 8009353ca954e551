/// See pending_runs.h.
#include "data/pending_runs.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace pp::data {

PendingRun::PendingRun(std::vector<std::shared_ptr<ArrayBlock>> inputs, std::shared_ptr<ArrayBlock> result)
    : inputs_(std::move(inputs)), result_(std::move(result)) {}

void PendingRun::settle() {
    finish_reading();
    if (!failure_) return;
    const auto failure = failure_;
    before_failure_is_raised();
    failure->raise();
}

void PendingRun::finish_reading() {
    if (is_open()) queue_->settle(*this);
}

bool PendingRun::reads(const ArrayBlock* block) const noexcept {
    return std::ranges::any_of(inputs_, [block](const auto& input) { return input.get() == block; });
}

void PendingRuns::add(std::shared_ptr<PendingRun> run) {
    run->queue_ = this;
    for (const auto& input : run->inputs_)
        input->residency().note_reader(run);
    run->result_->residency().expect(run);
    runs_.push_back(std::move(run));
}

size_t PendingRuns::bytes() const noexcept {
    size_t bytes = 0;
    for (const auto& run : runs_)
        bytes += run->result_->bytes();
    return bytes;
}

void PendingRuns::settle(PendingRun& run) {
    while (run.is_open())
        settle_first();
}

void PendingRuns::settle_all() {
    // Not what others add meanwhile.
    if (const auto last = runs_.empty() ? nullptr : runs_.back()) settle(*last);
}

void PendingRuns::settle_whole() {
    while (!runs_.empty() && runs_.front()->is_good())
        finish(std::shared_ptr(runs_.front()), {});
}

std::vector<std::shared_ptr<PendingRun>> PendingRuns::failed() {
    std::vector<std::shared_ptr<PendingRun>> alive;
    for (const auto& known : failed_) {
        if (auto run = known.lock()) alive.push_back(std::move(run));
    }
    return alive;
}

/// One step; the first one may need several.
void PendingRuns::settle_first() {
    const std::shared_ptr<PendingRun> run = runs_.front();
    if (run->stage_ == PendingRun::Stage::Evaluating) {
        if (run->evaluator_ == std::this_thread::get_id())
            throw std::runtime_error("an Array was looked at by code that runs while its elements are evaluated");
        return let_others_run_();
    }
    if (run->is_good()) return finish(run, {});
    const uint32_t start = run->starts_;
    auto failure = run->wait();
    if (run->stage_ != PendingRun::Stage::Queued || run->starts_ != start) return;  // another thread was faster
    if (!run->failure_) run->failure_ = std::move(failure);
    if (run->is_stale_ && !run->failure_) {
        run->is_stale_ = false;
        ++run->starts_;
        run->failure_ = run->start_again();
        return;
    }
    PendingRun::Outcome outcome;
    if (!run->failure_) {
        run->stage_ = PendingRun::Stage::Evaluating;
        run->evaluator_ = std::this_thread::get_id();
        try {
            outcome = run->evaluate();
        } catch (...) {
            run->stage_ = PendingRun::Stage::Queued;
            throw;
        }
    }
    finish(run, std::move(outcome));
}

void PendingRuns::finish(const std::shared_ptr<PendingRun>& run, PendingRun::Outcome outcome) {
    run->stage_ = PendingRun::Stage::Settled;
    runs_.pop_front();
    Residency& result = run->result_->residency();
    result.expect(nullptr);
    if (outcome.changes) outcome.failure = run->store();
    if (!run->failure_) run->failure_ = std::move(outcome.failure);
    if (run->failure_) {
        result.expect(run);
        std::erase_if(failed_, [](const auto& known) { return known.expired(); });
        failed_.push_back(run);
    }
    for (const auto& later : runs_) {
        if (!later->reads(run->result_.get())) continue;
        if (run->failure_ && !later->failure_) later->failure_ = run->failure_;
        later->is_stale_ |= outcome.changes || run->starts_ > 1;
    }
    run->release();
    // What nobody has looked at may be reported when they die, by code of the user's.
    const auto inputs = std::exchange(run->inputs_, {});
    const auto block = std::exchange(run->result_, nullptr);
}

}  // namespace pp::data
