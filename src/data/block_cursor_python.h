/// Handing out the blocks of a claimed run one after the other.
#pragma once

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

}  // namespace pp::data
