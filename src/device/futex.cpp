/// The futex system call, private to the process.
#include "device/futex.h"

#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pp::device {

namespace {

const uint32_t* address_of(const std::atomic<uint32_t>& word) {
    static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t) && std::atomic<uint32_t>::is_always_lock_free);
    return reinterpret_cast<const uint32_t*>(&word);
}

}  // namespace

void futex_wait(const std::atomic<uint32_t>& word, uint32_t expected, std::chrono::nanoseconds limit) noexcept {
    constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
    timespec time{};
    time.tv_sec = limit.count() / kNanosecondsPerSecond;
    time.tv_nsec = limit.count() % kNanosecondsPerSecond;
    syscall(SYS_futex, address_of(word), FUTEX_WAIT_PRIVATE, expected, limit.count() > 0 ? &time : nullptr, nullptr, 0);
}

void futex_wake(const std::atomic<uint32_t>& word, int count) noexcept {
    syscall(SYS_futex, address_of(word), FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

}  // namespace pp::device
