/// The process's pool, and one run from the caller's side.
#include "device/thread_pool.h"

#include <chrono>
#include <pthread.h>
#include <utility>

#include "base/error.h"
#include "device/thread_workers.h"

namespace pp::device {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSupervision = std::chrono::milliseconds(5);

std::atomic<ThreadPool*> the_pool{nullptr};
std::atomic<uint32_t> fork_generation{0};  ///< forks between the first process of the pool and this one

/// Asks the supervisor when it is time to.
class Supervision {
public:
    explicit Supervision(const Supervisor& supervisor) : supervisor_(supervisor), due_(Clock::now() + kSupervision) {}

    /// Whether the run shall stop.
    bool asks_to_stop() {
        if (Clock::now() < due_) return false;
        const bool stop = supervisor_ && supervisor_();
        // Counted from the answer: a slow supervisor must not starve the work.
        due_ = Clock::now() + kSupervision;
        return stop;
    }
    Clock::time_point due() const noexcept { return due_; }

private:
    const Supervisor& supervisor_;
    Clock::time_point due_;
};

/// Holds a job for the time of one run. However the run ends, nobody is inside afterwards.
class JobLease {
public:
    explicit JobLease(ThreadJob& job) noexcept : job_(job), generation_(fork_generation.load()) {}
    ~JobLease() {
        if (is_in_child()) return;
        job_.stop();
        while (job_.wait_until(Clock::now() + std::chrono::hours(1)) == ThreadJob::Wait::TimedOut) {
        }
        job_.release();
    }
    /// Whether this process was forked since: then those inside do not exist here, nor does what they were about.
    bool is_in_child() const noexcept { return fork_generation.load(std::memory_order_relaxed) != generation_; }

    JobLease(const JobLease&) = delete;
    JobLease& operator=(const JobLease&) = delete;

private:
    ThreadJob& job_;
    const uint32_t generation_;
};

bool run_alone(int64_t count, int64_t chunk, const RangeBody& body, const Supervisor& supervisor, int worker,
               const CallerTask& first) {
    if (first) first();
    Supervision supervision(supervisor);
    for (int64_t begin = 0; begin < count;) {
        const int64_t end = chunk < count - begin ? begin + chunk : count;
        body(begin, end, worker);
        begin = end;
        if (begin < count && supervision.asks_to_stop()) return false;
    }
    return true;
}

bool run_chunk_as_caller(ThreadJob& job) {
    const WorkerNumber inside(0);
    return job.run_chunk(0);
}

}  // namespace

ThreadPool& ThreadPool::instance() {
    // No function-local static: a child forked while another thread makes it would wait for that thread for ever.
    if (ThreadPool* pool = the_pool.load(std::memory_order_acquire)) return *pool;
    static std::atomic<bool> handler_registered{false};
    if (!handler_registered.load()) {
        // Twice when two threads come first at once, which does no harm.
        pthread_atfork(nullptr, nullptr, forget_workers_in_child);
        handler_registered.store(true);
    }
    auto* fresh = new ThreadPool(allowed_threads());
    ThreadPool* current = nullptr;
    if (the_pool.compare_exchange_strong(current, fresh)) return *fresh;
    delete fresh;
    return *current;
}

void ThreadPool::forget_workers_in_child() noexcept {
    fork_generation.fetch_add(1);
    ThreadPool* pool = the_pool.load();
    if (pool == nullptr) return;
    // Kept but never used again: the parent's threads, which do not exist here, may have left it locked.
    if (ThreadWorkers* workers = pool->workers_.exchange(nullptr)) {
        workers->abandon(std::exchange(pool->abandoned_, workers));
    }
}

ThreadWorkers& ThreadPool::workers() {
    if (ThreadWorkers* existing = workers_.load(std::memory_order_acquire)) return *existing;
    auto* fresh = new ThreadWorkers(thread_count_ - 1);
    ThreadWorkers* current = nullptr;
    if (workers_.compare_exchange_strong(current, fresh)) return *fresh;
    delete fresh;
    return *current;
}

bool ThreadPool::parallel_for(int64_t count, int64_t chunk, const RangeBody& body, const Supervisor& supervisor,
                              bool caller_works, const CallerTask& first) {
    PP_CHECK(chunk > 0);
    if (WorkerNumber::current() >= 0) return run_alone(count, chunk, body, supervisor, WorkerNumber::current(), first);
    if (count <= chunk || thread_count_ == 1) return run_alone(count, chunk, body, supervisor, 0, first);

    ThreadWorkers& shared = workers();
    const int64_t helpers = (count - 1) / chunk + (caller_works ? 0 : 1);
    ThreadJob* job = shared.start(helpers) > 0 ? shared.try_acquire_job() : nullptr;
    if (job == nullptr) return run_alone(count, chunk, body, supervisor, 0, first);
    const JobLease lease(*job);
    job->open(count, chunk, body);
    shared.announce(helpers);
    if (first) first();

    Supervision supervision(supervisor);
    bool chunks_left = true;
    for (;;) {
        if (caller_works && chunks_left) {
            chunks_left = run_chunk_as_caller(*job);
        } else if (job->wait_until(supervision.due()) == ThreadJob::Wait::Finished) {
            job->rethrow_failure();
            return true;
        } else if (job->is_untouched()) {
            // The workers are busy with the runs of other callers.
            caller_works = true;
        }
        if (lease.is_in_child() || supervision.asks_to_stop() || lease.is_in_child()) return false;
    }
}

}  // namespace pp::device
