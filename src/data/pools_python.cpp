/// How a pool looks from inside, and taking it out of the allocator's hands.
#include "data/pools_python.h"

#include <algorithm>

namespace pp::data {

/// The first 48 bytes of a pool (Objects/obmalloc.c; the same in 3.11 to 3.14).
struct PoolHeader {
    uint32_t count;  ///< blocks in use
    uint32_t padding;
    char* free_block;  ///< head of the list of free blocks
    PoolHeader* next;  ///< among the class's pools that have room
    PoolHeader* previous;
    uint32_t arena;
    uint32_t size_class;
    uint32_t next_offset;  ///< of the first block never handed out
    uint32_t last_offset;  ///< greatest value of `next_offset` that still has room for a block
};

namespace {

constexpr size_t kHeaderBytes = 48;
static_assert(sizeof(PoolHeader) == kHeaderBytes);
/// Pools with a single free block that are looked through before giving up.
constexpr size_t kMostProbes = 2000;

PoolHeader* header_of(void* block) {
    return reinterpret_cast<PoolHeader*>(reinterpret_cast<uintptr_t>(block) & ~(kPoolBytes - 1));
}

bool is_pool_address(const PoolHeader* pool) {
    return (reinterpret_cast<uintptr_t>(pool) & (kPoolBytes - 1)) == 0;
}

char* block_at(PoolHeader* pool, size_t offset) {
    return reinterpret_cast<char*>(pool) + offset;
}

/// Makes the pool one whose first `count` blocks are in use and all others were never handed out.
void set_filled(PoolHeader* pool, size_t bytes, int64_t count) {
    const auto end = static_cast<uint32_t>(kHeaderBytes + bytes * static_cast<size_t>(count));
    pool->count = static_cast<uint32_t>(count);
    if (end > pool->last_offset) {
        pool->free_block = nullptr;
        pool->next_offset = pool->last_offset + static_cast<uint32_t>(bytes);
    } else {
        pool->free_block = block_at(pool, end);
        *reinterpret_cast<char**>(pool->free_block) = nullptr;
        pool->next_offset = end + static_cast<uint32_t>(bytes);
    }
}

}  // namespace

PoolRun::PoolRun(uint32_t size_class, int64_t blocks, BlockSource source)
    : bytes_(kBlockStep * (size_class + 1)), blocks_(blocks),
      per_pool_(static_cast<int64_t>((kPoolBytes - kHeaderBytes) / bytes_)),
      wanted_((blocks + per_pool_ - 1) / per_pool_), source_(source) {
    pools_.reserve(static_cast<size_t>(wanted_));
    probes_.reserve(kMostProbes);
}

bool PoolRun::looks_right(const PoolHeader* pool) const noexcept {
    return pool->size_class == bytes_ / kBlockStep - 1 && pool->last_offset == kPoolBytes - bytes_ &&
           pool->count >= 1 && static_cast<int64_t>(pool->count) <= per_pool_;
}

bool PoolRun::open() noexcept {
    // A block from a pool that has room left leads to the head of the list of such pools.
    PoolHeader* pool = nullptr;
    while (!pool && probes_.size() < kMostProbes) {
        void* block = source_.allocate(bytes_);
        if (!block) {
            break;
        }
        probes_.push_back(block);
        PoolHeader* candidate = header_of(block);
        const size_t offset = reinterpret_cast<uintptr_t>(block) % kPoolBytes;
        if (!looks_right(candidate) || offset < kHeaderBytes || (offset - kHeaderBytes) % bytes_ != 0) {
            break;
        }
        if (candidate->free_block) {
            pool = candidate;
        }
    }
    if (pool && !is_pool_address(pool->previous) && pool->previous->next == pool) {
        sentinel_ = pool->previous;
        first_ = pool;
        last_ = sentinel_->previous;
        sentinel_->next = sentinel_->previous = sentinel_;
        return true;
    }
    close();
    return false;
}

bool PoolRun::claim_one() noexcept {
    void* block = source_.allocate(bytes_);
    if (!block) {
        return false;
    }
    PoolHeader* pool = header_of(block);
    if (!looks_right(pool) || pool->count != 1 || sentinel_->next != pool || sentinel_->previous != pool) {
        source_.release(block);
        return false;
    }
    const int64_t left = blocks_ - static_cast<int64_t>(pools_.size()) * per_pool_;
    set_filled(pool, bytes_, std::min(left, per_pool_));
    if (left >= per_pool_) {
        sentinel_->next = sentinel_->previous = sentinel_;  // full pools are in no list
    }
    pools_.push_back(pool);
    return true;
}

bool PoolRun::claim_until(int64_t pools) noexcept {
    bool claims = true;
    while (claims && static_cast<int64_t>(pools_.size()) < pools) {
        claims = claim_one();
    }
    claimed_.store(static_cast<int64_t>(pools_.size()), std::memory_order_release);
    return claims;
}

void PoolRun::close() noexcept {
    if (sentinel_) {
        PoolHeader* partial = sentinel_->next;
        if (partial == sentinel_) {
            sentinel_->next = first_;
        } else {
            partial->next = first_;
            first_->previous = partial;
        }
        sentinel_->previous = last_;
        sentinel_ = nullptr;
    }
    for (void* block : probes_) {
        source_.release(block);
    }
    probes_.clear();
}

char* PoolRun::first_block(int64_t pool) const noexcept {
    return block_at(pools_[static_cast<size_t>(pool)], kHeaderBytes);
}

void PoolRun::release(int64_t begin, int64_t end) const noexcept {
    end = std::min(end, static_cast<int64_t>(pools_.size()) * per_pool_);
    for (int64_t i = begin; i < end; ++i) {
        source_.release(first_block(i / per_pool_) + bytes_ * static_cast<size_t>(i % per_pool_));
    }
}

}  // namespace pp::data
