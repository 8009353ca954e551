/// merge_branches: text in, text out; and what the functions compute, before and after.
#include "passes/passes.h"
#include "passes_testing.h"

namespace pp::passes {
namespace {

using testing::after;

const std::string kHead = "function \"f\" (input 0: i64, input 1: bool) -> (slot 0: i64)\n"
                          "  variant 0: int origins (0) slots (0)\n";

std::string merged(const std::string& body) {
    return after(merge_branches, kHead, body);
}

TEST(MergeBranches, MovesWhatBothSidesBeginWith) {
    EXPECT_EQ(merged(R"(block 0:
  %0 = input 0 : i64
  %1 = input 1 : bool
  %2 = const 7 : i64
  branch %1 block 1() else block 2()
block 1:
  %3 = ilt %0 %2 : bool
  guard %3
  %4 = imul.checked %0 %2 : i64
  return 0 (%4)
block 2:
  %5 = ilt %0 %2 : bool
  guard %5
  %6 = isub.checked %0 %2 : i64
  return 0 (%6)
)"),
              R"(block 0:
  %0 = input 0 : i64
  %1 = input 1 : bool
  %2 = const 7 : i64
  %3 = ilt %0 %2 : bool
  guard %3
  branch %1 block 1() else block 2()
block 1:
  %4 = imul.checked %0 %2 : i64
  return 0 (%4)
block 2:
  %5 = isub.checked %0 %2 : i64
  return 0 (%5)
)");
}

TEST(MergeBranches, AddsNothingWhereTheOtherSidePassesOn) {
    EXPECT_EQ(merged(R"(block 0:
  %0 = input 0 : i64
  %1 = input 1 : bool
  %2 = const 7 : i64
  branch %1 block 1() else block 2()
block 1:
  jump block 3(%0, %2)
block 2:
  %3 = iadd.checked %0 %2 : i64
  jump block 3(%3, %2)
block 3(%4: i64, %5: i64):
  %6 = iadd.checked %4 %5 : i64
  return 0 (%6)
)"),
              R"(block 0:
  %0 = input 0 : i64
  %1 = input 1 : bool
  %2 = const 7 : i64
  %3 = const 0 : i64
  %4 = select %1 %3 %2 : i64
  %5 = iadd.checked %0 %4 : i64
  jump block 1(%5, %2)
block 1(%6: i64, %7: i64):
  %8 = iadd.checked %6 %7 : i64
  return 0 (%8)
)");
}

TEST(MergeBranches, LeavesOtherSidesAlone) {
    const std::string body = R"(block 0:
  %0 = input 0 : i64
  %1 = input 1 : bool
  %2 = const 7 : i64
  branch %1 block 1() else block 2()
block 1:
  jump block 3(%2)
block 2:
  %3 = iadd.checked %0 %2 : i64
  jump block 3(%3)
block 3(%4: i64):
  return 0 (%4)
)";
    EXPECT_EQ(merged(body), body);
}

}  // namespace
}  // namespace pp::passes
