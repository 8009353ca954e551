/// What the generated LLVM IR looks like: vectors where they are promised, and no liberties with floats.
#include <gtest/gtest.h>

#include <regex>

#include "codegen_testing.h"

namespace pp::codegen::testing {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

AssertionResult contains(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return AssertionSuccess();
    return AssertionFailure() << "no '" << part << "' in:\n" << text;
}

// With the number of items written as N: it is 4, and 2 on processors without AVX.
std::string dump_vectors(const std::string& text) {
    return std::regex_replace(dump_cpu(ir::parse(text), {}, Dump::OptimizedLlvmIr), std::regex(R"(<\d+ x|v\d+f64)"),
                              "<N x");
}

std::string dump(const std::string& text, Dump what = Dump::OptimizedLlvmIr, const Options& options = {}) {
    return dump_cpu(ir::parse(text), options, what);
}

constexpr const char* kLine = R"(function "line" (input 0: f64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = const 3.0 : f64
  %2 = fmul %0 %1 : f64
  %3 = const 1.0 : f64
  %4 = fadd %2 %3 : f64
  return 0 (%4)
)";

// A guard, a branch and several outputs, as `(z if z < t else z - t, x) with z = x / y` makes them.
constexpr const char* kBranching =
    R"(function "branching" (input 0: f64, input 1: f64, uniform 0: f64) -> (slot 0: f64, slot 1: f64)
  variant 0: tuple[float, float] origins (0 0 0) slots (0 1)
block 0:
  %0 = input 0 : f64
  %1 = input 1 : f64
  %2 = uniform 0 : f64
  %3 = const 0.0 : f64
  %4 = fne %1 %3 : bool
  guard %4
  %5 = fdiv %0 %1 : f64
  %6 = flt %5 %2 : bool
  branch %6 block 1() else block 2()
block 1:
  %7 = fmul %5 %5 : f64
  jump block 3(%7)
block 2:
  %8 = fsub %5 %2 : f64
  jump block 3(%8)
block 3(%9: f64):
  return 0 (%9, %0)
)";

TEST(CodegenText, LinesBecomeVectors) {
    const std::string text = dump_vectors(kLine);
    EXPECT_TRUE(contains(text, "fmul <N x double>"));
    EXPECT_TRUE(contains(text, "store <N x double>"));
}

TEST(CodegenText, GuardsAndBranchesBecomeVectors) {
    const std::string text = dump_vectors(kBranching);
    EXPECT_TRUE(contains(text, "fdiv <N x double>"));
    EXPECT_TRUE(contains(text, "select <N x i1>"));
    EXPECT_TRUE(contains(text, "or <N x i"));  // the marks
}

TEST(CodegenText, CheckedSumsBecomeVectors) {
    const std::string text = dump_vectors(R"(function "sums" (input 0: i64, input 1: i64) -> (slot 0: i64, slot 1: i64)
  variant 0: tuple[int, int] origins (0 0 0) slots (0 1)
block 0:
  %0 = input 0 : i64
  %1 = input 1 : i64
  %2 = iadd.checked %0 %1 : i64
  %3 = isub.checked %0 %1 : i64
  return 0 (%2, %3)
)");
    EXPECT_TRUE(contains(text, "add <N x i64>"));
    EXPECT_TRUE(contains(text, "sub <N x i64>"));
}

// Marks of several kinds, and one path that always hands back.
TEST(CodegenText, ManyMarksBecomeVectors) {
    if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "vectors of two do not pay here";
    const std::string text = dump_vectors(R"(function "marks" (input 0: f64, input 1: i64) -> (slot 0: f64, slot 1: i64)
  variant 0: tuple[float, int] origins (0 0 0) slots (0 1)
  hand_back 0: raises "ValueError"
block 0:
  %0 = input 0 : f64
  %1 = input 1 : i64
  %2 = const 1.0 : f64
  %3 = const 12 : i64
  %4 = fle %0 %2 : bool
  guard %4
  %5 = fsqrt %0 : f64
  %6 = feq %5 %5 : bool
  guard %6
  %7 = imul.checked %1 %3 : i64
  %8 = isub.checked %7 %3 : i64
  %9 = ilt %8 %3 : bool
  branch %9 block 1() else block 2()
block 1:
  return 0 (%5, %8)
block 2:
  hand_back 0
)");
    EXPECT_TRUE(contains(text, "@llvm.sqrt.<N x"));
    EXPECT_TRUE(contains(text, "mul <N x i64>"));
    EXPECT_TRUE(contains(text, "store <N x i64>"));
}

