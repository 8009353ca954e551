/// The blocks that all chunks of a job need: claimed by the calling thread while others fill those that are there.
#pragma once

#include <Python.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "data/block_counts_python.h"
#include "data/block_cursor_python.h"
#include "data/pools_python.h"

namespace pp::data {

class PoolClaims {
public:
    /// `classes`: of the blocks that any chunk may need. Throws std::bad_alloc.
    PoolClaims(std::vector<uint32_t> classes, int64_t chunks);

    int64_t chunks() const noexcept { return chunks_; }

    /// What a chunk needs. Any thread, for each chunk once. Throws std::bad_alloc.
    void need(int64_t chunk, const BlockCounts& counts);
    /// When all is known. GIL held. Throws std::bad_alloc.
    void prepare();
    /// Claims as much as there is. GIL held; runs no Python code, and nobody else may use the allocator meanwhile.
    void claim() noexcept;
    /// Waits until everything that a chunk needs has been claimed; false when that will not happen. Any thread.
    bool wait_for(int64_t chunk) noexcept;
    /// A claimed chunk's blocks, in the order in which they were counted.
    ChunkBlocks blocks(int64_t chunk);
    /// After `claim`: gives back the blocks of a chunk of which none was filled, or those behind `used`, by class.
    void release(int64_t chunk, const BlockCounts& used = {}) noexcept;

private:
    int64_t& first_block(int64_t chunk, size_t k) {
        return first_blocks_[static_cast<size_t>(chunk) * classes_.size() + k];
    }
    bool make_large_until(int64_t chunks) noexcept;
    template <typename IsReady> bool wait_until(IsReady is_ready) noexcept;

    const std::vector<uint32_t> classes_;
    const int64_t chunks_;
    /// For each chunk and class the number of its first block, at the end the totals; before `prepare` what the chunk
    /// before needs.
    std::vector<int64_t> first_blocks_;
    std::vector<std::unique_ptr<PoolRun>> runs_;  ///< by class
    std::vector<std::vector<LargeBlock>> large_;  ///< by chunk
    std::atomic<int64_t> with_large_{0};          ///< chunks that have their large blocks
    std::atomic<bool> claiming_has_ended_{false};
};

}  // namespace pp::data
