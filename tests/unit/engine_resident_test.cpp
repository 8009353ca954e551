/// Columns that stay on a device, with a device that is plain memory.
#include "engine/resident_columns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "data/array_body.h"
#include "remote_memory_fake.h"

namespace pp::engine {
namespace {

using device::FakeMemory;

data::ElementTypeRef rows_of(data::NumberFormat format) {
    const KindRef kinds[] = {float_kind(), float_kind(), float_kind()};
    return data::element_type(tuple_kind(kinds), format);
}

ir::Function function_of(const char* results) {
    return ir::parse(std::string("function \"f\" (input 0: f64) -> ") + results);
}

constexpr const char* kPair = R"((slot 0: f64, slot 1: i64)
  variant 0: tuple[float, int] origins (0 0 0) slots (0 1)
block 0:
  %0 = input 0 : f64
  %1 = const 3 : i64
  return 0 (%0, %1)
)";

TEST(ResidentColumns, TellsHowRowsLie) {
    data::ArrayBlock rows(rows_of(data::NumberFormat::Float32), 100);
    const KindRef kinds[] = {float_kind(), int_kind()};
    data::ArrayBlock results(data::element_type(tuple_kind(kinds)), 100);
    const data::LeafView inputs[] = {rows.leaf(1)}, outputs[] = {results.leaf(0), results.leaf(1)};
    codegen::CudaLayout layout;
    ASSERT_TRUE(can_stay(function_of(kPair), {inputs, outputs}, layout));
    EXPECT_EQ(layout.inputs, (std::vector<codegen::CudaLeaf>{{12, 4, false, true}}));
    EXPECT_EQ(layout.outputs, (std::vector<codegen::CudaOutput>{{0, {8, 8, false, true}}, {1, {8, 8, true, false}}}));
}

TEST(ResidentColumns, WhatNeedsTheHostDoesNotStay) {
    const KindRef kinds[] = {float_kind(), float_kind()};
    data::ArrayBlock words(data::element_type(int_kind(), data::NumberFormat::UInt64), 10);
    data::ArrayBlock floats(data::element_type(float_kind()), 10);
    data::ArrayBlock pairs(data::element_type(tuple_kind(kinds)), 10);
    const data::LeafView unsigned_input[] = {words.leaf(0)}, input[] = {floats.leaf(0)};
    const data::LeafView outputs[] = {pairs.leaf(0), pairs.leaf(1)};
    codegen::CudaLayout layout;
    EXPECT_FALSE(can_stay(function_of(kPair), {unsigned_input, outputs}, layout));
    const data::LeafView float_for_int[] = {pairs.leaf(0), words.leaf(0)},
                         int_for_float[] = {words.leaf(0), words.leaf(0)};
    EXPECT_TRUE(can_stay(function_of(kPair), {input, outputs}, layout)) << "an int that becomes a float";
    EXPECT_TRUE(can_stay(function_of(kPair), {input, float_for_int}, layout)) << "an int of other bounds";
    EXPECT_FALSE(can_stay(function_of(kPair), {input, int_for_float}, layout));
    EXPECT_FALSE(can_stay(function_of(R"((slot 0: bool, slot 1: f64)
  variant 0: float origins (0) slots (1)
  variant 1: None origins (0) slots ()
block 0:
  %0 = input 0 : f64
  return 0 (%0)
)"),
                          {input, input}, layout));
}

TEST(ResidentColumns, GoesOnWhereNothingIsToBeTold) {
    constexpr const char* kSum = R"((slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = fadd %0 %0 : f64
  return 0 (%1)
)";
    const KindRef columns[] = {float_kind()};
    const Specialisation sum(function_of(kSum), columns, {});
    FakeMemory gpu;
    data::ArrayBlock wide(data::element_type(float_kind()), 10), narrow(rows_of(data::NumberFormat::Float32), 10);
    const auto goes_on = [&](data::ArrayBlock& input, data::ArrayBlock& result) {
        const data::LeafView inputs[] = {input.leaf(0)}, outputs[] = {result.leaf(0)};
        codegen::CudaLayout layout;
        EXPECT_TRUE(can_stay(sum.function(), {inputs, outputs}, layout));
        const ResidentBlock block{&input.residency(), input.memory(), 0, 10};
        const uint32_t block_of_input[] = {0};
        return tells_nothing(sum, layout) &&
               are_ours({{&block, 1}, block_of_input, {&result.residency(), result.memory(), 0, 10}});
    };
    EXPECT_TRUE(goes_on(wide, wide));
    const Specialisation next(function_of(R"((slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = const 3 : i64
  return 0 (%1)
)"),
                              columns, {});
    for (const data::NumberFormat format : data::kNumberFormats) {
        if (format == data::NumberFormat::Bool) continue;
        data::ArrayBlock result(data::element_type(int_kind(), format), 10);
        const data::LeafView inputs[] = {wide.leaf(0)}, outputs[] = {result.leaf(0)};
        codegen::CudaLayout layout;
        EXPECT_TRUE(can_stay(next.function(), {inputs, outputs}, layout));
        EXPECT_EQ(tells_nothing(next, layout), data::is_floating(format) || format == data::NumberFormat::Int64);
    }
    EXPECT_TRUE(goes_on(narrow, wide));
    EXPECT_FALSE(goes_on(wide, narrow)) << "a float32 may overflow";
    wide.residency().share(gpu, 0, 10);
    EXPECT_FALSE(goes_on(wide, wide)) << "others may write to it when the call has returned";
}

