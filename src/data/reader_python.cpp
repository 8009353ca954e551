/// Reads columns: chooses between raw reads and the API, and between the calling thread and all of them.
#include "data/reader_python.h"

#include <algorithm>
#include <atomic>
#include <new>

#include "data/range_reader_python.h"
#include "device/thread_pool.h"

namespace pp::data {
namespace {

/// Objects below which waking workers takes longer than reading: a sleeping worker needs 70-250 us, an object 2-4 ns.
constexpr int64_t kParallelObjects = 1 << 16;
/// Objects in a chunk, at the least: tens of microseconds, so that claiming it costs nothing.
constexpr int64_t kChunkObjects = 1 << 13;

/// What the threads share while they read.
struct ParallelRead {
    const ReadJob& job;
    int64_t chunk;
    std::vector<std::vector<int64_t>> others;  ///< by chunk, so that they come out in order
    std::atomic<bool> out_of_memory{false};

    void read(int64_t begin, int64_t end) noexcept {
        try {
            raw_read_range(job, begin, end, others[static_cast<size_t>(begin / chunk)]);
        } catch (const std::bad_alloc&) {
            out_of_memory.store(true, std::memory_order_relaxed);  // thrown again by the calling thread
        }
    }
};

void read_in_parallel(const ReadJob& job, int64_t count, std::vector<int64_t>& others) {
    device::ThreadPool& pool = device::ThreadPool::instance();
    const auto objects = static_cast<int64_t>(job.plan->steps.size());
    const int64_t chunk = std::max({count / (16 * pool.thread_count()), kChunkObjects / objects, int64_t{64}});
    ParallelRead shared{job, chunk,
                        std::vector<std::vector<int64_t>>(static_cast<size_t>((count + chunk - 1) / chunk))};
    pool.parallel_for(count, chunk, [&shared](int64_t begin, int64_t end, int) { shared.read(begin, end); });
    if (shared.out_of_memory.load(std::memory_order_relaxed)) {
        throw std::bad_alloc();
    }
    for (const std::vector<int64_t>& part : shared.others) {
        others.insert(others.end(), part.begin(), part.end());
    }
}

void read_positions(const ReadJob& job, int64_t count, std::vector<int64_t>& others) {
    if (!raw_reads_enabled()) {
        api_read_range(job, 0, count, others);
    } else if (count * static_cast<int64_t>(job.plan->steps.size()) < kParallelObjects) {
        raw_read_range(job, 0, count, others);
    } else {
        read_in_parallel(job, count, others);
    }
}

}  // namespace

void read_elements(ElementSpan elements, KindRef kind, std::span<void* const> leaves, std::vector<int64_t>& others) {
    read_positions({&read_plan(kind), elements.items, nullptr, leaves.data()}, elements.count, others);
}

void read_elements_at(ElementSpan elements, std::span<const int64_t> indices, KindRef kind,
                      std::span<void* const> leaves, std::vector<int64_t>& others) {
    read_positions({&read_plan(kind), elements.items, indices.data(), leaves.data()},
                   static_cast<int64_t>(indices.size()), others);
}

bool read_uniform(PyObject* value, KindRef kind, uint64_t* words) {
    const ReadPlan& plan = read_plan(kind);
    return raw_reads_enabled() ? raw_read_words(plan, value, words) : api_read_words(plan, value, words);
}

}  // namespace pp::data
