/// Operations on memory: items read, lists that grow, texts, and checks that keep loads from running.
#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "codegen_testing.h"

namespace pp::codegen::testing {
namespace {

int64_t address(const void* place) {
    return static_cast<int64_t>(reinterpret_cast<intptr_t>(place));
}

// The item at an index, as floats; the element is handed back where there is none.
constexpr const char* kItem = R"(function "item" (input 0: i64, input 1: i64, input 2: i64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  %1 = input 1 : i64
  %2 = input 2 : i64
  %3 = ilt %2 %1 : bool
  guard %3
  %4 = const 8 : i64
  %5 = imul %2 %4 : i64
  %6 = load 8 %0 %5 : f64
  return 0 (%6)
)";

TEST(CodegenMemory, NothingIsLoadedAfterAFailedCheck) {
    Kernel kernel(kItem);
    EXPECT_TRUE(kernel.kernel().has_loops);
    const std::vector<double> row{1.5, 2.5, 3.5};
    const std::vector<int64_t> addresses{address(row.data()), 0, address(row.data()), 0};
    const std::vector<int64_t> lengths{3, 0, 3, 0}, positions{2, 0, 0, 1'000'000};
    EXPECT_EQ(kernel.run({addresses.data(), lengths.data(), positions.data()}, 4), kHandedBack);
    EXPECT_EQ(kernel.locate({addresses.data(), lengths.data(), positions.data()}, 4), kHandedBack);
    EXPECT_EQ(kernel.flags(), (std::vector<uint8_t>{0, 1, 0, 1}));
    EXPECT_EQ(kernel.output<double>(0)[0], 3.5);
    EXPECT_EQ(kernel.output<double>(0)[2], 1.5);
}

// table[i] of what lies outside: pairs of a bool and a float, of which the float is taken.
constexpr const char* kOutside = R"(function "outside" (input 0: i64, uniform 0: i64, uniform 1: i64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = uniform 0 : i64
  %1 = uniform 1 : i64
  %2 = input 0 : i64
  %3 = ilt %2 %1 : bool
  guard %3
  %4 = item 8 16 8 %0 %2 %1 : f64
  return 0 (%4)
)";

TEST(CodegenMemory, WhatLiesOutsideIsReadWithoutLeaving) {
    Kernel kernel(kOutside);
    EXPECT_FALSE(kernel.kernel().has_loops);
    const std::vector<double> table{1.0, 1.5, 0.0, 2.5, 1.0, 3.5};
    const std::vector<int64_t> positions{2, 0, int64_t{1} << 60, 1, 3};
    const std::vector<uint64_t> seen{static_cast<uint64_t>(address(table.data())), 3}, none{0, 0};
    EXPECT_EQ(kernel.locate({positions.data()}, 5, seen), kHandedBack);
    EXPECT_EQ(kernel.flags(), (std::vector<uint8_t>{0, 0, 1, 0, 1}));
    EXPECT_EQ(kernel.output<double>(0)[0], 3.5);
    EXPECT_EQ(kernel.output<double>(0)[1], 1.5);
    EXPECT_EQ(kernel.output<double>(0)[3], 2.5);
    EXPECT_EQ(kernel.run({positions.data()}, 5, none), kHandedBack);
}

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

