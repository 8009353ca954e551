/// Kernels for this processor: answers, variants, marks and flags, uniforms, fuel, lifetime.
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <thread>

#include "base/error.h"
#include "codegen_testing.h"

namespace pp::codegen::testing {
namespace {

constexpr const char* kLine = R"(function "line" (input 0: f64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = const 2.0 : f64
  %2 = fmul %0 %1 : f64
  %3 = const 1.0 : f64
  %4 = fadd %2 %3 : f64
  return 0 (%4)
)";

std::vector<double> ramp(size_t count, double from, double step) {
    std::vector<double> result(count);
    for (size_t i = 0; i < count; ++i)
        result[i] = from + step * static_cast<double>(i);
    return result;
}

TEST(CodegenCpu, ComputesEveryElement) {
    Kernel kernel(kLine);
    for (const size_t count : {0, 1, 3, 4, 5, 31, 1003}) {
        const std::vector<double> x = ramp(count, -100, 0.37);
        std::vector<double> expected;
        for (const double value : x)
            expected.push_back(value * 2 + 1);
        EXPECT_EQ(kernel.run({x.data()}, static_cast<int64_t>(count)), kOk);
        EXPECT_EQ(kernel.output<double>(0), expected);
    }
    EXPECT_EQ(kernel.polls, 0);
    EXPECT_FALSE(kernel.kernel().has_loops);
    EXPECT_GT(kernel.kernel().code_bytes, 20u);
    EXPECT_GT(kernel.kernel().compile_milliseconds, 0);
}

TEST(CodegenCpu, TouchesOnlyItsRange) {
    Kernel kernel(kLine);
    const std::vector<double> x = ramp(100, 1, 1);
    EXPECT_EQ(kernel.run({x.data()}, 90, {}, 37), kOk);
    const std::vector<double> y = kernel.output<double>(0);
    for (size_t i = 0; i < y.size(); ++i)
        EXPECT_EQ(y[i], i < 37 ? 0 : x[i] * 2 + 1);
    EXPECT_EQ(kernel.locate({x.data()}, 90, {}, 37), kOk);
    for (size_t i = 0; i < 90; ++i)
        EXPECT_EQ(kernel.flags()[i], i < 37 ? 7 : 0);
}

TEST(CodegenCpu, FlagsTheElementsThatOverflow) {
    Kernel kernel(R"(function "sums" (input 0: i64, input 1: i64) -> (slot 0: i64, slot 1: i64, slot 2: i64)
  variant 0: tuple[int, int, int] origins (0 0 0 0) slots (0 1 2)
block 0:
  %0 = input 0 : i64
  %1 = input 1 : i64
  %2 = iadd.checked %0 %1 : i64
  %3 = isub.checked %0 %1 : i64
  %4 = imul.checked %0 %1 : i64
  return 0 (%2, %3, %4)
)");
    constexpr int64_t kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();
    const std::vector<int64_t> numbers{0, 1, -1, 2, -2, 3037000500, -3037000500, kMost, kLeast, kMost - 1, kLeast + 1};
    std::vector<int64_t> x, y;
    std::vector<uint8_t> expected;
    for (const int64_t a : numbers) {
        for (const int64_t b : numbers) {
            int64_t ignored = 0;
            x.push_back(a);
            y.push_back(b);
            expected.push_back(__builtin_add_overflow(a, b, &ignored) | __builtin_sub_overflow(a, b, &ignored) |
                               __builtin_mul_overflow(a, b, &ignored));
        }
    }
    const auto count = static_cast<int64_t>(x.size());
    EXPECT_EQ(kernel.run({x.data(), y.data()}, count), kHandedBack);
    EXPECT_EQ(kernel.locate({x.data(), y.data()}, count), kHandedBack);
    EXPECT_EQ(kernel.flags(), expected);
    const std::vector<int64_t> sums = kernel.output<int64_t>(0), products = kernel.output<int64_t>(2);
    for (size_t i = 0; i < x.size(); ++i) {
        if (expected[i]) continue;
        EXPECT_EQ(sums[i], x[i] + y[i]);
        EXPECT_EQ(products[i], x[i] * y[i]);
    }
}

// A constant factor is checked by the range of the other one.
TEST(CodegenCpu, FlagsProductsWithConstants) {
    constexpr int64_t kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();
    for (const int64_t factor : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{2}, int64_t{-2}, int64_t{7}, int64_t{-10},
                                 int64_t{1} << 62, kMost, kLeast, kLeast + 1}) {
        const std::string constant = "  %1 = const " + std::to_string(factor) + " : i64\n";
        for (const std::string product : {"imul.checked %0 %1", "imul.checked %1 %0"}) {
            Kernel kernel("function \"product\" (input 0: i64) -> (slot 0: i64)\n"
                          "  variant 0: int origins (0) slots (0)\nblock 0:\n  %0 = input 0 : i64\n" +
                          constant + "  %2 = " + product + " : i64\n  return 0 (%2)\n");
            std::vector<int64_t> x{0, 1, -1, 2, -2, kMost, kLeast, kLeast + 1};
            if (factor < -1 || factor > 1) {
                for (const int64_t near : {kMost / factor, kLeast / factor})
                    x.insert(x.end(), {near - 1, near, near + 1});
            }
            kernel.locate({x.data()}, static_cast<int64_t>(x.size()));
            const auto products = kernel.output<int64_t>(0);
            for (size_t i = 0; i < x.size(); ++i) {
                int64_t expected = 0;
                const bool overflows = __builtin_mul_overflow(x[i], factor, &expected);
                EXPECT_EQ(kernel.flags()[i], overflows) << x[i] << " * " << factor;
                EXPECT_TRUE(overflows || products[i] == expected) << x[i] << " * " << factor;
            }
        }
    }
}

