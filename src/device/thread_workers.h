/// The threads behind the pool, and the few runs that they share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "device/thread_job.h"

namespace pp::device {

/// Detached threads that refer to this object for ever: it is never destroyed once a thread has been started.
class ThreadWorkers {
public:
    explicit ThreadWorkers(int limit) noexcept : limit_(limit) {}

    /// Starts threads until there are `wanted`, or as many as the limit and the system allow. Answers how many there
    /// are.
    int start(int64_t wanted) noexcept;
    /// A free job, which the caller has then acquired; null when too many runs are in progress.
    ThreadJob* try_acquire_job() noexcept;
    /// Tells idle workers that a job was opened which `wanted` of them could serve.
    void announce(int64_t wanted) noexcept;

    /// Chains what a forked child does not use to what its parent did not use.
    void abandon(ThreadWorkers* earlier) noexcept { earlier_ = earlier; }

    ThreadWorkers(const ThreadWorkers&) = delete;
    ThreadWorkers& operator=(const ThreadWorkers&) = delete;

private:
    struct Start {
        ThreadWorkers* workers;
        int number;
    };
    static void* enter(void* start) noexcept;
    [[noreturn]] void serve(int number) noexcept;
    bool work_on_any_job(int number) noexcept;
    void wait_for_job(uint32_t seen) noexcept;
    void wake(int64_t wanted) noexcept;

    /// Runs that share the workers; further callers work alone.
    static constexpr size_t kJobs = 8;

    std::array<ThreadJob, kJobs> jobs_;
    alignas(64) std::atomic<uint32_t> epoch_{0};  ///< counts opened jobs; the word on which idle workers sleep
    std::atomic<int> sleeping_{0};
    std::atomic<int> spinning_{0};
    alignas(64) std::atomic<int> started_{0};
    std::atomic<int> limit_;  ///< lowered when the system refuses a thread
    std::mutex starting_;
    ThreadWorkers* earlier_ = nullptr;
};

/// Marks this thread as being inside a body under a number, for as long as it lives.
class WorkerNumber {
public:
    explicit WorkerNumber(int number) noexcept : outer_(current_) { current_ = number; }
    ~WorkerNumber() { current_ = outer_; }
    /// -1 outside of bodies.
    static int current() noexcept { return current_; }

    WorkerNumber(const WorkerNumber&) = delete;
    WorkerNumber& operator=(const WorkerNumber&) = delete;

private:
    static thread_local int current_;
    int outer_;
};

}  // namespace pp::device
