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
    Arenas* memory;
    const AfterChunk& after;
    int64_t chunk;
    std::vector<std::vector<int64_t>> others;  ///< by chunk, so that they come out in order
    std::atomic<bool> out_of_memory{false};

    void read(int64_t begin, int64_t end, int worker) noexcept {
        try {
            ReadJob own = job;
            own.memory = memory ? &memory->of(worker) : nullptr;
            raw_read_range(own, begin, end, others[static_cast<size_t>(begin / chunk)]);
        } catch (const std::bad_alloc&) {
            out_of_memory.store(true, std::memory_order_relaxed);  // thrown again by the calling thread
        }
        if (after) after(begin, end);
    }
};

/// About how many objects one element has: of rows of any length, as many as the first ones have on average.
int64_t objects_each(const ReadJob& job, int64_t count) {
    auto objects = static_cast<int64_t>(job.plan->steps.size());
    if (job.plan->shape != ReadShape::Sequence) {
        return objects;
    }
    constexpr int64_t kLookAt = 8;
    const int64_t looked_at = std::min(count, kLookAt);
    int64_t items = 0;
    for (int64_t i = 0; i < looked_at; ++i) {
        PyObject* object = job.items[job.indices ? job.indices[i] : i];
        items += PyTuple_CheckExact(object) || PyList_CheckExact(object) ? Py_SIZE(object) : 0;
    }
    const auto each = static_cast<int64_t>(job.plan->steps.front().items->steps.size());
    return objects + items * each / std::max<int64_t>(looked_at, 1);
}

void read_in_parallel(const ReadJob& job, Arenas* memory, const AfterChunk& after, int64_t count, int64_t objects,
                      std::vector<int64_t>& others) {
    device::ThreadPool& pool = device::ThreadPool::instance();
    const int64_t least = objects > kChunkObjects / 64 ? 1 : 64;
    const int64_t chunk = std::max({count / (16 * pool.thread_count()), kChunkObjects / objects, least});
    ParallelRead shared{job, memory, after, chunk,
                        std::vector<std::vector<int64_t>>(static_cast<size_t>((count + chunk - 1) / chunk))};
    pool.parallel_for(count, chunk,
                      [&shared](int64_t begin, int64_t end, int worker) { shared.read(begin, end, worker); });
    if (shared.out_of_memory.load(std::memory_order_relaxed)) {
        throw std::bad_alloc();
    }
    for (const std::vector<int64_t>& part : shared.others) {
        others.insert(others.end(), part.begin(), part.end());
    }
}

/// Dicts and instances have layouts of their own, which may be unknown where those of numbers and rows are known.
bool may_read_raw(const ReadPlan& plan) {
    return raw_reads_enabled() && (plan.records == 0 || raw_records_enabled());
}

void read_by_caller(const ReadJob& job, const AfterChunk& after, int64_t count, std::vector<int64_t>& others) {
    const auto read = may_read_raw(*job.plan) ? raw_read_range : api_read_range;
    try {
        read(job, 0, count, others);
    } catch (const std::bad_alloc&) {
        if (after) after(0, count);
        throw;
    }
    if (after) after(0, count);
}

void read_positions(ReadJob job, Arenas* memory, const AfterChunk& after, int64_t count, std::vector<int64_t>& others) {
    const std::vector<const RecordAccess*> records = record_accesses(*job.plan);
    job.records = records.data();
    job.memory = memory ? &memory->of(0) : nullptr;
    const int64_t objects = objects_each(job, count);
    if (may_read_raw(*job.plan) && count * objects >= kParallelObjects)
        read_in_parallel(job, memory, after, count, objects, others);
    else
        read_by_caller(job, after, count, others);
}

}  // namespace

void read_elements(ElementSpan elements, KindRef kind, std::span<void* const> leaves, std::vector<int64_t>& others,
                   Arenas* memory, const AfterChunk& after) {
    read_positions({&read_plan(kind), elements.items, nullptr, leaves.data(), nullptr}, memory, after, elements.count,
                   others);
}

void read_elements_at(ElementSpan elements, std::span<const int64_t> indices, KindRef kind,
                      std::span<void* const> leaves, std::vector<int64_t>& others, Arenas* memory) {
    read_positions({&read_plan(kind), elements.items, indices.data(), leaves.data(), nullptr}, memory, {},
                   static_cast<int64_t>(indices.size()), others);
}

bool read_uniform(PyObject* value, KindRef kind, uint64_t* words, Arenas* memory) {
    const ReadPlan& plan = read_plan(kind);
    Arena* own = memory ? &memory->of(0) : nullptr;
    return may_read_raw(plan) ? raw_read_words(plan, value, words, own) : api_read_words(plan, value, words, own);
}

bool read_items(ElementSpan objects, KindRef item, char* place, Arenas& memory) {
    const ReadPlan& plan = read_plan(item);
    if (!may_read_raw(plan)) {
        return api_read_items(plan, objects.items, objects.count, place, &memory.of(0));
    }
    const std::vector<const RecordAccess*> records = record_accesses(plan);
    const auto each = static_cast<int64_t>(plan.steps.size());
    if (objects.count * each < kParallelObjects) {
        return raw_read_items(plan, records.data(), objects.items, objects.count, place, &memory.of(0));
    }
    std::atomic<bool> matches{true}, out_of_memory{false};
    const int64_t bytes = item_bytes(item);
    const auto read = [&](int64_t begin, int64_t end, int worker) {
        try {
            if (matches.load(std::memory_order_relaxed) &&
                !raw_read_items(plan, records.data(), objects.items + begin, end - begin, place + begin * bytes,
                                &memory.of(worker))) {
                matches.store(false, std::memory_order_relaxed);
            }
        } catch (const std::bad_alloc&) {
            out_of_memory.store(true, std::memory_order_relaxed);  // thrown again by the calling thread
        }
    };
    device::ThreadPool::instance().parallel_for(objects.count, std::max<int64_t>(kChunkObjects / each, 64), read);
    if (out_of_memory.load(std::memory_order_relaxed)) {
        throw std::bad_alloc();
    }
    return matches.load(std::memory_order_relaxed);
}

}  // namespace pp::data