TEST(ResidentColumns, UploadsWhatIsMissingAndOwnsTheResult) {
    constexpr int64_t kCount = 10'000;
    data::ArrayBlock rows(rows_of(data::NumberFormat::Float64), kCount),
        results(data::element_type(float_kind()), 5000);
    const data::LeafView inputs[] = {rows.leaf(0).from(1000), rows.leaf(2).from(1000)}, outputs[] = {results.leaf(0)};
    FakeMemory gpu;
    const ResidentBlock block{&rows.residency(), rows.memory(), 1000, 6000};
    const uint32_t block_of_input[] = {0, 0};
    const ResidentColumns residents{{&block, 1}, block_of_input, {&results.residency(), results.memory(), 0, 5000}};
    const auto first = addresses_on(gpu, {inputs, outputs}, residents);
    ASSERT_EQ(first.size(), 3u);
    EXPECT_EQ(gpu.uploaded, 24u * 5000);
    EXPECT_EQ(first[1] - first[0], 16u);
    EXPECT_EQ(addresses_on(gpu, {inputs, outputs}, residents), first);
    EXPECT_EQ(gpu.uploaded, 24u * 5000);
    rows.before_write(2000, 2500);
    addresses_on(gpu, {inputs, outputs}, residents);
    EXPECT_EQ(gpu.uploaded, 24u * 5500);
    // The kernel writes; only what is looked at comes back, in pages.
    reinterpret_cast<double*>(first[2])[4999] = 7.0;
    results.before_read(4999, 5000);
    EXPECT_EQ(*reinterpret_cast<const double*>(results.leaf(0).at(4999)), 7.0);
    EXPECT_LE(gpu.downloaded, 8u * 4096);
}

