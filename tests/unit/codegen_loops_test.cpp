/// Elements with loops: exact answers, guards that leave, fuel that lets a run be cancelled.
#include <gtest/gtest.h>

#include <limits>

#include "codegen/lower.h"
#include "codegen_testing.h"

namespace pp::codegen::testing {
namespace {

constexpr const char* kMandelbrot =
    R"(function "mandelbrot" (input 0: f64, input 1: f64, uniform 0: i64) -> (slot 0: i64, slot 1: f64)
  variant 0: tuple[int, float] origins (0 0 0) slots (0 1)
block 0:
  %0 = input 0 : f64
  %1 = input 1 : f64
  %2 = uniform 0 : i64
  %3 = const 0.0 : f64
  %4 = const 0 : i64
  %5 = const 1 : i64
  %6 = const 2.0 : f64
  %7 = const 4.0 : f64
  jump block 1(%3, %3, %4)
block 1(%10: f64, %11: f64, %12: i64):
  %13 = ilt %12 %2 : bool
  branch %13 block 2() else block 4(%12, %10)
block 2:
  %20 = fmul %10 %10 : f64
  %21 = fmul %11 %11 : f64
  %22 = fadd %20 %21 : f64
  %23 = fle %22 %7 : bool
  branch %23 block 3() else block 4(%12, %22)
block 3:
  %30 = fmul %6 %10 : f64
  %31 = fmul %30 %11 : f64
  %32 = fadd %31 %1 : f64
  %33 = fsub %20 %21 : f64
  %34 = fadd %33 %0 : f64
  %35 = iadd.checked %12 %5 : i64
  jump block 1(%34, %32, %35)
block 4(%40: i64, %41: f64):
  return 0 (%40, %41)
)";

std::pair<int64_t, double> mandelbrot(double cx, double cy, int64_t limit) {
    double x = 0, y = 0;
    for (int64_t i = 0; i < limit; ++i) {
        const double xx = x * x, yy = y * y;
        if (!(xx + yy <= 4.0)) return {i, xx + yy};
        y = 2.0 * x * y + cy;
        x = xx - yy + cx;
    }
    return {limit, x};
}

TEST(CodegenLoops, MandelbrotHasTheBitsOfItsTwin) {
    Kernel kernel(kMandelbrot);
    EXPECT_TRUE(kernel.kernel().has_loops);
    std::vector<double> x, y;
    for (int row = 0; row < 40; ++row) {
        for (int column = 0; column < 50; ++column) {
            x.push_back(-2.1 + column * 0.06);
            y.push_back(-1.2 + row * 0.061);
        }
    }
    const auto count = static_cast<int64_t>(x.size());
    EXPECT_EQ(kernel.run({x.data(), y.data()}, count, {300}), kOk);
    const auto rounds = kernel.output<int64_t>(0);
    const auto last = kernel.output<double>(1);
    for (size_t i = 0; i < x.size(); ++i) {
        const auto [expected_rounds, expected_last] = mandelbrot(x[i], y[i], 300);
        ASSERT_EQ(rounds[i], expected_rounds) << i;
        ASSERT_EQ(last[i], expected_last) << i;
    }
    EXPECT_EQ(kernel.locate({x.data(), y.data()}, count, {300}), kOk);
    EXPECT_EQ(kernel.flags(), std::vector<uint8_t>(x.size(), 0));
    EXPECT_EQ(kernel.output<int64_t>(0), rounds);
}

// Counts `input 0` rounds down; an odd number is handed back in its third round.
constexpr const char* kCountdown = R"(function "countdown" (input 0: i64) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  %1 = const 0 : i64
  %2 = const 1 : i64
  %3 = const 2 : i64
  jump block 1(%0, %1)
block 1(%10: i64, %11: i64):
  %12 = ilt %1 %10 : bool
  branch %12 block 2() else block 3()
block 2:
  %20 = ieq %11 %3 : bool
  %21 = iand %0 %2 : i64
  %22 = ieq %21 %2 : bool
  %23 = band %20 %22 : bool
  %24 = bnot %23 : bool
  guard %24
  %25 = isub.checked %10 %2 : i64
  %26 = iadd %11 %2 : i64
  jump block 1(%25, %26)
block 3:
  return 0 (%11)
)";