TEST(CodegenCpu, OneMarkedElementMarksTheRange) {
    Kernel kernel(R"(function "inverse" (input 0: f64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = const 0.0 : f64
  %2 = fne %0 %1 : bool
  guard %2
  %3 = const 1.0 : f64
  %4 = fdiv %3 %0 : f64
  return 0 (%4)
)");
    for (size_t marked = 0; marked < 21; ++marked) {
        std::vector<double> x = ramp(21, 1, 1);
        EXPECT_EQ(kernel.run({x.data()}, 21), kOk);
        x[marked] = 0;
        EXPECT_EQ(kernel.run({x.data()}, 21), kHandedBack);
        EXPECT_EQ(kernel.locate({x.data()}, 21), kHandedBack);
        EXPECT_EQ(std::accumulate(kernel.flags().begin(), kernel.flags().end(), 0), 1);
        EXPECT_EQ(kernel.flags()[marked], 1);
    }
}

// After a failed guard values are meaningless; nothing that follows may trap or go astray on them.
TEST(CodegenCpu, SurvivesWhatFollowsAFailedGuard) {
    Kernel kernel(R"(function "after" (input 0: i64, input 1: i64, input 2: f64) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  %1 = input 1 : i64
  %2 = input 2 : f64
  %3 = const false : bool
  guard %3
  %4 = idiv %0 %1 : i64
  %5 = irem %0 %1 : i64
  %6 = f2i %2 : i64
  %7 = ishl %0 %1 : i64
  %8 = ilt %6 %7 : bool
  branch %8 block 1(%4) else block 1(%5)
block 1(%9: i64):
  return 0 (%9)
)");
    const int64_t least = std::numeric_limits<int64_t>::min();
    const std::vector<int64_t> x{1, least, least, 7}, y{0, -1, 0, 1000};
    const std::vector<double> z{NAN, INFINITY, 1e300, -1e300};
    EXPECT_EQ(kernel.run({x.data(), y.data(), z.data()}, 4), kHandedBack);
    EXPECT_EQ(kernel.locate({x.data(), y.data(), z.data()}, 4), kHandedBack);
    EXPECT_EQ(kernel.flags(), std::vector<uint8_t>(4, 1));
}

TEST(CodegenCpu, ReturnsVariantsUnderTheirTags) {
    Kernel kernel(
        R"(function "variants" (input 0: i64, input 1: bool) -> (slot 0: bool, slot 1: f64, slot 2: i64, slot 3: bool, slot 4: i32)
  variant 0: tuple[float, int] origins (0 -1 0) slots (1 2 4)
  variant 1: bool origins (0) slots (3)
  variant 2: None origins (0) slots ()
  hand_back 0: raises "ValueError"
block 0:
  %0 = input 0 : i64
  %1 = input 1 : bool
  %2 = const 10 : i64
  %3 = ilt %0 %2 : bool
  branch %3 block 1() else block 2()
block 1:
  %4 = i2f %0 : f64
  %5 = const 5 : i32
  %6 = const 0 : i32
  %7 = select %1 %5 %6 : i32
  return 0 (%4, %0, %7)
block 2:
  %8 = const 20 : i64
  %9 = ilt %0 %8 : bool
  branch %9 block 3() else block 4()
block 3:
  %10 = bnot %1 : bool
  return 1 (%10)
block 4:
  %11 = const 25 : i64
  %12 = ilt %0 %11 : bool
  branch %12 block 5() else block 6()
block 5:
  return 2 ()
block 6:
  hand_back 0
)");
    std::vector<int64_t> x(30);
    std::iota(x.begin(), x.end(), 0);
    std::vector<uint8_t> odd(30);
    for (size_t i = 0; i < 30; ++i)
        odd[i] = i % 2;
    EXPECT_EQ(kernel.run({x.data(), odd.data()}, 25), kOk);
    EXPECT_EQ(kernel.locate({x.data(), odd.data()}, 30), kHandedBack);
    const auto tags = kernel.output<uint8_t>(0);
    const auto floats = kernel.output<double>(1);
    const auto ints = kernel.output<int64_t>(2);
    const auto bools = kernel.output<uint8_t>(3);
    const auto origins = kernel.output<int32_t>(4);
    for (size_t i = 0; i < 30; ++i) {
        EXPECT_EQ(kernel.flags()[i], i >= 25);
        EXPECT_TRUE(i >= 25 || tags[i] == i / 10) << i;
        if (i < 10) {
            EXPECT_EQ(floats[i], static_cast<double>(i));
            EXPECT_EQ(ints[i], static_cast<int64_t>(i));
            EXPECT_EQ(origins[i], odd[i] ? 5 : 0);
        } else if (i < 20) {
            EXPECT_EQ(bools[i], 1 - odd[i]);
        }
    }
}

