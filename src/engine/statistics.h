/// Counters since start, shown by `pp.stats()` beside those of device/transfers.h.
#pragma once

#include <atomic>
#include <cstdint>

namespace pp::engine {

/// Each counts up only; relaxed order, since nobody draws conclusions from one about another while calls run.
struct Statistics {
    std::atomic<uint64_t> launches{0};      ///< kernel runs on any device, one for each group of elements
    std::atomic<uint64_t> compilations{0};  ///< kernels made, one or two for each specialisation and device
    std::atomic<uint64_t> reused{0};        ///< kernels that needed no compiling: equal ones in use, or on disk
    std::atomic<uint64_t> elements{0};
    std::atomic<uint64_t> handed_back{0};

    void count_kernel(bool is_compiled) noexcept {
        (is_compiled ? compilations : reused).fetch_add(1, std::memory_order_relaxed);
    }
};

Statistics& statistics();

/// Milliseconds that the parts of one call took.
struct Timings {
    double analyse = 0, compile = 0, read = 0, upload = 0, run = 0, download = 0, hand_back = 0, box = 0;
};

}  // namespace pp::engine
