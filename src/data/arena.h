/// Memory for values whose length is known only at run time: the items of rows and the code units of text that are
/// read, and those that kernels make. Handed out in order, freed together.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/kernel_abi.h"
#include "data/column.h"

namespace pp::data {

/// How much kernels of one run may still reserve, all threads together.
using ArenaBudget = std::atomic<int64_t>;

/// One thread's, in cache lines of its own. Used by one thread at a time; its KernelMemory is given to kernels.
class alignas(64) Arena final : private KernelMemory {
public:
    /// `budget` is left alone by `take`.
    explicit Arena(ArenaBudget& budget);
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    KernelMemory* kernel_memory() noexcept { return this; }

    /// So many bytes, aligned to 8, without the capacity in front. Throws std::bad_alloc; the arena is then as it was.
    char* take(size_t bytes) {
        const size_t rounded = (bytes + 7) & ~size_t{7};
        if (rounded > static_cast<size_t>(end_ - top_)) {
            add_block(rounded);
        }
        char* taken = top_;
        top_ += rounded;
        return taken;
    }

    /// How far it has been used. What was taken after a mark may be given back by `rewind`, the latest mark first.
    struct Mark {
        size_t block;
        char* top;
        int64_t spent;
    };
    Mark mark() const noexcept { return {block_, top_, spent_}; }
    void rewind(const Mark& mark) noexcept;
    /// How much memory it holds.
    size_t bytes() const noexcept;

private:
    void add_block(size_t bytes);
    uint64_t reserve_block(uint64_t bytes, uint64_t capacity) noexcept;
    bool extend_in_place(char* block, uint64_t capacity) noexcept;
    bool spend(int64_t bytes) noexcept;
    void give_back(int64_t bytes) noexcept;
    bool take_from_budget(int64_t bytes) noexcept;
    static uint64_t reserve_for_kernel(KernelMemory* memory, uint64_t bytes) noexcept;
    static uint64_t extend_for_kernel(KernelMemory* memory, uint64_t address, uint64_t used, uint64_t needed) noexcept;

    ArenaBudget& budget_;
    std::vector<Storage> blocks_;
    size_t block_ = 0;  ///< the one in use is blocks_[block_ - 1]
    char* top_ = nullptr;
    char* end_ = nullptr;
    int64_t spent_ = 0;    ///< of the budget
    int64_t at_hand_ = 0;  ///< taken from the budget, not spent
};

/// The arenas of one call: one for each thread of the pool. Empty ones cost nothing.
class Arenas {
public:
    Arenas();
    /// `worker` as ThreadPool numbers its threads.
    Arena& of(int worker) noexcept { return *arenas_[static_cast<size_t>(worker)]; }
    size_t bytes() const noexcept;

private:
    std::unique_ptr<ArenaBudget> budget_;
    std::vector<std::unique_ptr<Arena>> arenas_;
};

/// ir::Op::Copy and ir::Op::Order as KernelMemory wants them.
void copy_units(uint64_t to, uint64_t from, int64_t count, uint64_t units) noexcept;
int64_t order_units(uint64_t left, uint64_t right, int64_t count, uint64_t units) noexcept;

}  // namespace pp::data