TEST(ResidentColumns, DividesByPages) {
    FakeMemory first, second, third;
    device::RemoteMemory* const places[] = {&first, &second, &third};
    const auto shares = divide(100'000, places);
    ASSERT_EQ(shares.size(), 3u);
    EXPECT_EQ(shares[0].begin, 0);
    EXPECT_EQ(shares[0].end, shares[1].begin);
    EXPECT_EQ(shares[1].begin % data::Residency::kPage, 0);
    EXPECT_EQ(shares[2].begin % data::Residency::kPage, 0);
    EXPECT_EQ(shares[2].end, 100'000);
    EXPECT_EQ(shares[2].place, &third);
    EXPECT_EQ(divide(10, places).size(), 1u) << "of a single page";
}

class DividedTest : public testing::Test {
protected:
    static constexpr int64_t kCount = 1'000'000;

    DividedTest() {
        for (int64_t i = 0; i < 3 * kCount; ++i)
            reinterpret_cast<double*>(rows.leaf(0).base)[i] = static_cast<double>(i);
    }
    std::vector<std::vector<uint64_t>> addresses(data::ArrayBlock& result, const ResidentBlock& block,
                                                 const data::LeafView& input, int64_t count) {
        const data::LeafView inputs[] = {input}, outputs[] = {result.leaf(0)};
        const uint32_t block_of_input[] = {0};
        device::RemoteMemory* const places[] = {&gpu, &other};
        return addresses_on_each(divide(count, places), {inputs, outputs},
                                 {{&block, 1}, block_of_input, {&result.residency(), result.memory(), 0, count}});
    }
    static double* numbers(uint64_t address) { return reinterpret_cast<double*>(address); }

    data::ArrayBlock rows{rows_of(data::NumberFormat::Float64), kCount};
    data::ArrayBlock results{data::element_type(float_kind()), kCount};
    FakeMemory gpu, other;
};

TEST_F(DividedTest, EachDeviceHasItsPart) {
    const ResidentBlock block{&rows.residency(), rows.memory(), 0, kCount};
    const auto each = addresses(results, block, rows.leaf(1), kCount);
    ASSERT_EQ(each.size(), 2u);
    EXPECT_EQ(gpu.uploaded + other.uploaded, 24u * kCount);
    EXPECT_NEAR(static_cast<double>(gpu.uploaded), 12.0 * kCount, 24.0 * data::Residency::kPage);
    const int64_t bound = static_cast<int64_t>(gpu.uploaded / 24);
    EXPECT_EQ(*numbers(each[0][0]), 1.0);
    EXPECT_EQ(*numbers(each[1][0]), static_cast<double>(3 * bound + 1));
    addresses(results, block, rows.leaf(1), kCount);
    EXPECT_EQ(gpu.uploaded + other.uploaded, 24u * kCount) << "nothing twice";
    // The kernels write.
    std::fill_n(numbers(each[0][1]), bound, 3.0);
    std::fill_n(numbers(each[1][1]), kCount - bound, 4.0);
    std::vector<double> out(kCount);
    const data::LeafView to{reinterpret_cast<char*>(out.data()), 8, data::NumberFormat::Float64};
    ASSERT_TRUE(results.copy_out({&to, 1}, kCount)) << "from both, straight";
    EXPECT_EQ(gpu.downloaded + other.downloaded, 8u * kCount);
    results.before_read(bound - 1, bound + 1);
    EXPECT_LE(gpu.downloaded + other.downloaded, 8u * (kCount + 2 * data::Residency::kPage));
    results.before_read(0, kCount);
    EXPECT_EQ(std::vector<double>(numbers(reinterpret_cast<uint64_t>(results.memory())),
                                  numbers(reinterpret_cast<uint64_t>(results.memory())) + kCount),
              out);
    EXPECT_EQ(out[static_cast<size_t>(bound) - 1], 3.0);
    EXPECT_EQ(out[static_cast<size_t>(bound)], 4.0);
    // One device takes what the other has, through the host.
    const auto& whole = results.residency().use(other, 0, kCount);
    EXPECT_EQ(numbers(whole.address())[0], 3.0);
}

TEST_F(DividedTest, NumbersOfRowsGoWithTheirRows) {
    data::ArrayBlock flat(data::element_type(float_kind()), 3 * kCount - 2);
    const ResidentBlock block{&rows.residency(), rows.memory(), 0, kCount, 3, 2};
    data::LeafView numbers_of_rows = rows.leaf(2);
    numbers_of_rows.stride = 8;
    const auto each = addresses(flat, block, numbers_of_rows, 3 * kCount - 2);
    ASSERT_EQ(each.size(), 2u);
    EXPECT_EQ(*numbers(each[0][0]), 2.0);
    const double first = *numbers(each[1][0]);
    EXPECT_EQ(std::fmod(first - 2.0, data::Residency::kPage), 0.0);
    EXPECT_EQ(numbers(each[1][0])[1], first + 1.0);
    EXPECT_EQ(numbers(each[0][0])[static_cast<int64_t>(first) - 3], first - 1.0);
    EXPECT_LE(gpu.uploaded + other.uploaded, 24u * (kCount + 1)) << "a row that both need goes to both";
}

TEST_F(DividedTest, WithoutMemoryNothingHasHappened) {
    const ResidentBlock block{&rows.residency(), rows.memory(), 0, kCount};
    other.is_full = true;
    EXPECT_THROW(addresses(results, block, rows.leaf(0), kCount), UserError);
    std::fill_n(numbers(reinterpret_cast<uint64_t>(results.memory())), kCount, 5.0);
    results.before_read(0, kCount);
    EXPECT_EQ(*numbers(reinterpret_cast<uint64_t>(results.memory())), 5.0) << "the host's results are the true ones";
}

}  // namespace
}  // namespace pp::engine
