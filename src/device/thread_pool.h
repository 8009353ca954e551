/// The library's own worker threads: started on first use, quiet when idle, safe across fork.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace pp::device {

/// Work over `count` items, claimed in chunks by the caller's thread and the workers.
/// `body(begin, end, worker)` must not touch reference counts; `worker` is below `thread_count()` and no two calls of
/// one run with one number are made at once. What one throws leaves `parallel_for` after the chunks in progress; no
/// further one is begun.
using RangeBody = std::function<void(int64_t begin, int64_t end, int worker)>;

/// Called on the calling thread every few milliseconds while it waits or between its chunks; a nonzero answer stops
/// the run after the chunks in progress (it is then not asked again). What it throws leaves `parallel_for` likewise
/// after the chunks in progress.
using Supervisor = std::function<bool()>;

/// What the calling thread does first, while workers begin already.
using CallerTask = std::function<void()>;

class ThreadWorkers;

class ThreadPool {
public:
    /// The process's pool. No thread is started before `parallel_for` needs one. After fork the child has fresh threads
    /// under the same reference.
    /// Throws UserError(Value) as `allowed_threads` does, which it asks once.
    static ThreadPool& instance();

    /// Threads that take part, the caller's included: PARALLEL_PARTY_NUM_THREADS, else what affinity and cgroup allow.
    int thread_count() const noexcept { return thread_count_; }

    /// Runs `body` over [0, count) in chunks of `chunk`; returns false when `supervisor` stopped it. The caller takes
    /// part (unless `caller_works` is false and a worker comes within a few milliseconds). Calls from several threads
    /// share the workers and never wait for one another; a call from inside a body runs on its own thread alone.
    /// `count <= chunk` never wakes anybody. When `supervisor` forks, the run is over in the child: false.
    /// `first` runs once on the calling thread before anything else that this thread does, and must not throw: bodies
    /// may wait for what it provides.
    bool parallel_for(int64_t count, int64_t chunk, const RangeBody& body, const Supervisor& supervisor = {},
                      bool caller_works = true, const CallerTask& first = {});

    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

private:
    explicit ThreadPool(int thread_count) noexcept : thread_count_(thread_count) {}
    ThreadWorkers& workers();
    static void forget_workers_in_child() noexcept;

    const int thread_count_;
    std::atomic<ThreadWorkers*> workers_{nullptr};  ///< never freed: threads may outlive static destruction
    ThreadWorkers* abandoned_ = nullptr;            ///< those of the processes from which this one was forked
};

/// PARALLEL_PARTY_NUM_THREADS, else the smaller of the affinity mask and the cgroup's quota (v1 and v2), at least 1.
/// Throws UserError(Value) when the variable is no number from 1 to 4096.
int allowed_threads();

}  // namespace pp::device