TEST(CodegenCpu, ReadsUniformsOfEveryType) {
    Kernel kernel(
        R"(function "uniforms" (uniform 0: f64, uniform 1: i64, uniform 2: bool) -> (slot 0: f64, slot 1: i64, slot 2: bool)
  variant 0: tuple[float, int, bool] origins (0 0 0 0) slots (0 1 2)
block 0:
  %0 = uniform 0 : f64
  %1 = uniform 1 : i64
  %2 = uniform 2 : bool
  %3 = fneg %0 : f64
  %4 = iadd %1 %1 : i64
  %5 = bnot %2 : bool
  return 0 (%3, %4, %5)
)");
    EXPECT_EQ(kernel.run({}, 3, {std::bit_cast<uint64_t>(1.5), static_cast<uint64_t>(int64_t{-21}), 1}), kOk);
    EXPECT_EQ(kernel.output<double>(0), std::vector<double>(3, -1.5));
    EXPECT_EQ(kernel.output<int64_t>(1), std::vector<int64_t>(3, -42));
    EXPECT_EQ(kernel.output<uint8_t>(2), std::vector<uint8_t>(3, 0));
}

TEST(CodegenCpu, RefusesWhatPassesShouldHaveSpelledOut) {
    const ir::Function function = ir::parse(R"(function "py" (input 0: i64) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  %1 = py.int.abs %0 : i64
  return 0 (%1)
)");
    EXPECT_THROW(compile_cpu(function, {}), InternalError);
}

size_t count_executable_mappings() {
    std::ifstream maps("/proc/self/maps");
    size_t count = 0;
    for (std::string line; std::getline(maps, line);)
        count += line.find(" r-xp ") != std::string::npos;
    return count;
}

TEST(CodegenCpu, FreesItsCode) {
    Kernel warm_up(kLine);
    const size_t before = count_executable_mappings();
    {
        std::vector<std::unique_ptr<CpuKernel>> kernels;
        for (int i = 0; i < 20; ++i) {
            ir::Function function = ir::parse(kLine);
            function.data.push_back(std::to_string(i));  // equal functions would share code
            kernels.push_back(compile_cpu(function, {}));
        }
        EXPECT_GT(count_executable_mappings(), before);
    }
    EXPECT_EQ(count_executable_mappings(), before);
}

