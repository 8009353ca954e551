/// Running over elements in chunks, on the calling thread where they are few, and carrying failures back to it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <mutex>

#include "data/record_class_python.h"
#include "device/thread_pool.h"

namespace pp::data {

/// Objects below which waking workers takes longer than visiting them, and objects in a chunk, at the least.
inline constexpr int64_t kObjectsWorthWaking = 1 << 16;
inline constexpr int64_t kObjectsInChunk = 1 << 13;

/// Calls `body(begin, end)` for chunks of [0, count), each of whose positions visits `objects` objects. The calling
/// thread holds the GIL and waits. What a body throws is thrown here in the end; the other chunks still run.
template <typename Body> void in_chunks(int64_t count, int64_t objects, Body body) {
    if (!raw_records_enabled() || count * objects < kObjectsWorthWaking) {
        body(int64_t{0}, count);
        return;
    }
    device::ThreadPool& pool = device::ThreadPool::instance();
    const int64_t chunk =
        std::max({count / (16 * pool.thread_count()), kObjectsInChunk / std::max<int64_t>(objects, 1), int64_t{64}});
    std::exception_ptr failure;
    std::mutex mutex;
    pool.parallel_for(count, chunk, [&](int64_t begin, int64_t end, int) {
        try {
            body(begin, end);
        } catch (...) {
            std::lock_guard lock(mutex);
            failure = std::current_exception();
        }
    });
    if (failure) {
        std::rethrow_exception(failure);
    }
}

}  // namespace pp::data
