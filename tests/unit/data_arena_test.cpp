/// Arenas: what they hand out, what growing keeps, what rewinding gives back; code units copied and compared.
#include "data/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

#include "ir/ir.h"

namespace pp::data {
namespace {

class ArenaTest : public testing::Test {
protected:
    ArenaBudget budget_{int64_t{1} << 30};
    Arena arena_{budget_};
    KernelMemory* memory_ = arena_.kernel_memory();

    static char* at(uint64_t address) { return reinterpret_cast<char*>(static_cast<uintptr_t>(address)); }
    static uint64_t address(const void* place) { return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(place)); }
    static int64_t capacity(uint64_t block) {
        int64_t bytes = 0;
        std::memcpy(&bytes, at(block) - 8, 8);
        return bytes;
    }
};

TEST_F(ArenaTest, BlocksAreAlignedAndApart) {
    char* last = nullptr;
    for (size_t bytes : {size_t{1}, size_t{8}, size_t{0}, size_t{100'000}, size_t{13}, size_t{9'000'000}}) {
        char* taken = arena_.take(bytes);
        EXPECT_EQ(address(taken) % 8, 0u);
        std::memset(taken, 0x5a, bytes);
        if (last) {
            *last = 1;
        }
        last = bytes > 0 ? taken : last;
    }
}

TEST_F(ArenaTest, GrowingKeepsWhatWasThere) {
    uint64_t one = memory_->reserve(memory_, 8), two = memory_->reserve(memory_, 0);
    for (int64_t i = 0; i < 5000; ++i) {
        for (uint64_t* list : {&one, &two}) {  // in turn, so that neither lies last for long
            const auto used = static_cast<uint64_t>(8 * i);
            if (static_cast<uint64_t>(capacity(*list)) < used + 8) {
                *list = memory_->extend(memory_, *list, used, used + 8);
            }
            ASSERT_NE(*list, 0u);
            const int64_t value = list == &one ? i : -i;
            std::memcpy(at(*list) + used, &value, 8);
        }
    }
    for (int64_t i = 0; i < 5000; ++i) {
        int64_t a = 0, b = 0;
        std::memcpy(&a, at(one) + 8 * i, 8);
        std::memcpy(&b, at(two) + 8 * i, 8);
        ASSERT_EQ(a, i);
        ASSERT_EQ(b, -i);
    }
}

TEST_F(ArenaTest, TheLastBlockGrowsInPlace) {
    const uint64_t block = memory_->reserve(memory_, 16);
    EXPECT_EQ(memory_->extend(memory_, block, 16, 24), block);
    EXPECT_GE(capacity(block), 24);
    memory_->reserve(memory_, 8);
    EXPECT_NE(memory_->extend(memory_, block, 16, 4096), block);
}

TEST_F(ArenaTest, RefusesWhatIsBeyondTheBudget) {
    EXPECT_EQ(memory_->reserve(memory_, uint64_t{1} << 31), 0u);
    EXPECT_EQ(memory_->reserve(memory_, ~uint64_t{0}), 0u);
    EXPECT_EQ(budget_.load(), int64_t{1} << 30);
    const uint64_t block = memory_->reserve(memory_, 8);
    ASSERT_NE(block, 0u);
    EXPECT_EQ(memory_->extend(memory_, block, 8, uint64_t{1} << 40), 0u);
}

TEST_F(ArenaTest, RewindingGivesMemoryAndBudgetBack) {
    memory_->reserve(memory_, 100);
    const Arena::Mark mark = arena_.mark();
    const int64_t before = budget_.load();
    const uint64_t first = memory_->reserve(memory_, 1000);
    for (int i = 0; i < 300; ++i) {
        memory_->reserve(memory_, 10'000);
    }
    arena_.rewind(mark);
    EXPECT_EQ(budget_.load(), before);
    EXPECT_EQ(memory_->reserve(memory_, 1000), first);
    char* large = arena_.take(3'000'000);
    std::memset(large, 1, 3'000'000);
}

TEST_F(ArenaTest, IsAsItWasWhereTheSystemHasNoMore) {
    constexpr size_t kMoreThanAddresses = size_t{1} << 60;
    char* first = arena_.take(100);
    for (int i = 0; i < 8; ++i) {
        arena_.take(3'000'000);
    }
    arena_.rewind({1, first, 0});  // blocks lie behind it, all too small
    EXPECT_THROW(arena_.take(kMoreThanAddresses), std::bad_alloc);
    arena_.rewind(arena_.mark());
    EXPECT_NE(arena_.take(100'000), first);  // the first block has 64 KiB
}

TEST(ArenaBudgets, WhatTheSystemDoesNotGiveIsNotSpent) {
    constexpr int64_t kMoreThanAddresses = int64_t{1} << 60;
    ArenaBudget budget{3 * kMoreThanAddresses};
    Arena arena(budget);
    KernelMemory* memory = arena.kernel_memory();
    const uint64_t block = memory->reserve(memory, 8);
    for (int i = 0; i < 8; ++i) {
        // Twice as much is reserved as a list needs.
        EXPECT_EQ(memory->extend(memory, block, 8, uint64_t{1} << 46), 0u);
    }
    EXPECT_GE(budget.load(), 3 * kMoreThanAddresses - (int64_t{4} << 20));
}

TEST(ArenaBudgets, ThreadsThatShareOneGetAllOfItAndNoMore) {
    constexpr int64_t kMegabyte = int64_t{1} << 20;
    ArenaBudget budget{5 * kMegabyte};
    Arena one(budget), two(budget);
    int64_t reserved = 0;
    bool may_grow = true;
    while (may_grow) {
        may_grow = false;
        for (Arena* arena : {&one, &two}) {
            KernelMemory* memory = arena->kernel_memory();
            if (memory->reserve(memory, 1016) != 0) {
                reserved += 1024;  // with its head
                may_grow = true;
            }
        }
    }
    EXPECT_LE(reserved, 5 * kMegabyte);
    EXPECT_GE(reserved, 5 * kMegabyte - 2048);
}

TEST_F(ArenaTest, CodeUnitsAreWidenedAndOrdered) {
    const std::vector<uint8_t> narrow{'a', 0xE9, 0xFF};
    std::vector<uint32_t> wide(3);
    memory_->copy(address(wide.data()), address(narrow.data()), 3, ir::Units{4, 1}.immediate());
    EXPECT_EQ(wide, (std::vector<uint32_t>{'a', 0xE9, 0xFF}));
    const auto order = [&](const void* left, const void* right, int64_t count, ir::Units units) {
        return memory_->order(address(left), address(right), count, units.immediate());
    };
    EXPECT_EQ(order(wide.data(), narrow.data(), 3, {4, 1}), 0);
    wide[2] = 0x1F600;
    EXPECT_EQ(order(wide.data(), narrow.data(), 3, {4, 1}), 1);
    EXPECT_EQ(order(narrow.data(), wide.data(), 3, {1, 4}), -1);
    EXPECT_EQ(order(narrow.data(), wide.data(), 2, {1, 4}), 0);
    EXPECT_EQ(order(wide.data(), wide.data(), 3, {4, 4}), 0);
    EXPECT_EQ(order("ab\xff", "abc", 3, {1, 1}), 1);
    EXPECT_EQ(order(nullptr, nullptr, 0, {1, 1}), 0);
}

TEST(Arenas, EachWorkerHasItsOwn) {
    Arenas arenas;
    char* taken = arenas.of(0).take(64);
    EXPECT_NE(taken, nullptr);
    EXPECT_EQ(&arenas.of(0), &arenas.of(0));
}

}  // namespace
}  // namespace pp::data
