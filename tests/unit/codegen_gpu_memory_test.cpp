/// Kernels for a GPU that use memory, run here: blocks within the heap, and what happens when it runs out.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/kernel_abi.h"
#include "codegen_gpu_on_host.h"

namespace pp::codegen::testing {
namespace {

uint64_t address(const void* place) {
    return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(place));
}

template <typename T> const T* at(uint64_t place) {
    return reinterpret_cast<const T*>(static_cast<uintptr_t>(place));
}

/// A launch of kernels with `outputs` output slots of 8 bytes.
class Launch {
public:
    Launch(GpuKernelOnHost& kernel, std::vector<std::vector<uint64_t>> inputs, size_t outputs, size_t heap_bytes,
           uint64_t share = uint64_t{1} << 40)
        : heap_(heap_bytes / 8), outputs_(outputs), count_(inputs[0].size()), flags_(count_, 9) {
        head_ = {address(heap_.data()), address(heap_.data()) + heap_bytes, share};
        std::vector<uint64_t> parameters;
        for (const auto& input : inputs)
            parameters.push_back(address(input.data()));
        for (auto& output : outputs_) {
            output.resize(count_);
            parameters.push_back(address(output.data()));
        }
        for (const uint64_t trailing : {address(flags_.data()), address(&verdict_), count_, address(&head_)})
            parameters.push_back(trailing);
        kernel.run(parameters, static_cast<int64_t>(count_) + 3);  // threads beyond the count do nothing
    }

    const std::vector<uint64_t>& output(size_t slot) const { return outputs_[slot]; }
    const std::vector<uint8_t>& flags() const { return flags_; }
    const CudaVerdict& verdict() const { return verdict_; }
    size_t used() const { return static_cast<size_t>(head_.top - address(heap_.data())); }

private:
    std::vector<uint64_t> heap_;
    std::vector<std::vector<uint64_t>> outputs_;
    uint64_t count_;
    std::vector<uint8_t> flags_;
    CudaVerdict verdict_{};
    CudaHeap head_{};
};

// [value for value in range(n)], grown item by item from no room at all.
constexpr const char* kGrow = R"(function "grow" (input 0: i64) -> (slot 0: i64, slot 1: i64)
  variant 0: list[int, ...] origins (0) slots (0 1)
block 0:
  %0 = input 0 : i64
  %1 = const 0 : i64
  %2 = const 1 : i64
  %3 = const 8 : i64
  %4 = reserve %1 : i64
  jump block 1(%4, %1)
block 1(%5: i64, %6: i64):
  %7 = ilt %6 %0 : bool
  branch %7 block 2() else block 3()
block 2:
  %8 = imul %6 %3 : i64
  %9 = iadd %8 %3 : i64
  %10 = extend %5 %8 %9 : i64
  store 8 %10 %8 %6
  %11 = iadd %6 %2 : i64
  jump block 1(%10, %11)
block 3:
  return 0 (%5, %6)
)";

void expect_ranges(const Launch& launch, const std::vector<uint64_t>& counts) {
    for (size_t i = 0; i < counts.size(); ++i) {
        if (launch.flags()[i] != 0) continue;
        ASSERT_EQ(launch.output(1)[i], counts[i]);
        for (uint64_t k = 0; k < counts[i]; ++k) {
            ASSERT_EQ(at<uint64_t>(launch.output(0)[i])[k], k);
        }
    }
}

