/// Handing out the blocks of a claimed run one after the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "data/pools_python.h"

namespace pp::data {

/// One thread's way through a part of a run. The pools on that way must have been claimed.
class BlockCursor {
public:
    BlockCursor() = default;
    BlockCursor(const PoolRun& run, int64_t first_block)
        : run_(&run), bytes_(run.block_bytes()), position_(first_block) {}

    char* take() noexcept {
        if (next_ == end_) [[unlikely]] {
            enter_pool();
        }
        char* block = next_;
        next_ += bytes_;
        return block;
    }

private:
    void enter_pool() noexcept {
        // Entered in the middle once, at the beginning of the way; from then on at each pool's first block.
        const int64_t per_pool = run_->blocks_per_pool();
        const int64_t inside = position_ % per_pool;
        char* first = run_->first_block(position_ / per_pool);
        next_ = first + static_cast<size_t>(inside) * bytes_;
        end_ = first + static_cast<size_t>(per_pool) * bytes_;
        position_ += per_pool - inside;
    }

    char *next_ = nullptr, *end_ = nullptr;
    const PoolRun* run_ = nullptr;
    size_t bytes_ = 0;
    int64_t position_ = 0;
};

/// A block too large for pools, which the calling thread has the allocator make.
struct LargeBlock {
    size_t bytes;
    char* address = nullptr;
};

/// One thread's way through all the blocks of a chunk.
class ChunkBlocks {
public:
    BlockCursor& operator[](uint32_t size_class) noexcept { return cursors_[size_class]; }
    /// `next`: of those too large for pools, in the order in which they will be taken.
    void set_large(const LargeBlock* next) noexcept { large_ = next; }

    char* take(size_t bytes) noexcept {
        return bytes <= kLargestBlock ? cursors_[block_class(bytes)].take() : (large_++)->address;
    }

private:
    std::array<BlockCursor, kBlockClasses> cursors_;
    const LargeBlock* large_ = nullptr;
};

}  // namespace pp::data