TEST(CodegenLoops, GuardsLeaveTheElement) {
    Kernel kernel(kCountdown);
    const int64_t most = std::numeric_limits<int64_t>::max();  // odd: ends only because its guard leaves
    const std::vector<int64_t> x{4, 1, 5, 6, most, 0, 3, 2, 8, most, 10};
    EXPECT_EQ(kernel.run({x.data()}, 2), kOk);
    EXPECT_EQ(kernel.run({x.data()}, 11), kHandedBack);
    EXPECT_EQ(kernel.locate({x.data()}, 11), kHandedBack);
    EXPECT_EQ(kernel.flags(), (std::vector<uint8_t>{0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0}));
    const auto rounds = kernel.output<int64_t>(0);
    for (size_t i = 0; i < x.size(); ++i)
        EXPECT_TRUE(kernel.flags()[i] || rounds[i] == x[i]) << i;
}

TEST(CodegenLoops, AsksEverySixtyFourThousandRounds) {
    Kernel kernel(kCountdown);
    const std::vector<int64_t> x(1000, 1000);  // fuel is kept from element to element
    EXPECT_EQ(kernel.run({x.data()}, 1000), kOk);
    EXPECT_EQ(kernel.polls, 1000 * 1000 / (1 << 16));
}

TEST(CodegenLoops, PollCancelsAnEndlessLoop) {
    Kernel kernel(R"(function "endless" (input 0: bool) -> (slot 0: bool)
  variant 0: bool origins (0) slots (0)
block 0:
  %0 = input 0 : bool
  jump block 1()
block 1:
  branch %0 block 1() else block 2()
block 2:
  return 0 (%0)
)");
    kernel.answers = {0, 0, 1};
    const std::vector<uint8_t> x{0, 0, 1, 0};
    EXPECT_EQ(kernel.run({x.data()}, 2), kOk);
    EXPECT_EQ(kernel.polls, 0);
    EXPECT_EQ(kernel.run({x.data()}, 4), kCancelled);
    EXPECT_EQ(kernel.polls, 3);
    kernel.polls = 0;
    EXPECT_EQ(kernel.locate({x.data()}, 4), kCancelled);
    EXPECT_EQ(kernel.polls, 3);
}

TEST(CodegenLoops, LocateAsksWhereNoElementIsLong) {
    Kernel kernel(kCountdown);
    kernel.answers = {0, 0, 0, 1};
    const std::vector<int64_t> x(1000, 4);
    EXPECT_EQ(kernel.locate({x.data()}, 1000), kCancelled);
    EXPECT_EQ(kernel.polls, 4);
    EXPECT_EQ(kernel.flags().front(), 0);
    EXPECT_EQ(kernel.flags().back(), 7);
}

TEST(CodegenLoops, FindsEveryCycle) {
    // Two blocks that jump into each other from both sides: no loop header, but a cycle.
    const ir::Function tangled = ir::parse(R"(function "tangled" (input 0: bool) -> ()
  variant 0: None origins (0) slots ()
block 0:
  %0 = input 0 : bool
  branch %0 block 1() else block 2()
block 1:
  branch %0 block 2() else block 3()
block 2:
  branch %0 block 1() else block 3()
block 3:
  return 0 ()
block 4:
  jump block 4()
)");
    const BlockOrder order = order_blocks(tangled);
    EXPECT_TRUE(order.has_loops);
    EXPECT_EQ(order.order.size(), 4u);  // block 4 cannot be reached
    EXPECT_NE(order.is_back_edge(1, 2), order.is_back_edge(2, 1));
    Kernel kernel(tangled);
    kernel.answers = {1};
    const std::vector<uint8_t> leaves{0}, stays{1};
    EXPECT_EQ(kernel.run({leaves.data()}, 1), kOk);
    EXPECT_EQ(kernel.run({stays.data()}, 1), kCancelled);
}

TEST(CodegenLoops, LoopsThatCannotBeReachedDoNotCount) {
    Kernel kernel(R"(function "plain" () -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = const 9 : i64
  return 0 (%0)
block 1:
  jump block 1()
)");
    EXPECT_FALSE(kernel.kernel().has_loops);
    EXPECT_EQ(kernel.run({}, 2), kOk);
    EXPECT_EQ(kernel.output<int64_t>(0), (std::vector<int64_t>{9, 9}));
}

}  // namespace
}  // namespace pp::codegen::testing
