/// Starting threads, their idle life, and waking them.
#include "device/thread_workers.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <new>
#include <pthread.h>

#include "device/futex.h"

namespace pp::device {

namespace {

using Clock = std::chrono::steady_clock;

/// Waking a sleeping thread costs 70-250 us on virtual machines; one that still spins answers within 1 us.
constexpr auto kIdleSpin = std::chrono::microseconds(40);
/// One wake-up costs the waker some microseconds; whoever is woken wakes the next ones.
constexpr int64_t kWakesAtOnce = 8;

/// Signals are the application's: its handlers must not run on our threads. Faults stay deliverable, so that a crash
/// in a worker reaches the application's crash reporter.
sigset_t signals_to_block() noexcept {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL})
        sigdelset(&blocked, fault);
    return blocked;
}

}  // namespace

thread_local int WorkerNumber::current_ = -1;

int ThreadWorkers::start(int64_t wanted) noexcept {
    const auto is_enough = [&] {
        return started_.load(std::memory_order_acquire) >= std::min<int64_t>(wanted, limit_);
    };
    if (is_enough()) return started_;
    const std::lock_guard lock(starting_);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    // Blocked by inheritance: between its creation and a call of its own a signal could reach the new thread.
    const sigset_t blocked = signals_to_block();
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    while (!is_enough()) {
        const int number = started_ + 1;
        auto* start = new (std::nothrow) Start{this, number};
        pthread_t thread;
        if (start == nullptr || pthread_create(&thread, &attributes, enter, start) != 0) {
            delete start;
            limit_ = number - 1;
            break;
        }
        started_ = number;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
    return started_;
}

void* ThreadWorkers::enter(void* argument) noexcept {
    auto* start = static_cast<Start*>(argument);
    const Start copy = *start;
    delete start;
    char name[16];
    std::snprintf(name, sizeof name, "pp-worker-%d", copy.number);
    pthread_setname_np(pthread_self(), name);
    copy.workers->serve(copy.number);
}

void ThreadWorkers::serve(int number) noexcept {
    for (;;) {
        const uint32_t seen = epoch_.load(std::memory_order_acquire);
        if (!work_on_any_job(number)) wait_for_job(seen);
    }
}

ThreadJob* ThreadWorkers::try_acquire_job() noexcept {
    for (ThreadJob& job : jobs_) {
        if (job.try_acquire()) return &job;
    }
    return nullptr;
}

bool ThreadWorkers::work_on_any_job(int number) noexcept {
    bool worked = false;
    for (size_t i = 0; i < kJobs; ++i) {
        // Each worker begins elsewhere, so that concurrent runs share the workers.
        ThreadJob& job = jobs_[(static_cast<size_t>(number) + i) % kJobs];
        if (!job.try_join()) continue;
        worked = true;
        wake(job.chunks_left() - 1);
        const WorkerNumber inside(number);
        while (job.run_chunk(number)) {
        }
        job.leave();
    }
    return worked;
}

void ThreadWorkers::wait_for_job(uint32_t seen) noexcept {
    spinning_.fetch_add(1);
    const auto end = Clock::now() + kIdleSpin;
    for (int turn = 1; epoch_.load(std::memory_order_acquire) == seen; ++turn) {
        if (turn % 32 == 0 && Clock::now() >= end) break;
        spin_pause();
    }
    spinning_.fetch_sub(1);
    sleeping_.fetch_add(1);
    while (epoch_.load() == seen)
        futex_wait(epoch_, seen);
    sleeping_.fetch_sub(1);
}

void ThreadWorkers::announce(int64_t wanted) noexcept {
    // Sequentially consistent with the counters of wait_for_job: either this thread sees the sleeper, or the sleeper
    // sees the new epoch.
    epoch_.fetch_add(1);
    wake(wanted - spinning_.load());
}

void ThreadWorkers::wake(int64_t wanted) noexcept {
    const int64_t count = std::min({wanted, int64_t{sleeping_.load()}, kWakesAtOnce});
    if (count > 0) futex_wake(epoch_, static_cast<int>(count));
}

}  // namespace pp::device
