/// Kernels for a GPU whose results are stored as a column has them, run here.
#include <gtest/gtest.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/kernel_abi.h"
#include "codegen_gpu_on_host.h"

namespace pp::codegen::testing {
namespace {

constexpr const char* kSame = R"(function "same" (input 0: i64) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  return 0 (%0)
)";

uint64_t address(const void* place) {
    return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(place));
}

const std::vector<int64_t> kValues{
    0,          1,          -1,          127,        128,       -128,      -129,
    255,        256,        32767,       32768,      -32769,    65535,     65536,
    2147483647, 2147483648, -2147483649, 4294967295, INT64_MAX, INT64_MIN, (int64_t{1} << 62) + (int64_t{1} << 38) + 1};

/// Every second place of a column is a result's; which elements were flagged comes back.
template <typename Stored> std::vector<uint8_t> store_all(std::vector<Stored>& places) {
    constexpr auto bytes = static_cast<uint8_t>(sizeof(Stored));
    const CudaLeaf leaf{2 * bytes, bytes, std::signed_integral<Stored>, std::floating_point<Stored>};
    const CudaLayout layout{{{8, 8, true, false}}, {{0, leaf}}};
    GpuKernelOnHost kernel(kSame, &layout);
    places.assign(2 * kValues.size(), Stored{99});
    std::vector<uint8_t> flags(kValues.size());
    CudaVerdict verdict{};
    kernel.run(std::vector<uint64_t>{address(kValues.data()), address(places.data()), address(flags.data()),
                                     address(&verdict), kValues.size()},
               static_cast<int64_t>(kValues.size()));
    const bool any = std::ranges::any_of(flags, [](uint8_t flag) { return flag != 0; });
    EXPECT_EQ(verdict.handed_back != 0, any);
    return flags;
}

template <typename Stored> class StoredInts : public ::testing::Test {};
using Stored = ::testing::Types<int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t>;
TYPED_TEST_SUITE(StoredInts, Stored);

TYPED_TEST(StoredInts, KeepTheirValueOrAreHandedBack) {
    std::vector<TypeParam> places;
    const std::vector<uint8_t> flags = store_all(places);
    for (size_t i = 0; i < kValues.size(); ++i) {
        const bool fits = std::in_range<TypeParam>(kValues[i]);
        EXPECT_EQ(flags[i] != 0, !fits) << kValues[i];
        if (fits) {
            EXPECT_EQ(places[2 * i], static_cast<TypeParam>(kValues[i]));
        }
        EXPECT_EQ(places[2 * i + 1], TypeParam{99}) << "what lies between";
    }
}

template <typename Float> void expect_rounded_once() {
    std::vector<Float> places;
    for (const uint8_t flag : store_all(places))
        EXPECT_EQ(flag, 0);
    for (size_t i = 0; i < kValues.size(); ++i)
        EXPECT_EQ(places[2 * i], static_cast<Float>(kValues[i])) << kValues[i];
}

TEST(IntsAmongFloats, AreRoundedOnceWhereFloatsAre) {
    expect_rounded_once<float>();
    expect_rounded_once<double>();
}

}  // namespace
}  // namespace pp::codegen::testing
