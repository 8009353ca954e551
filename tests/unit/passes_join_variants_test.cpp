/// Results of several kinds as results of one.
#include "passes/join_variants.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>

#include "passes_testing.h"

namespace pp::passes::testing {
namespace {

constexpr const char* kMixed = R"(function "f" (input 0: f64) -> (slot 0: bool, slot 1: f64, slot 2: i64)
  variant 0: float origins (0) slots (1)
  variant 1: int origins (0) slots (2)
block 0:
  %0 = input 0 : f64
  %1 = const 0.0 : f64
  %2 = flt %1 %0 : bool
  branch %2 block 1() else block 2()
block 1:
  return 0 (%0)
block 2:
  %3 = const 7 : i64
  return 1 (%3)
)";

TEST(JoinVariants, IntsBecomeFloats) {
    const auto joined = join_variants(ir::parse(kMixed), float_kind(), {ir::Type::F64}, true);
    ASSERT_TRUE(joined.has_value());
    ir::verify(*joined);
    EXPECT_FALSE(joined->has_tag());
    EXPECT_EQ(joined->outputs, std::vector<ir::Type>{ir::Type::F64});
    for (const auto& [x, wanted] : {std::pair{2.5, 2.5}, std::pair{-1.0, 7.0}}) {
        const Outcome outcome = evaluate(*joined, {std::bit_cast<uint64_t>(x)}, {}, Guards::Leave);
        EXPECT_EQ(outcome.kind, float_kind());
        EXPECT_EQ(outcome.leaves, std::vector<uint64_t>{std::bit_cast<uint64_t>(wanted)});
    }
}

TEST(JoinVariants, LargeIntsAreHandedBackUnlessRounded) {
    constexpr const char* kInt = R"(function "f" (input 0: i64) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  return 0 (%0)
)";
    constexpr int64_t kLargest = int64_t{1} << 53;
    const auto exact = join_variants(ir::parse(kInt), float_kind(), {ir::Type::F64}, false);
    const auto rounded = join_variants(ir::parse(kInt), float_kind(), {ir::Type::F64}, true);
    ir::verify(*exact);
    EXPECT_TRUE(ir::can_hand_back(*exact));
    EXPECT_FALSE(ir::can_hand_back(*rounded));
    for (const int64_t x : {int64_t{0}, int64_t{-7}, kLargest, -kLargest, kLargest + 1, -kLargest - 1, INT64_MIN}) {
        const Outcome outcome = evaluate(*exact, {static_cast<uint64_t>(x)}, {}, Guards::Leave);
        EXPECT_EQ(outcome.handed_back, x < -kLargest || x > kLargest) << x;
        const Outcome nearest = evaluate(*rounded, {static_cast<uint64_t>(x)}, {}, Guards::Leave);
        EXPECT_EQ(nearest.leaves, std::vector<uint64_t>{std::bit_cast<uint64_t>(static_cast<double>(x))}) << x;
    }
}

TEST(JoinVariants, BoolsBecomeIntsAndFloats) {
    constexpr const char* kFlag = R"(function "f" (input 0: f64) -> (slot 0: bool)
  variant 0: tuple[bool] origins (0 0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = const 0.0 : f64
  %2 = flt %1 %0 : bool
  return 0 (%2)
)";
    const KindRef ints[] = {int_kind()}, floats[] = {float_kind()};
    const auto as_int = join_variants(ir::parse(kFlag), tuple_kind(ints), {ir::Type::I64}, true);
    const auto as_float = join_variants(ir::parse(kFlag), tuple_kind(floats), {ir::Type::F64}, true);
    ir::verify(*as_int);
    ir::verify(*as_float);
    const std::vector<uint64_t> inputs{std::bit_cast<uint64_t>(1.0)};
    EXPECT_EQ(evaluate(*as_int, inputs, {}, Guards::Leave).leaves, std::vector<uint64_t>{1});
    EXPECT_EQ(evaluate(*as_float, inputs, {}, Guards::Leave).leaves,
              std::vector<uint64_t>{std::bit_cast<uint64_t>(1.0)});
}

TEST(JoinVariants, FloatsDoNotBecomeInts) {
    EXPECT_FALSE(join_variants(ir::parse(kMixed), int_kind(), {ir::Type::I64}, true).has_value());
    EXPECT_FALSE(join_variants(ir::parse(kMixed), float_kind(), {}, true).has_value());
}

}  // namespace
}  // namespace pp::passes::testing
