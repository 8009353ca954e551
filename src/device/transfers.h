/// Counters of what moved between host and devices since start.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pp::device {

/// Of columns, results and captured data; each counts up only. Relaxed order: nobody draws conclusions from one about
/// the other while calls run.
struct Transfers {
    std::atomic<uint64_t> uploaded_bytes{0};
    std::atomic<uint64_t> downloaded_bytes{0};

    void add_upload(size_t bytes) noexcept { uploaded_bytes.fetch_add(bytes, std::memory_order_relaxed); }
    void add_download(size_t bytes) noexcept { downloaded_bytes.fetch_add(bytes, std::memory_order_relaxed); }
};

inline Transfers& transfers() noexcept {
    static constinit Transfers all;
    return all;
}

}  // namespace pp::device