TEST(CodegenCpu, CompilesOnSeveralThreads) {
    std::vector<std::thread> threads;
    std::vector<double> results(6);
    for (size_t i = 0; i < results.size(); ++i) {
        threads.emplace_back([&results, i] {
            for (int repetition = 0; repetition < 5; ++repetition) {
                Kernel kernel(kLine);
                const double x = static_cast<double>(i);
                kernel.run({&x}, 1);
                results[i] += kernel.output<double>(0)[0];
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    for (size_t i = 0; i < results.size(); ++i)
        EXPECT_EQ(results[i], 5 * (2 * static_cast<double>(i) + 1));
}

// A fork while other threads compile: the child must find neither a lock held for ever nor a half-made kernel.
TEST(CodegenCpu, CompilesAfterForkAmidCompilations) {
    std::atomic<bool> stop{false};
    std::thread other([&] {
        while (!stop)
            compile_cpu(ir::parse(kLine), {});
    });
    for (int i = 0; i < 20; ++i) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            alarm(20);  // a deadlock ends as a signal
            Kernel kernel(kLine);
            const double x = 4;
            _exit(kernel.run({&x}, 1) == kOk && kernel.output<double>(0)[0] == 9 ? 0 : 1);
        }
        int status = -1;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    stop = true;
    other.join();
}

TEST(CodegenCpu, NamesTheProcessor) {
    EXPECT_FALSE(host_processor().empty());
}

/// Branches in a row, as `if x > i: x = x - i` for i = 0, 1, ... makes them, the origin of x at their side.
std::string branches(int count) {
    std::string text = "function \"branches\" (input 0: f64) -> (slot 0: f64, slot 1: i32)\n"
                       "  variant 0: float origins (-1) slots (0 1)\nblock 0:\n  %0 = input 0 : f64\n"
                       "  %1 = const 1 : i32\n  %2 = const 0 : i32\n  jump block 1(%0, %1)\n";
    int next = 3;
    for (int i = 0; i < count; ++i) {
        const int block = 2 * i + 1;
        const std::string x = "%" + std::to_string(next), origin = "%" + std::to_string(next + 1),
                          limit = "%" + std::to_string(next + 2), is_above = "%" + std::to_string(next + 3),
                          difference = "%" + std::to_string(next + 4), join = std::to_string(block + 2);
        next += 5;
        text += "block " + std::to_string(block) + "(" + x + ": f64, " + origin + ": i32):\n  " + limit + " = const " +
                std::to_string(i) + ".0 : f64\n  " + is_above + " = flt " + limit + " " + x + " : bool\n  branch " +
                is_above + " block " + std::to_string(block + 1) + "() else block " + join + "(" + x + ", " + origin +
                ")\nblock " + std::to_string(block + 1) + ":\n  " + difference + " = fsub " + x + " " + limit +
                " : f64\n  jump block " + join + "(" + difference + ", %2)\n";
    }
    const std::string x = "%" + std::to_string(next), origin = "%" + std::to_string(next + 1);
    return text + "block " + std::to_string(2 * count + 1) + "(" + x + ": f64, " + origin + ": i32):\n  return 0 (" +
           x + ", " + origin + ")\n";
}

TEST(CodegenCpu, MakesCodeForLargeFunctionsQuickly) {
    const ir::Function small = ir::parse(branches(20)), large = ir::parse(branches(400));
    EXPECT_EQ(compile_cpu(small, {})->effort, Effort::Full);
    const auto kernel = compile_cpu(large, {});
    EXPECT_EQ(kernel->effort, Effort::Quick);
    const auto larger = compile_cpu(ir::parse(branches(800)), {});
    EXPECT_LT(larger->code_bytes, 2.2 * static_cast<double>(kernel->code_bytes));
    EXPECT_NEAR(larger->full_milliseconds, 2 * kernel->full_milliseconds, 0.1 * kernel->full_milliseconds);
    EXPECT_EQ(compile_cpu(small, {}, Effort::Quick)->effort, Effort::Quick);
    EXPECT_EQ(compile_cpu(large, {}, Effort::Full)->effort, Effort::Full);
}

TEST(CodegenCpu, BranchesInARowAnswerAsTheyDo) {
    for (const int count : {1, 7, 60}) {
        Kernel kernel(branches(count));
        const std::vector<double> x = ramp(1003, -20.25, 0.75);
        EXPECT_EQ(kernel.run({x.data()}, 1003), kOk);
        std::vector<double> expected;
        std::vector<int32_t> origins;
        for (double value : x) {
            int32_t origin = 1;
            for (int i = 0; i < count; ++i) {
                if (value > i) {
                    value -= i;
                    origin = 0;
                }
            }
            expected.push_back(value);
            origins.push_back(origin);
        }
        EXPECT_EQ(kernel.output<double>(0), expected);
        EXPECT_EQ(kernel.output<int32_t>(1), origins);
    }
}

// `condition or other`: see settle_conditions.h.
TEST(CodegenCpu, AConditionIsAValueToo) {
    Kernel kernel(R"(function "f" (input 0: bool, input 1: i64, uniform 0: i64) -> (slot 0: bool)
  variant 0: bool origins (0) slots (0)
block 0:
  %0 = input 0 : bool
  %1 = input 1 : i64
  %2 = uniform 0 : i64
  %3 = b2i %0 : i64
  %4 = const 0 : i64
  guard %0
  %5 = const 3 : i64
  %6 = isub.checked %2 %5 : i64
  %7 = ieq %6 %4 : bool
  branch %7 block 1() else block 2()
block 1:
  branch %0 block 3() else block 4()
block 2:
  branch %0 block 3() else block 4()
block 3:
  %8 = ilt %4 %3 : bool
  return 0 (%8)
block 4:
  %9 = ilt %4 %1 : bool
  return 0 (%9)
)");
    const std::vector<uint8_t> conditions(1003, 1);
    std::vector<int64_t> others(1003);
    std::iota(others.begin(), others.end(), -500);
    EXPECT_EQ(kernel.run({conditions.data(), others.data()}, 1003, {3}), kOk);
    EXPECT_EQ(kernel.output<uint8_t>(0), conditions);
}

}  // namespace
}  // namespace pp::codegen::testing
