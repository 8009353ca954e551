/// Columns that stay on a device, with a device that is plain memory.
#include "engine/resident_columns.h"

#include <gtest/gtest.h>

#include <vector>

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
    EXPECT_EQ(layout.inputs, (std::vector<codegen::CudaLeaf>{{12, 4, false}}));
    EXPECT_EQ(layout.outputs, (std::vector<codegen::CudaOutput>{{0, {8, 8, false}}, {1, {8, 8, true}}}));
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
    EXPECT_FALSE(can_stay(function_of(kPair), {input, outputs}, layout));  // an int that becomes a float
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

}  // namespace
}  // namespace pp::engine
