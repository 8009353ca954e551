/// settle_origins: text in, text out.
#include "passes/passes.h"
#include "passes_testing.h"

namespace pp::passes {
namespace {

using testing::after;

TEST(SettleOrigins, MakesCommonConstantsStatic) {
    EXPECT_EQ(
        after(settle_origins,
              R"(function "f" (input 0: f64, input 1: bool) -> (slot 0: i32, slot 1: f64, slot 2: i32, slot 3: i32)
  variant 0: tuple[float, None] origins (-1 -1 -1) slots (1 2 0 3)
block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = const 0 : i32
  %3 = const 2 : i32
  %4 = const 7 : i32
  branch %1 block 1() else block 2()
block 1:
  return 0 (%0, %2, %3, %4)
block 2:
  %5 = const 2 : i32
  return 0 (%0, %3, %5, %4)
)"),
        R"(function "f" (input 0: f64, input 1: bool) -> (slot 0: f64, slot 1: i32)
  variant 0: tuple[float, None] origins (-1 2 7) slots (0 1)
block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = const 0 : i32
  %3 = const 2 : i32
  %4 = const 7 : i32
  branch %1 block 1() else block 2()
block 1:
  return 0 (%0, %2)
block 2:
  %5 = const 2 : i32
  return 0 (%0, %3)
)");
}

TEST(SettleOrigins, LooksAtEachVariantAlone) {
    EXPECT_EQ(after(settle_origins, R"(function "f" (input 0: bool) -> (slot 0: bool, slot 1: i32, slot 2: i64)
  variant 0: None origins (-1) slots (1)
  variant 1: int origins (-1) slots (2 1)
block 0:
  %0 = input 0 : bool
  %1 = const 1 : i32
  %2 = const 0 : i32
  branch %0 block 1() else block 2()
block 1:
  return 0 (%1)
block 2:
  %3 = const 5 : i64
  return 1 (%3, %2)
)"),
              R"(function "f" (input 0: bool) -> (slot 0: bool, slot 1: i64)
  variant 0: None origins (1) slots ()
  variant 1: int origins (0) slots (1)
block 0:
  %0 = input 0 : bool
  %1 = const 1 : i32
  %2 = const 0 : i32
  branch %0 block 1() else block 2()
block 1:
  return 0 ()
block 2:
  %3 = const 5 : i64
  return 1 (%3)
)");
}

TEST(SettleOrigins, KeepsWhatDependsOnTheElement) {
    const std::string text = R"(function "f" (input 0: f64, input 1: bool) -> (slot 0: f64, slot 1: i32)
  variant 0: float origins (-1) slots (0 1)
block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = const 0 : i32
  %3 = const 1 : i32
  %4 = select %1 %2 %3 : i32
  return 0 (%0, %4)
)";
    EXPECT_EQ(after(settle_origins, text), text);
}

TEST(SettleOrigins, RemovesVariantsThatAreNeverReturned) {
    EXPECT_EQ(after(settle_origins, R"(function "f" (input 0: f64) -> (slot 0: bool, slot 1: i64, slot 2: f64)
  variant 0: int origins (0) slots (1)
  variant 1: float origins (1) slots (2)
block 0:
  %0 = input 0 : f64
  return 1 (%0)
)"),
              R"(function "f" (input 0: f64) -> (slot 0: f64)
  variant 0: float origins (1) slots (0)
block 0:
  %0 = input 0 : f64
  return 0 (%0)
)");
}

TEST(SettleOrigins, KeepsTheTagForTwoOfThreeVariants) {
    EXPECT_EQ(
        after(settle_origins, R"(function "f" (input 0: f64, input 1: bool) -> (slot 0: bool, slot 1: i64, slot 2: f64)
  variant 0: int origins (0) slots (1)
  variant 1: float origins (1) slots (2)
  variant 2: None origins (0) slots ()
block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  branch %1 block 1() else block 2()
block 1:
  return 2 ()
block 2:
  return 1 (%0)
)"),
        R"(function "f" (input 0: f64, input 1: bool) -> (slot 0: bool, slot 1: f64)
  variant 0: float origins (1) slots (1)
  variant 1: None origins (0) slots ()
block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  branch %1 block 1() else block 2()
block 1:
  return 1 ()
block 2:
  return 0 (%0)
)");
}

TEST(SettleOrigins, AFunctionMayReturnNothing) {
    EXPECT_EQ(after(settle_origins, R"(function "f" () -> (slot 0: bool, slot 1: i64)
  variant 0: int origins (0) slots (1)
  variant 1: None origins (0) slots ()
  hand_back 0: raises "always"
block 0:
  hand_back 0
)"),
              R"(function "f" () -> ()
  hand_back 0: raises "always"
block 0:
  hand_back 0
)");
}

}  // namespace
}  // namespace pp::passes
