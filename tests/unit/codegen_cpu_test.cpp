/// Kernels for this processor: their answers, marks and flags, element by element.
#include <gtest/gtest.h>

#include "codegen_testing.h"

namespace pp::codegen::testing {
namespace {

TEST(CodegenCpu, ComputesEveryElement) {
    Kernel kernel(R"(function "f" (input 0: f64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = const 2.0 : f64
  %2 = fmul %0 %1 : f64
  %3 = const 1.0 : f64
  %4 = fadd %2 %3 : f64
  return 0 (%4)
)");
    std::vector<double> x(1003), expected(1003);
    for (size_t i = 0; i < x.size(); ++i) {
        x[i] = 0.37 * static_cast<double>(i) - 100;
        expected[i] = x[i] * 2 + 1;
    }
    EXPECT_EQ(kernel.run({x.data()}, 1003), kOk);
    EXPECT_EQ(kernel.output<double>(0), expected);
    EXPECT_EQ(kernel.polls, 0);
}

}  // namespace
}  // namespace pp::codegen::testing
