/// The library's own worker threads: started on first use, quiet when idle, safe across fork.
#pragma once

#include <cstdint>
#include <functional>

namespace pp::device {

/// Work over `count` items, claimed in chunks by the caller's thread and the workers.
/// `body(begin, end, worker)` must not throw and must not touch reference counts; `worker` is below `thread_count()`
/// and no two calls with one number run at once.
using RangeBody = std::function<void(int64_t begin, int64_t end, int worker)>;

/// Called on the calling thread every few milliseconds while it waits or between its chunks; a nonzero answer stops
/// the run after the chunks in progress.
using Supervisor = std::function<bool()>;

class ThreadPool {
public:
    /// The process's pool. No thread is started before `parallel_for` needs one. After fork the child has a fresh one.
    static ThreadPool& instance();

    /// Threads that take part, the caller's included: PARALLEL_PARTY_NUM_THREADS, else what affinity and cgroup allow.
    int thread_count() const noexcept;

    /// Runs `body` over [0, count) in chunks of `chunk`; returns false when `supervisor` stopped it. The caller takes
    /// part (unless `caller_works` is false and there are workers). Calls from several threads take turns or share the workers.
    /// `count <= chunk` never wakes anybody.
    bool parallel_for(int64_t count, int64_t chunk, const RangeBody& body, const Supervisor& supervisor = {},
                      bool caller_works = true);

    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

private:
    ThreadPool();
    struct State;
    State* state_;   ///< never freed: workers may outlive static destruction
};

/// PARALLEL_PARTY_NUM_THREADS, else the smaller of the affinity mask and the cgroup's quota (v1 and v2), at least 1.
/// Throws UserError(Value) when the variable is no positive number.
int allowed_threads();

}  // namespace pp::device
