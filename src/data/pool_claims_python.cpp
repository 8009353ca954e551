/// See pool_claims_python.h.
#include "data/pool_claims_python.h"

#include <sched.h>

#include "data/arenas_python.h"

namespace pp::data {
namespace {

/// Claiming is done in so many steps over all classes, so that the first chunks find everything they need early.
constexpr int64_t kClaimSteps = 64;

}  // namespace

PoolClaims::PoolClaims(std::vector<uint32_t> classes, int64_t chunks)
    : classes_(std::move(classes)), chunks_(chunks), first_blocks_(static_cast<size_t>(chunks + 1) * classes_.size()),
      large_(static_cast<size_t>(chunks)) {}

void PoolClaims::need(int64_t chunk, const BlockCounts& counts) {
    for (size_t k = 0; k < classes_.size(); ++k) {
        first_block(chunk + 1, k) = counts[classes_[k]];
    }
    std::vector<LargeBlock>& large = large_[static_cast<size_t>(chunk)];
    large.reserve(counts.large.size());
    for (const size_t bytes : counts.large) {
        large.push_back({bytes});
    }
}

void PoolClaims::prepare() {
    for (size_t i = classes_.size(); i < first_blocks_.size(); ++i) {
        first_blocks_[i] += first_blocks_[i - classes_.size()];
    }
    size_t bytes = 0;
    for (size_t k = 0; k < classes_.size(); ++k) {
        runs_.push_back(std::make_unique<PoolRun>(classes_[k], first_block(chunks_, k)));
        bytes += static_cast<size_t>(runs_.back()->pools()) * kPoolBytes;
    }
    WarmArenas::prepare(bytes);
}

void PoolClaims::claim() noexcept {
    bool claims = true;
    for (const auto& run : runs_) {
        claims = claims && (run->pools() == 0 || run->open());
    }
    for (int64_t step = 1; claims && step <= kClaimSteps; ++step) {
        for (const auto& run : runs_) {
            claims = claims && run->claim_until(run->pools() * step / kClaimSteps);
        }
        claims = claims && make_large_until(chunks_ * step / kClaimSteps);
    }
    for (const auto& run : runs_) {
        run->close();
    }
    claiming_has_ended_.store(true, std::memory_order_release);
}

/// Has the allocator make the blocks too large for pools of the chunks below `chunks`. It does not touch pools for
/// such sizes. False where memory ran out.
bool PoolClaims::make_large_until(int64_t chunks) noexcept {
    for (int64_t chunk = with_large_.load(std::memory_order_relaxed); chunk < chunks; ++chunk) {
        for (LargeBlock& block : large_[static_cast<size_t>(chunk)]) {
            block.address = static_cast<char*>(PyObject_Malloc(block.bytes));
            if (!block.address) {
                return false;
            }
        }
        with_large_.store(chunk + 1, std::memory_order_release);
    }
    return true;
}

bool PoolClaims::wait_for(int64_t chunk) noexcept {
    if (!wait_until([&] { return with_large_.load(std::memory_order_acquire) > chunk; })) {
        return false;
    }
    for (size_t k = 0; k < runs_.size(); ++k) {
        const PoolRun& run = *runs_[k];
        const int64_t needed = (first_block(chunk + 1, k) + run.blocks_per_pool() - 1) / run.blocks_per_pool();
        if (!wait_until([&] { return run.claimed() >= needed; })) {
            return false;
        }
    }
    return true;
}

template <typename IsReady> bool PoolClaims::wait_until(IsReady is_ready) noexcept {
    for (int turn = 1; !is_ready(); ++turn) {
        if (claiming_has_ended_.load(std::memory_order_acquire) && !is_ready()) {
            return false;
        }
        // The calling thread may need this very processor.
        if (turn % 256 == 0) {
            sched_yield();
        }
        __builtin_ia32_pause();
    }
    return true;
}

ChunkBlocks PoolClaims::blocks(int64_t chunk) {
    ChunkBlocks blocks;
    for (size_t k = 0; k < runs_.size(); ++k) {
        blocks[classes_[k]] = BlockCursor(*runs_[k], first_block(chunk, k));
    }
    blocks.set_large(large_[static_cast<size_t>(chunk)].data());
    return blocks;
}

void PoolClaims::release(int64_t chunk, const BlockCounts& used) noexcept {
    for (size_t k = 0; k < runs_.size(); ++k) {
        runs_[k]->release(first_block(chunk, k) + used[classes_[k]], first_block(chunk + 1, k));
    }
    for (const LargeBlock& block : large_[static_cast<size_t>(chunk)]) {
        PyObject_Free(block.address);
    }
}

}  // namespace pp::data
