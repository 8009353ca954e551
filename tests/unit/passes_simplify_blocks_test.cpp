/// simplify_blocks: text in, text out.
#include "passes/passes.h"
#include "passes_testing.h"

namespace pp::passes {
namespace {

using testing::after;

const std::string kHead = "function \"f\" (input 0: f64, input 1: bool) -> (slot 0: f64)\n"
                          "  variant 0: float origins (0) slots (0)\n";

std::string simplified(const std::string& body) {
    return after(simplify_blocks, kHead, body);
}

TEST(SimplifyBlocks, JoinsAChain) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  jump block 2(%0)
block 1(%1: f64):
  %2 = fneg %1 : f64
  return 0 (%2)
block 2(%3: f64):
  %4 = fabs %3 : f64
  jump block 1(%4)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = fabs %0 : f64
  %2 = fneg %1 : f64
  return 0 (%2)
)");
}

TEST(SimplifyBlocks, DropsWhatNoPathReaches) {
    EXPECT_EQ(after(simplify_blocks, kHead + R"(  hand_back 0: raises "never"
  hand_back 1: unsupported "sometimes"
block 0:
  %0 = input 1 : bool
  branch %0 block 2() else block 3()
block 1:
  hand_back 0
block 2:
  %1 = input 0 : f64
  return 0 (%1)
block 3:
  hand_back 1
)"),
              kHead + R"(  hand_back 0: unsupported "sometimes"
block 0:
  %0 = input 1 : bool
  branch %0 block 1() else block 2()
block 1:
  %1 = input 0 : f64
  return 0 (%1)
block 2:
  hand_back 0
)");
}

TEST(SimplifyBlocks, LeadsJumpsPastEmptyBlocks) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  branch %1 block 1(%0, %0) else block 4()
block 1(%2: f64, %3: f64):
  jump block 2(%3)
block 2(%4: f64):
  jump block 3(%4)
block 3(%5: f64):
  %6 = fneg %5 : f64
  return 0 (%6)
block 4:
  %7 = fabs %0 : f64
  jump block 3(%7)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  branch %1 block 2(%0) else block 1()
block 1:
  %2 = fabs %0 : f64
  jump block 2(%2)
block 2(%3: f64):
  %4 = fneg %3 : f64
  return 0 (%4)
)");
}

TEST(SimplifyBlocks, KeepsEmptyBlocksWhoseParametersAreUsedBelow) {
    const std::string body = R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  branch %1 block 1(%0) else block 4()
block 1(%2: f64):
  jump block 2()
block 2:
  branch %1 block 2() else block 3()
block 3:
  return 0 (%2)
block 4:
  %3 = fneg %0 : f64
  jump block 1(%3)
)";
    const std::string text = simplified(body);
    EXPECT_NE(text.find("(%3: f64):\n  jump block"), std::string::npos) << text;
}

TEST(SimplifyBlocks, SelectsWhereBothSidesMeet) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = const 0.0 : f64
  branch %1 block 1() else block 2()
block 1:
  jump block 3(%0, %0)
block 2:
  jump block 3(%2, %0)
block 3(%3: f64, %4: f64):
  %5 = fadd %3 %4 : f64
  return 0 (%5)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = const 0.0 : f64
  %3 = select %1 %0 %2 : f64
  %4 = fadd %3 %0 : f64
  return 0 (%4)
)");
}

TEST(SimplifyBlocks, KeepsEmptyEndlessLoops) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 1 : bool
  branch %0 block 1() else block 3()
block 1:
  jump block 2()
block 2:
  jump block 1()
block 3:
  jump block 3()
)"),
              R"(block 0:
  %0 = input 1 : bool
  branch %0 block 1() else block 2()
block 1:
  jump block 1()
block 2:
  jump block 2()
)");
}

TEST(SimplifyBlocks, PutsBlocksInReadingOrder) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  jump block 3(%0)
block 1:
  return 0 (%2)
block 2:
  %3 = fneg %2 : f64
  jump block 3(%3)
block 3(%2: f64):
  branch %1 block 2() else block 1()
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  jump block 1(%0)
block 1(%2: f64):
  branch %1 block 2() else block 3()
block 2:
  %3 = fneg %2 : f64
  jump block 1(%3)
block 3:
  return 0 (%2)
)");
}

}  // namespace
}  // namespace pp::passes
