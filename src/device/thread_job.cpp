/// Claiming chunks, joining and leaving.
#include "device/thread_job.h"

#include <algorithm>
#include <utility>

#include "device/futex.h"

namespace pp::device {

bool ThreadJob::try_acquire() noexcept {
    uint32_t free = 0;
    return state_.compare_exchange_strong(free, kTaken, std::memory_order_acquire, std::memory_order_relaxed);
}

void ThreadJob::open(int64_t count, int64_t chunk, const RangeBody& body) noexcept {
    count_ = count;
    chunk_ = chunk;
    chunks_ = (count - 1) / chunk + 1;
    body_ = &body;
    next_chunk_.store(0, std::memory_order_relaxed);
    state_.store(kTaken | kOpen, std::memory_order_release);
}

void ThreadJob::stop() noexcept {
    next_chunk_.store(chunks_, std::memory_order_relaxed);
    state_.fetch_and(~kOpen, std::memory_order_relaxed);
}

ThreadJob::Wait ThreadJob::wait_until(std::chrono::steady_clock::time_point deadline) noexcept {
    using Clock = std::chrono::steady_clock;
    // The last chunks usually end within this, and a sleeper costs a worker the system call that wakes it.
    constexpr auto kSpin = std::chrono::microseconds(50);
    const auto spin_end = std::min(Clock::now() + kSpin, deadline);
    for (int turn = 1;; ++turn) {
        if (is_finished(state_.load(std::memory_order_acquire))) return Wait::Finished;
        if (turn % 32 == 0 && Clock::now() >= spin_end) break;
        spin_pause();
    }
    for (;;) {
        const uint32_t state = state_.fetch_or(kSleeping, std::memory_order_acquire) | kSleeping;
        const auto now = Clock::now();
        const bool finished = is_finished(state);
        if (finished || now >= deadline) {
            state_.fetch_and(~kSleeping, std::memory_order_relaxed);
            return finished ? Wait::Finished : Wait::TimedOut;
        }
        futex_wait(state_, state, deadline - now);
    }
}

void ThreadJob::rethrow_failure() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadJob::release() noexcept {
    failure_ = nullptr;
    has_failed_.store(false, std::memory_order_relaxed);
    state_.store(0, std::memory_order_release);
}

bool ThreadJob::try_join() noexcept {
    uint32_t state = state_.load(std::memory_order_relaxed);
    while (state & kOpen) {
        if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire, std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

void ThreadJob::leave() noexcept {
    const uint32_t before = state_.fetch_sub(1, std::memory_order_release);
    // The slot may be another run's by now; a wake-up too many does no harm, and the slots are never freed.
    if ((before & kSleeping) && (before & kInside) == 1) futex_wake(state_, 1);
}

bool ThreadJob::run_chunk(int worker) noexcept {
    const int64_t index = next_chunk_.fetch_add(1, std::memory_order_relaxed);
    if (index >= chunks_) {
        // Closed by whoever notices first, so that idle workers do not join and leave until the caller comes.
        state_.fetch_and(~kOpen, std::memory_order_relaxed);
        return false;
    }
    const int64_t begin = index * chunk_;
    try {
        (*body_)(begin, chunk_ < count_ - begin ? begin + chunk_ : count_, worker);
    } catch (...) {
        if (!has_failed_.exchange(true, std::memory_order_relaxed)) failure_ = std::current_exception();
        next_chunk_.store(chunks_, std::memory_order_relaxed);
    }
    return true;
}

int64_t ThreadJob::chunks_left() const noexcept {
    return std::max<int64_t>(chunks_ - next_chunk_.load(std::memory_order_relaxed), 0);
}

}  // namespace pp::device