TEST(CodegenMemory, ListsGrow) {
    Kernel kernel(kGrow);
    const std::vector<int64_t> counts{0, 1, 1000, 7, 20'000};
    ASSERT_EQ(kernel.run({counts.data()}, 5), kOk);
    for (size_t i = 0; i < counts.size(); ++i) {
        ASSERT_EQ(kernel.output<int64_t>(1)[i], counts[i]);
        const auto* items = reinterpret_cast<const int64_t*>(static_cast<intptr_t>(kernel.output<int64_t>(0)[i]));
        for (int64_t k = 0; k < counts[i]; ++k) {
            ASSERT_EQ(items[k], k);
        }
    }
}

TEST(CodegenMemory, WhatFindsNoMemoryIsHandedBack) {
    Kernel kernel(kGrow);
    kernel.budget = 100'000;
    const std::vector<int64_t> counts{10, 1'000'000, 10};
    EXPECT_EQ(kernel.locate({counts.data()}, 3), kHandedBack);
    EXPECT_EQ(kernel.flags(), (std::vector<uint8_t>{0, 1, 0}));
}

TEST(CodegenMemory, NarrowLoadsAndTexts) {
    Kernel kernel(
        R"(function "texts" (input 0: i64, input 1: i64) -> (slot 0: i64, slot 1: i64, slot 2: i64, slot 3: bool)
  variant 0: tuple[int, int, int, bool] origins (0 0 0 0 0) slots (0 1 2 3)
  data 0: x6162e9
block 0:
  %0 = input 0 : i64
  %1 = input 1 : i64
  %2 = data 0 : i64
  %3 = const 2 : i64
  %4 = load 1 %2 %3 : i64
  %5 = order 1 1 %0 %2 %1 : i64
  %6 = const 12 : i64
  %7 = reserve %6 : i64
  %8 = const 3 : i64
  copy 4 1 %7 %2 %8
  %9 = const 8 : i64
  %10 = load 4 %7 %9 : i64
  %11 = const true : bool
  store 1 %7 %3 %11
  %12 = load 1 %7 %3 : bool
  return 0 (%4, %5, %10, %12)
)");
    const std::string text = "aa";
    const std::vector<int64_t> addresses{address(text.data()), address(text.data())}, lengths{1, 2};
    ASSERT_EQ(kernel.run({addresses.data(), lengths.data()}, 2), kOk);
    EXPECT_EQ(kernel.output<int64_t>(0)[0], 0xE9);
    EXPECT_EQ(kernel.output<int64_t>(1)[0], 0);
    EXPECT_EQ(kernel.output<int64_t>(1)[1], -1);
    EXPECT_EQ(kernel.output<int64_t>(2)[0], 0xE9);
    EXPECT_EQ(kernel.output<uint8_t>(3)[0], 1);
}

TEST(CodegenMemory, SingleCharactersAreComparedWithoutACall) {
    const std::string text =
        R"(function "one" (input 0: i64, input 1: i64) -> (slot 0: i64, slot 1: i64, slot 2: i64, slot 3: i64)
  variant 0: tuple[int, int, int, int] origins (0 0 0 0 0) slots (0 1 2 3)
block 0:
  %0 = input 0 : i64
  %1 = input 1 : i64
  %2 = const 1 : i64
  %3 = order 1 1 %0 %1 %2 : i64
  %4 = order 1 4 %0 %1 %2 : i64
  %5 = order 4 1 %0 %1 %2 : i64
  %6 = order 4 4 %0 %1 %2 : i64
  return 0 (%3, %4, %5, %6)
)";
    for (const Effort effort : {Effort::Quick, Effort::Full})
        EXPECT_EQ(dump_cpu(ir::parse(text), {}, Dump::Assembly, effort).find("call"), std::string::npos);
    Kernel kernel(text);
    const std::vector<uint32_t> units{0x41, 0xE9, 0x1F600, 0x41};
    std::vector<int64_t> left, right;
    for (const uint32_t& a : units) {
        for (const uint32_t& b : units) {
            left.push_back(address(&a));
            right.push_back(address(&b));
        }
    }
    ASSERT_EQ(kernel.run({left.data(), right.data()}, static_cast<int64_t>(left.size())), kOk);
    const auto sign = [](uint32_t a, uint32_t b) { return int64_t{a > b} - int64_t{a < b}; };
    size_t i = 0;
    for (const uint32_t a : units) {
        for (const uint32_t b : units) {
            EXPECT_EQ(kernel.output<int64_t>(0)[i], sign(a & 0xFF, b & 0xFF));
            EXPECT_EQ(kernel.output<int64_t>(1)[i], sign(a & 0xFF, b));
            EXPECT_EQ(kernel.output<int64_t>(2)[i], sign(a, b & 0xFF));
            EXPECT_EQ(kernel.output<int64_t>(3)[i++], sign(a, b));
        }
    }
}

TEST(CodegenMemory, PtxBringsTheFunctionsItCalls) {
    const std::string reads = compile_ptx(ir::parse(kItem), 80, {}).ptx,
                      grows = compile_ptx(ir::parse(kGrow), 80, {}).ptx;
    EXPECT_NE(reads.find("ld.global.b64"), std::string::npos) << reads;
    EXPECT_EQ(reads.find("pp_memory_reserve"), std::string::npos);
    EXPECT_NE(grows.find("pp_memory_extend"), std::string::npos);
    EXPECT_NE(grows.find("atom"), std::string::npos) << grows;
    EXPECT_EQ(grows.find("pp_memory_widen"), std::string::npos);
    EXPECT_EQ(grows.find(".extern"), std::string::npos);
    EXPECT_EQ(compile_ptx(ir::parse(kOutside), 80, {}).ptx.find("pp_memory"), std::string::npos);
}

}  // namespace
}  // namespace pp::codegen::testing