TEST(CodegenGpuMemory, ListsGrow) {
    GpuKernelOnHost kernel(kGrow);
    const std::vector<uint64_t> counts{0, 1, 1000, 7, 20'000, 3, 64, 65};
    const Launch launch(kernel, {counts}, 2, 4 << 20);
    EXPECT_EQ(launch.flags(), std::vector<uint8_t>(counts.size(), 0));
    EXPECT_EQ(launch.verdict().handed_back, 0u);
    expect_ranges(launch, counts);
    EXPECT_LT(launch.used(), 5 * 8 * 21'000u);  // twice for room, as much again for what moved, heads
}

TEST(CodegenGpuMemory, SmallThingsTakeLittle) {
    GpuKernelOnHost kernel(kGrow);
    const std::vector<uint64_t> counts(1000, 1);
    // The empty block and the first that has room.
    EXPECT_EQ(Launch(kernel, {counts}, 2, 4 << 20).used(), 1000 * (8 + 8 + 64u));
}

TEST(CodegenGpuMemory, WhatFindsNoRoomIsFlaggedAndSaysSo) {
    GpuKernelOnHost kernel(kGrow);
    const std::vector<uint64_t> counts{10, 1'000'000, 10, 20};
    const Launch launch(kernel, {counts}, 2, 1 << 20);
    EXPECT_EQ(launch.flags(), (std::vector<uint8_t>{0, 1, 0, 0}));
    EXPECT_EQ(launch.verdict().handed_back, 1u);
    EXPECT_EQ(launch.verdict().exhausted, 1u);
    expect_ranges(launch, counts);
}

TEST(CodegenGpuMemory, WhatWantsTooMuchIsOnlyFlagged) {
    GpuKernelOnHost kernel(kGrow);
    const std::vector<uint64_t> counts{10, 100'000, 10};
    const Launch launch(kernel, {counts}, 2, 4 << 20, 100'000);
    EXPECT_EQ(launch.flags(), (std::vector<uint8_t>{0, 1, 0}));
    EXPECT_EQ(launch.verdict().handed_back, 1u);
    EXPECT_EQ(launch.verdict().exhausted, 0u);
    EXPECT_LE(launch.used(), 100'200u);
}

TEST(CodegenGpuMemory, AbsurdSizesAreFlagged) {
    GpuKernelOnHost kernel(R"(function "reserve" (input 0: i64) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  %1 = reserve %0 : i64
  return 0 (%1)
)");
    const std::vector<uint64_t> sizes{8, ~uint64_t{0}, uint64_t{1} << 47, ~uint64_t{0} << 3, 0};
    const Launch launch(kernel, {sizes}, 1, 4096);
    EXPECT_EQ(launch.flags(), (std::vector<uint8_t>{0, 1, 1, 1, 0}));
    EXPECT_EQ(launch.verdict().exhausted, 0u);
}

TEST(CodegenGpuMemory, TextsAreCopiedWidenedAndCompared) {
    GpuKernelOnHost kernel(
        R"(function "texts" (input 0: i64, input 1: i64) -> (slot 0: i64, slot 1: i64, slot 2: i64, slot 3: i64, slot 4: i64)
  variant 0: tuple[int, int, int, int, int] origins (0 0 0 0 0 0) slots (0 1 2 3 4)
  data 0: x6162e9
block 0:
  %0 = input 0 : i64
  %1 = input 1 : i64
  %2 = data 0 : i64
  %3 = order 1 1 %0 %2 %1 : i64
  %4 = const 16 : i64
  %5 = reserve %4 : i64
  %6 = const 3 : i64
  copy 4 1 %5 %2 %6
  %7 = order 4 1 %5 %2 %6 : i64
  %8 = order 1 4 %0 %5 %1 : i64
  %9 = reserve %4 : i64
  copy 4 4 %9 %5 %6
  %10 = order 4 4 %9 %5 %6 : i64
  %11 = iadd %7 %10 : i64
  %12 = reserve %4 : i64
  copy 1 1 %12 %0 %1
  return 0 (%3, %5, %8, %11, %12)
)");
    const char left[] = "aa", same[] = "ab\xe9", right[] = "b";
    const Launch launch(kernel, {{address(left), address(same), address(right), address(same)}, {2, 3, 1, 0}}, 5, 4096);
    const auto minus = ~uint64_t{0};
    EXPECT_EQ(launch.output(0), (std::vector<uint64_t>{minus, 0, 1, 0}));
    EXPECT_EQ(launch.output(2), (std::vector<uint64_t>{minus, 0, 1, 0}));
    EXPECT_EQ(launch.output(3), (std::vector<uint64_t>{0, 0, 0, 0}));
    EXPECT_EQ(at<uint32_t>(launch.output(1)[0])[2], 0xE9u);
    EXPECT_EQ(std::memcmp(at<char>(launch.output(4)[1]), same, 3), 0);
    EXPECT_EQ(*at<char>(kernel.variable("pp_data_0")), 'a');
    EXPECT_EQ(kernel.variable("pp_data_1"), 0u);
}

TEST(CodegenGpuMemory, CopiesOfAnyLengthFromAnywhere) {
    GpuKernelOnHost kernel(R"(function "copy" (input 0: i64, input 1: i64, input 2: i64) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  %1 = input 1 : i64
  %2 = input 2 : i64
  copy 1 1 %0 %1 %2
  return 0 (%2)
)");
    alignas(8) unsigned char source[64], target[64];
    for (int i = 0; i < 64; ++i)
        source[i] = static_cast<unsigned char>(i);
    for (int64_t from = 0; from < 9; ++from) {
        for (int64_t to = 0; to < 9; ++to) {
            for (int64_t count = -9; count < 40; ++count) {
                std::memset(target, 99, sizeof target);
                const Launch launch(kernel, {{address(target + to)}, {address(source + from)}, {uint64_t(count)}}, 1,
                                    64);
                for (int64_t i = 0; i < 64; ++i) {
                    ASSERT_EQ(target[i], i >= to && i < to + count ? i - to + from : 99) << from << to << count;
                }
            }
        }
    }
}

}  // namespace
}  // namespace pp::codegen::testing
