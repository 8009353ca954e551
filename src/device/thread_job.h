/// One run of `ThreadPool::parallel_for` that workers can join: which chunks are left and who is inside.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>

#include "device/thread_pool.h"

namespace pp::device {

/// A slot that callers take in turn. All of its life is one word, so that joining, leaving and waiting need no lock:
/// a worker that has joined keeps the slot from being taken again.
class ThreadJob {
public:
    enum class Wait { Finished, TimedOut };

    /// Caller: takes the slot if it is free.
    bool try_acquire() noexcept;
    /// Caller that has the slot: offers `count` items to the workers.
    void open(int64_t count, int64_t chunk, const RangeBody& body) noexcept;
    /// Caller: no further chunk is begun.
    void stop() noexcept;
    /// Caller: waits until the job is closed and every worker has left; at most until `deadline`.
    Wait wait_until(std::chrono::steady_clock::time_point deadline) noexcept;
    /// Caller, when it has waited: throws what a body has thrown, if one has.
    void rethrow_failure();
    /// Caller: gives the slot back. Nobody may be inside.
    void release() noexcept;

    /// Worker: enters if the job is open. Whoever has entered must call `leave`.
    bool try_join() noexcept;
    void leave() noexcept;
    /// Claims and runs one chunk; closes the job and answers false when none is left. For the caller and those inside.
    /// What the body throws is kept, and no further chunk is begun.
    bool run_chunk(int worker) noexcept;

    bool is_untouched() const noexcept { return next_chunk_.load(std::memory_order_relaxed) == 0; }
    int64_t chunks_left() const noexcept;

private:
    bool is_finished(uint32_t state) const noexcept { return (state & (kOpen | kInside)) == 0; }

    static constexpr uint32_t kTaken = 1u << 31;     ///< some caller has the slot
    static constexpr uint32_t kOpen = 1u << 30;      ///< workers may join
    static constexpr uint32_t kSleeping = 1u << 29;  ///< the caller sleeps on `state_`
    static constexpr uint32_t kInside = (1u << 16) - 1;

    alignas(64) std::atomic<uint32_t> state_{0};
    // Written by the caller before `open` publishes them, read by those inside.
    int64_t count_ = 0;
    int64_t chunk_ = 1;
    int64_t chunks_ = 0;
    const RangeBody* body_ = nullptr;
    // Of the first body that threw, who claims the flag.
    std::atomic<bool> has_failed_{false};
    std::exception_ptr failure_;
    // On a line of its own: every claim writes it.
    alignas(64) std::atomic<int64_t> next_chunk_{0};
};

}  // namespace pp::device