TEST(CodegenText, VariantsBecomeVectors) {
    if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "vectors of two do not pay here";
    const std::string text =
        dump_vectors(R"(function "variants" (input 0: f64) -> (slot 0: bool, slot 1: f64, slot 2: i64)
  variant 0: float origins (0) slots (1)
  variant 1: int origins (0) slots (2)
block 0:
  %0 = input 0 : f64
  %1 = const 0.0 : f64
  %2 = flt %0 %1 : bool
  branch %2 block 1() else block 2()
block 1:
  %3 = const 0 : i64
  return 1 (%3)
block 2:
  %4 = fsqrt %0 : f64
  return 0 (%4)
)");
    EXPECT_TRUE(contains(text, "store <N x i8>"));
    EXPECT_TRUE(contains(text, "@llvm.sqrt.<N x"));
}

TEST(CodegenText, RawIrIsScalar) {
    const std::string text = dump(kLine, Dump::LlvmIr);
    EXPECT_TRUE(contains(text, "fmul double"));
    EXPECT_FALSE(contains(text, "x double>"));
    EXPECT_TRUE(contains(text, "define i32 @pp_kernel(ptr %arguments, i64 %begin, i64 %end)"));
}

TEST(CodegenText, AssemblyDividesVectors) {
    const std::string text = dump(kBranching, Dump::Assembly);
    EXPECT_TRUE(contains(text, "divpd"));
    EXPECT_TRUE(contains(text, "pp_kernel:"));
}

TEST(CodegenText, FloatsAreTakenLiterally) {
    for (const char* const liberty : {"fast", "nnan", "ninf", "nsz", "reassoc", "contract", "arcp", "afn"})
        EXPECT_FALSE(contains(dump(kLine, Dump::LlvmIr), liberty + std::string(" double")));
    EXPECT_FALSE(contains(dump(kLine, Dump::Assembly), "fmadd"));
}

TEST(CodegenText, FastMathKeepsNanAndSigns) {
    const std::string text = dump(kLine, Dump::LlvmIr, {.fast_math = true});
    EXPECT_TRUE(contains(text, "fmul reassoc arcp contract double"));
    EXPECT_TRUE(contains(text, "fadd reassoc arcp contract double"));
}

TEST(CodegenText, MathFunctionsStayUnknownToLlvm) {
    const std::string text = dump(R"(function "calls" (input 0: f64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = const 2.0 : f64
  %2 = call pow %0 %1 : f64
  %3 = call exp %1 : f64
  %4 = fadd %2 %3 : f64
  return 0 (%4)
)");
    EXPECT_TRUE(contains(text, "@pp_libm_pow"));  // not x * x
    EXPECT_TRUE(contains(text, "@pp_libm_exp"));  // not folded
}

TEST(CodegenText, EveryDumpIsRepeatable) {
    for (const Dump what : {Dump::LlvmIr, Dump::OptimizedLlvmIr, Dump::Assembly})
        EXPECT_EQ(dump(kBranching, what), dump(kBranching, what));
}

size_t count(const std::string& text, const std::string& part) {
    size_t found = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

// `s if a else t if b else t` and so on, by either side of either select: one select, its condition made of theirs.
TEST(CodegenText, SelectsOfOneValueAreCombined) {
    for (const std::string inner : {"%5 %3 %4", "%5 %4 %3"}) {
        for (const std::string outer : {"%6 %7 %3", "%6 %3 %7", "%6 %7 %4", "%6 %4 %7"}) {
            const std::string text =
                "function \"chain\" (input 0: f64, input 1: f64, input 2: f64, input 3: f64) -> (slot 0: f64)\n"
                "  variant 0: float origins (0) slots (0)\nblock 0:\n"
                "  %0 = input 0 : f64\n  %1 = input 1 : f64\n  %2 = const 0.0 : f64\n"
                "  %3 = input 2 : f64\n  %4 = input 3 : f64\n"
                "  %5 = flt %0 %2 : bool\n  %6 = flt %1 %2 : bool\n"
                "  %7 = select " +
                inner + " : f64\n  %8 = select " + outer + " : f64\n  return 0 (%8)\n";
            const std::string optimized = dump(text);
            // One in the loop over vectors, one for the elements that are left.
            EXPECT_EQ(count(optimized, " = select "), 2u) << optimized;
            EXPECT_EQ(count(optimized, ", i1 "), 0u) << "selects of conditions in\n" << optimized;
        }
    }
}

}  // namespace
}  // namespace pp::codegen::testing
