/// Whole pools of CPython's small-object allocator: taken by the thread that has the GIL, filled by any thread, and
/// from then on freed and reused by CPython as its own.
#pragma once

#include <Python.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pp::data {

inline constexpr size_t kPoolBytes = 16384;
/// Blocks come in size classes: multiples of 16 bytes up to 512. Class c has blocks of 16 * (c + 1) bytes.
inline constexpr size_t kBlockStep = 16;
inline constexpr size_t kLargestBlock = 512;
inline constexpr uint32_t kBlockClasses = kLargestBlock / kBlockStep;
/// The class of a block of 1 to 512 bytes.
constexpr uint32_t block_class(size_t bytes) {
    return static_cast<uint32_t>((bytes - 1) / kBlockStep);
}

/// Where blocks come from and go to: CPython's object allocator, unless a test gives another one.
struct BlockSource {
    void* (*allocate)(size_t bytes) = PyObject_Malloc;
    void (*release)(void* block) = PyObject_Free;
};

struct PoolHeader;

/// A number of blocks of one class in pools that hold nothing else; the last pool may be filled in part, its rest is
/// CPython's. Blocks are numbered through; each counts as allocated as soon as its pool is claimed.
///
/// Between `open` and `close` nobody but this object may allocate or free blocks of its class: the GIL is held and
/// neither the collector nor Python code runs.
class PoolRun {
public:
    /// Throws std::bad_alloc.
    PoolRun(uint32_t size_class, int64_t blocks, BlockSource source = {});

    size_t block_bytes() const noexcept { return bytes_; }
    int64_t blocks() const noexcept { return blocks_; }
    int64_t blocks_per_pool() const noexcept { return per_pool_; }
    /// Pools that the run needs.
    int64_t pools() const noexcept { return wanted_; }

    /// Makes the allocator hand out new pools only. False, and nothing is changed, where it does not look as expected.
    bool open() noexcept;
    /// Claims pools until there are `pools` of them. False when memory ran out or a pool does not look as expected;
    /// those claimed before stay claimed.
    bool claim_until(int64_t pools) noexcept;
    /// Gives the allocator its own pools back.
    void close() noexcept;
    /// Frees blocks [begin, end) that were claimed but never filled. After `close`.
    void release(int64_t begin, int64_t end) const noexcept;

    /// Pools claimed so far. Any thread: whoever sees them may fill their blocks.
    int64_t claimed() const noexcept { return claimed_.load(std::memory_order_acquire); }
    /// Address of the first block of a claimed pool.
    char* first_block(int64_t pool) const noexcept;

    PoolRun(const PoolRun&) = delete;
    PoolRun& operator=(const PoolRun&) = delete;

private:
    bool looks_right(const PoolHeader* pool) const noexcept;
    bool claim_one() noexcept;

    const size_t bytes_;
    const int64_t blocks_;
    const int64_t per_pool_;
    const int64_t wanted_;
    const BlockSource source_;
    std::vector<PoolHeader*> pools_;
    std::vector<void*> probes_;  ///< blocks taken to find the class's list of pools; freed by `close`
    PoolHeader* sentinel_ = nullptr;
    PoolHeader *first_ = nullptr, *last_ = nullptr;  ///< the allocator's own pools of this class meanwhile
    alignas(64) std::atomic<int64_t> claimed_{0};
};

/// Why pools cannot be claimed now, as a sentence for people; null when they can. Found out by trying at first use;
/// what may change later (tracemalloc, other allocators) is looked at every time. GIL held; runs no Python code.
/// PARALLEL_PARTY_POOLS=0 turns them off.
const char* why_no_pools();

/// Why pools cannot hold rows that the collector watches, lists above all; null when they can.
const char* why_no_watched_rows();

/// Why pools cannot hold dicts, namedtuples and instances; null when they can, but for classes of a form of their own.
const char* why_no_record_pools();

}  // namespace pp::data
