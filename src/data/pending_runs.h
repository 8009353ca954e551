/// Runs that go on after their calls have returned, and how they are settled.
///
/// A run is settled when its device is done with it and what it hands back has been evaluated. That happens in the
/// order of the calls. Where it changes elements, later runs that have read these are run again, whole; where it fails,
/// so do they.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "data/array_body.h"
#include "data/pending.h"

namespace pp::data {

class PendingRuns;

/// What went wrong with a run, for whoever looks at its results.
class Failure {
public:
    virtual ~Failure() = default;
    [[noreturn]] virtual void raise() = 0;
};

/// The GIL guards it.
class PendingRun : public Pending {
public:
    /// `inputs`: blocks that it reads; `result`: the one that it writes. They are kept until it is settled.
    PendingRun(std::vector<std::shared_ptr<ArrayBlock>> inputs, std::shared_ptr<ArrayBlock> result);

    void settle() final;
    void finish_reading() final;
    bool is_open() const noexcept final { return stage_ != Stage::Settled; }
    const std::shared_ptr<Failure>& failure() const noexcept { return failure_; }

protected:
    struct Outcome {
        bool changes = false;  ///< `store` has something to store
        std::shared_ptr<Failure> failure{};
    };

    /// Whether it is known, without waiting, that its device is done and nothing is handed back.
    virtual bool is_whole() noexcept = 0;
    /// Until the device is done with it; other threads may run, and settle it, meanwhile. Throws where it was
    /// interrupted. A device's failure is the answer; else null.
    virtual std::shared_ptr<Failure> wait() = 0;
    /// Evaluates what the run hands back; other threads may run. Throws where it was interrupted: it is then called
    /// again.
    virtual Outcome evaluate() = 0;
    /// Writes what was evaluated to the result. No other thread runs.
    virtual std::shared_ptr<Failure> store() noexcept = 0;
    /// Starts it again on what its inputs hold now.
    virtual std::shared_ptr<Failure> start_again() noexcept = 0;
    /// Of one that has failed: somebody looks, and is told so when this returns.
    virtual void before_failure_is_raised() = 0;
    /// It is settled, and lets everything go but what a failure needs.
    virtual void release() noexcept = 0;

private:
    friend class PendingRuns;
    enum class Stage : uint8_t { Queued, Evaluating, Settled };

    bool reads(const ArrayBlock* block) const noexcept;
    /// Whether there is nothing to do but to let it go.
    bool is_good() noexcept { return stage_ == Stage::Queued && !is_stale_ && !failure_ && is_whole(); }

    std::vector<std::shared_ptr<ArrayBlock>> inputs_;
    std::shared_ptr<ArrayBlock> result_;
    PendingRuns* queue_ = nullptr;
    Stage stage_ = Stage::Queued;
    std::thread::id evaluator_;
    bool is_stale_ = false;  ///< an input has changed since it was started
    uint32_t starts_ = 1;
    std::shared_ptr<Failure> failure_;
};

/// All that are not settled, in the order of their calls. The GIL guards it.
class PendingRuns {
public:
    /// `let_others_run` is called while another thread evaluates; it may throw.
    explicit PendingRuns(std::function<void()> let_others_run) : let_others_run_(std::move(let_others_run)) {}
    PendingRuns(const PendingRuns&) = delete;

    /// A run that has just been started. Its result is pending from now on.
    void add(std::shared_ptr<PendingRun> run);
    size_t size() const noexcept { return runs_.size(); }
    /// Bytes of host memory of the blocks of all runs; each has as much on its device.
    size_t bytes() const noexcept;

    /// Settles all up to this one. Failures are kept. Throws where waiting was interrupted.
    void settle(PendingRun& run);
    void settle_first();
    void settle_all();
    /// Settles the first ones that are known to hand nothing back: runs no code of the user's, fails never.
    void settle_whole();
    /// Those that have failed and whose results are still there.
    std::vector<std::shared_ptr<PendingRun>> failed();

private:
    void finish(const std::shared_ptr<PendingRun>& run, PendingRun::Outcome outcome);

    std::function<void()> let_others_run_;
    std::deque<std::shared_ptr<PendingRun>> runs_;
    std::vector<std::weak_ptr<PendingRun>> failed_;
};

}  // namespace pp::data
