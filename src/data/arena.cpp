/// See arena.h.
#include "data/arena.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "data/stored_items.h"
#include "device/thread_pool.h"
#include "ir/ir.h"

namespace pp::data {
namespace {

constexpr size_t kFirstBlock = size_t{64} << 10;
constexpr size_t kLargestBlock = size_t{4} << 20;
constexpr size_t kHead = sizeof(int64_t);
/// Bytes of the budget that one thread keeps for what it reserves next.
constexpr int64_t kAtHand = int64_t{1} << 20;
/// More than any machine has; sums of sizes below it do not overflow.
constexpr uint64_t kAbsurd = uint64_t{1} << 46;

/// A quarter of the machine's memory: beyond it, results as Python objects would not fit either.
int64_t run_budget() {
    const int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
    constexpr int64_t kAtLeast = int64_t{256} << 20;
    return pages > 0 && page > 0 ? std::max(pages / 4 * page, kAtLeast) : kAtLeast;
}

template <typename Unit> const Unit* units_at(uint64_t address) {
    return reinterpret_cast<const Unit*>(static_cast<uintptr_t>(address));
}

template <typename Left, typename Right> int64_t order_of(uint64_t left, uint64_t right, int64_t count) noexcept {
    const auto *a = units_at<Left>(left), *b = units_at<Right>(right);
    for (int64_t i = 0; i < count; ++i) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

}  // namespace

Arena::Arena(ArenaBudget& budget)
    : KernelMemory{reserve_for_kernel, extend_for_kernel, copy_units, order_units}, budget_(budget) {}

void Arena::add_block(size_t bytes) {
    // A block that a rewind has left behind serves again.
    size_t next = block_;
    while (next < blocks_.size() && blocks_[next].bytes() < bytes) {
        ++next;
    }
    if (next == blocks_.size()) {
        const size_t usual = std::min(kFirstBlock << std::min<size_t>(blocks_.size(), 6), kLargestBlock);
        blocks_.emplace_back(std::max(usual, bytes));
    }
    // Only now that nothing can fail: a mark is of the block that `top_` is in.
    top_ = static_cast<char*>(blocks_[next].data());
    end_ = top_ + blocks_[next].bytes();
    block_ = next + 1;
}

bool Arena::spend(int64_t bytes) noexcept {
    if (at_hand_ < bytes) {
        // Threads that all asked for every few bytes would wait for one another.
        const int64_t missing = bytes - at_hand_;
        if (take_from_budget(missing + kAtHand)) {
            at_hand_ += missing + kAtHand;
        } else if (take_from_budget(missing)) {
            at_hand_ += missing;
        } else {
            return false;
        }
    }
    at_hand_ -= bytes;
    spent_ += bytes;
    return true;
}

bool Arena::take_from_budget(int64_t bytes) noexcept {
    if (budget_.fetch_sub(bytes, std::memory_order_relaxed) >= bytes) {
        return true;
    }
    budget_.fetch_add(bytes, std::memory_order_relaxed);
    return false;
}

void Arena::give_back(int64_t bytes) noexcept {
    spent_ -= bytes;
    at_hand_ += bytes;
    if (at_hand_ > 2 * kAtHand) {
        budget_.fetch_add(at_hand_ - kAtHand, std::memory_order_relaxed);
        at_hand_ = kAtHand;
    }
}

void Arena::rewind(const Mark& mark) noexcept {
    give_back(spent_ - mark.spent);
    block_ = mark.block;
    top_ = mark.top;
    end_ = block_ == 0 ? nullptr : static_cast<char*>(blocks_[block_ - 1].data()) + blocks_[block_ - 1].bytes();
}

size_t Arena::bytes() const noexcept {
    size_t sum = 0;
    for (const Storage& block : blocks_) {
        sum += block.bytes();
    }
    return sum;
}

/// Room for `capacity` bytes behind their head, of which `bytes` are asked for; 0 where that is too much.
uint64_t Arena::reserve_block(uint64_t bytes, uint64_t capacity) noexcept {
    if (bytes > kAbsurd) {
        return 0;
    }
    const auto cost = static_cast<int64_t>(capacity + kHead);
    if (!spend(cost)) {
        return 0;
    }
    try {
        char* head = take(capacity + kHead);
        const auto stored = static_cast<int64_t>((capacity + 7) & ~uint64_t{7});
        std::memcpy(head, &stored, kHead);
        return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(head + kHead));
    } catch (const std::bad_alloc&) {
        give_back(cost);
        return 0;
    }
}

/// Whether the block was the last one taken and there was room behind it to make it hold `capacity` bytes.
bool Arena::extend_in_place(char* block, uint64_t capacity) noexcept {
    int64_t old = 0;
    std::memcpy(&old, block - kHead, kHead);
    const auto more = static_cast<int64_t>((capacity + 7) & ~uint64_t{7}) - old;
    if (block + old != top_ || more > end_ - top_ || !spend(more)) {
        return false;
    }
    top_ += more;
    old += more;
    std::memcpy(block - kHead, &old, kHead);
    return true;
}

uint64_t Arena::reserve_for_kernel(KernelMemory* memory, uint64_t bytes) noexcept {
    return static_cast<Arena*>(memory)->reserve_block(bytes, bytes);
}

uint64_t Arena::extend_for_kernel(KernelMemory* memory, uint64_t address, uint64_t used, uint64_t needed) noexcept {
    auto* arena = static_cast<Arena*>(memory);
    auto* block = reinterpret_cast<char*>(static_cast<uintptr_t>(address));
    if (needed > kAbsurd) {
        return 0;
    }
    const uint64_t capacity = std::max<uint64_t>(2 * needed, 64);
    if (arena->extend_in_place(block, capacity)) {
        return address;
    }
    const uint64_t moved = arena->reserve_block(needed, capacity);
    if (moved != 0 && used != 0) {
        std::memcpy(reinterpret_cast<char*>(static_cast<uintptr_t>(moved)), block, used);
    }
    return moved;
}

Arenas::Arenas() : budget_(std::make_unique<ArenaBudget>(run_budget())) {
    for (int i = 0; i < device::ThreadPool::instance().thread_count(); ++i) {
        arenas_.push_back(std::make_unique<Arena>(*budget_));
    }
}

size_t Arenas::bytes() const noexcept {
    size_t sum = 0;
    for (const std::unique_ptr<Arena>& arena : arenas_) {
        sum += arena->bytes();
    }
    return sum;
}

void store_units(const void* units, int unit_bytes, int64_t length, uint32_t stored_bytes, char* place) {
    if (static_cast<uint32_t>(unit_bytes) == stored_bytes) {
        std::memcpy(place, units, static_cast<size_t>(length) * stored_bytes);
    } else if (unit_bytes == 1) {
        const auto* narrow = static_cast<const uint8_t*>(units);
        std::copy(narrow, narrow + length, reinterpret_cast<uint32_t*>(place));
    } else {
        const auto* narrow = static_cast<const uint16_t*>(units);
        std::copy(narrow, narrow + length, reinterpret_cast<uint32_t*>(place));
    }
}

void copy_units(uint64_t to, uint64_t from, int64_t count, uint64_t units) noexcept {
    const ir::Units widths = ir::Units::of(units);
    if (count <= 0) {
        return;
    }
    if (widths.first == widths.second) {
        std::memcpy(reinterpret_cast<char*>(static_cast<uintptr_t>(to)), units_at<char>(from),
                    static_cast<size_t>(count) * widths.first);
    } else {
        const auto* narrow = units_at<uint8_t>(from);
        std::copy(narrow, narrow + count, reinterpret_cast<uint32_t*>(static_cast<uintptr_t>(to)));
    }
}

int64_t order_units(uint64_t left, uint64_t right, int64_t count, uint64_t units) noexcept {
    const ir::Units widths = ir::Units::of(units);
    if (widths.first == 1 && widths.second == 1) {
        const int order =
            count <= 0 ? 0 : std::memcmp(units_at<char>(left), units_at<char>(right), static_cast<size_t>(count));
        return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    if (widths.first == 4) {
        return widths.second == 4 ? order_of<uint32_t, uint32_t>(left, right, count)
                                  : order_of<uint32_t, uint8_t>(left, right, count);
    }
    return order_of<uint8_t, uint32_t>(left, right, count);
}

}  // namespace pp::data
