/// Waiting on a 32-bit word: what std::atomic::wait lacks is a time limit and state that survives fork.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace pp::device {

/// Sleeps while `word` holds `expected`, at most `limit` (no limit when zero). May return early for no reason.
void futex_wait(const std::atomic<uint32_t>& word, uint32_t expected,
                std::chrono::nanoseconds limit = std::chrono::nanoseconds::zero()) noexcept;

/// Wakes at most `count` threads that sleep on `word`.
void futex_wake(const std::atomic<uint32_t>& word, int count) noexcept;

/// Tells the core that the thread is spinning.
inline void spin_pause() noexcept {
    __builtin_ia32_pause();
}

}  // namespace pp::device
