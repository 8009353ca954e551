/// Kernels for GPUs, as text: exact instructions, parameters in order, and accepted by NVIDIA's assembler.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "codegen_testing.h"

namespace pp::codegen::testing {
namespace {

constexpr const char* kExact =
    R"(function "exact" (input 0: f64, input 1: f64, uniform 0: f64) -> (slot 0: f64, slot 1: f64)
  variant 0: tuple[float, float] origins (0 0 0) slots (0 1)
block 0:
  %0 = input 0 : f64
  %1 = input 1 : f64
  %2 = uniform 0 : f64
  %3 = fmul %0 %1 : f64
  %4 = fadd %3 %2 : f64
  %5 = fsub %3 %2 : f64
  %6 = fdiv %4 %5 : f64
  %7 = fsqrt %6 : f64
  return 0 (%4, %7)
)";

// Every type of input, output and uniform, checked integers, variants, a loop.
constexpr const char* kEverything =
    R"(function "everything" (input 0: i64, input 1: bool, input 2: f64, uniform 0: i64, uniform 1: bool) -> (slot 0: bool, slot 1: i64, slot 2: f64, slot 3: bool, slot 4: i32)
  variant 0: tuple[int, float, bool] origins (-1 0 0 0) slots (1 2 3 4)
  variant 1: None origins (0) slots ()
  hand_back 0: raises "ValueError"
block 0:
  %0 = input 0 : i64
  %1 = input 1 : bool
  %2 = input 2 : f64
  %3 = uniform 0 : i64
  %4 = uniform 1 : bool
  %5 = const 1 : i64
  jump block 1(%0, %2)
block 1(%10: i64, %11: f64):
  %12 = ilt %10 %3 : bool
  branch %12 block 2() else block 3()
block 2:
  %20 = imul.checked %10 %10 : i64
  %21 = iadd.checked %20 %5 : i64
  %22 = isub.checked %21 %3 : i64
  %23 = call sin %11 : f64
  %24 = call fmod %23 %2 : f64
  %25 = ffma %24 %24 %11 : f64
  %26 = froundeven %25 : f64
  guard %1
  %27 = ipopcount %22 : i64
  %28 = iclz %27 : i64
  %29 = iadd %10 %28 : i64
  jump block 1(%29, %26)
block 3:
  branch %4 block 4() else block 5()
block 4:
  %30 = const 3 : i32
  return 0 (%10, %11, %1, %30)
block 5:
  branch %1 block 6() else block 7()
block 6:
  return 1 ()
block 7:
  hand_back 0
)";

// Every operation on memory.
constexpr const char* kMemory =
    R"(function "memory" (input 0: i64, input 1: i64) -> (slot 0: i64, slot 1: i64, slot 2: bool, slot 3: f64)
  variant 0: tuple[int, int, bool, float] origins (0 0 0 0 0) slots (0 1 2 3)
  data 0: x6162e9
  data 1: x
block 0:
  %0 = input 0 : i64
  %1 = input 1 : i64
  %2 = data 0 : i64
  %3 = data 1 : i64
  %4 = const 3 : i64
  %5 = order 1 4 %2 %0 %4 : i64
  %6 = const 1 : i64
  %7 = order 1 1 %2 %3 %6 : i64
  %8 = reserve %1 : i64
  copy 4 1 %8 %2 %4
  copy 1 1 %8 %2 %4
  copy 4 4 %8 %0 %1
  %9 = extend %8 %4 %1 : i64
  %10 = const true : bool
  store 1 %9 %4 %10
  %11 = load 1 %9 %4 : bool
  %12 = const 8 : i64
  store 8 %9 %12 %7
  %13 = load 8 %9 %12 : f64
  %14 = load 4 %9 %12 : i64
  %15 = iadd %14 %5 : i64
  return 0 (%9, %15, %11, %13)
)";

size_t count(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    return static_cast<size_t>(std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

std::string ptx(const std::string& text, int sm = 75, const Options& options = {}) {
    const PtxKernel kernel = compile_ptx(ir::parse(text), sm, options);
    EXPECT_GT(kernel.compile_milliseconds, 0);
    return kernel.ptx;
}

TEST(CodegenPtx, RoundsEveryOperation) {
    const std::string text = ptx(kExact);
    EXPECT_EQ(count(text, R"(mul\.rn\.f64)"), 1u) << text;
    EXPECT_EQ(count(text, R"(add\.rn\.f64)"), 1u) << text;
    EXPECT_EQ(count(text, R"(sub\.rn\.f64)"), 1u) << text;
    EXPECT_EQ(count(text, R"(div\.rn\.f64)"), 1u) << text;
    EXPECT_EQ(count(text, R"(sqrt\.rn\.f64)"), 1u) << text;
    EXPECT_EQ(count(text, R"(fma)"), 0u) << text;
    // Without a rounding mode ptxas may fuse.
    EXPECT_EQ(count(text, R"((mul|add|sub)\.f64)"), 0u) << text;
}

TEST(CodegenPtx, TellsNothingWhereNothingIsHandedBack) {
    const std::string stores = R"(st\.global)";
    EXPECT_EQ(count(ptx(kExact), stores), 2u) << "its two results";
    EXPECT_GT(count(ptx(kEverything), stores), 5u) << "and the flags, and the verdict";
    const CudaLeaf wide{8, 8, false, true};
    const CudaLayout narrow{{wide, wide}, {{0, wide}, {1, {4, 4, false, true}}}};
    const std::string text = compile_ptx(ir::parse(kExact), 75, {}, &narrow).ptx;
    EXPECT_EQ(count(text, stores), 4u) << "what does not fit is handed back";
}

TEST(CodegenPtx, StoresIntsAsTheColumnHasThem) {
    constexpr const char* kNext = R"(function "next" (input 0: i64) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  %1 = const 1 : i64
  %2 = ixor %0 %1 : i64
  return 0 (%2)
)";
    const auto stored = [&](const CudaLeaf& leaf) {
        const CudaLayout layout{{{8, 8, true, false}}, {{0, leaf}}};
        return compile_ptx(ir::parse(kNext), 75, {}, &layout).ptx;
    };
    EXPECT_EQ(count(stored({8, 8, true, false}), R"(st\.global)"), 1u) << "nothing is to be told";
    for (const uint8_t bytes : {1, 2, 4}) {
        for (const bool is_signed : {false, true}) {
            const std::string text = stored({bytes, bytes, is_signed, false});
            EXPECT_GE(count(text, R"(st\.global\.[bu])" + std::to_string(8 * bytes)), 1u) << text;
            EXPECT_EQ(count(text, R"(st\.global)"), 3u) << "what does not fit is handed back";
        }
    }
    EXPECT_EQ(count(stored({8, 8, false, false}), R"(st\.global)"), 3u) << "negative numbers are";
    EXPECT_EQ(count(stored({4, 4, false, true}), R"(cvt\.rn\.f32\.s64)"), 1u) << "rounded once";
    EXPECT_EQ(count(stored({8, 8, false, true}), R"(cvt\.rn\.f64\.s64)"), 1u);
    EXPECT_EQ(count(stored({4, 4, false, true}), R"(st\.global)"), 1u) << "every int fits";
}

TEST(CodegenPtx, FastMathFuses) {
    EXPECT_GE(count(ptx(kExact, 75, {.fast_math = true}), R"(fma\.rn\.f64)"), 1u);
}

TEST(CodegenPtx, TakesParametersInTheOrderOfTheAbi) {
    const std::string text = ptx(kEverything);
    EXPECT_EQ(count(text, R"(\.visible \.entry pp_kernel\()"), 1u);
    // 3 inputs, 5 outputs, 2 uniforms, flags, the word for all, the count.
    EXPECT_EQ(count(text, R"(\.param \.u64 )"), 3u + 5 + 2 + kCudaTrailingParameters) << text;
    EXPECT_EQ(count(text, R"(\.param \.u64 pp_kernel_param_(8|9|12)\b)"), 3u) << text;
    EXPECT_EQ(count(text, R"(\.param \.u64 \.ptr \.global [^,]*pp_kernel_param_(10|11),)"), 2u) << text;
    EXPECT_TRUE(compile_ptx(ir::parse(kEverything), 75, {}).has_loops);
    EXPECT_FALSE(compile_ptx(ir::parse(kExact), 75, {}).has_loops);
}

TEST(CodegenPtx, MemoryComesLast) {
    const std::string text = ptx(kMemory);
    // 2 inputs, 4 outputs, flags, the verdict, the count, the heap.
    EXPECT_EQ(count(text, R"(\.param \.u64 )"
                          ".*pp_kernel_param_"),
              2u + 4 + kCudaTrailingParameters + 1)
        << text;
    EXPECT_EQ(count(text, R"(\.param \.u64 \.ptr \.global [^,]*pp_kernel_param_9\b)"), 1u) << text;
}

TEST(CodegenPtx, ConstantsAreVariablesWithNames) {
    const std::string text = ptx(kMemory);
    EXPECT_EQ(count(text, R"(\.visible \.global \.align 8 \.b8 pp_data_0\[4\])"), 1u) << text;
    EXPECT_EQ(count(text, R"(\.visible \.global \.align 8 \.b8 pp_data_1)"), 1u) << text;
}

TEST(CodegenPtx, LinksWhatItNeedsOfTheDeviceLibrary) {
    const std::string text = ptx(kEverything);
    EXPECT_EQ(count(text, R"(\.extern)"), 0u) << text;
    EXPECT_EQ(count(text, R"(__nv_)"), 0u) << text;  // inlined
    EXPECT_EQ(count(ptx(kExact), R"(\.func)"), 0u);
}

TEST(CodegenPtx, ChoosesTheOldestVersionThatWillDo) {
    const auto header = [](int sm) {
        std::smatch match;
        const std::string text = ptx(kExact, sm);
        EXPECT_TRUE(std::regex_search(text, match, std::regex(R"(\.version (\S+)\s+\.target (\w+))")));
        return match[1].str() + " " + match[2].str();
    };
    EXPECT_EQ(header(75), "6.3 sm_75");
    EXPECT_EQ(header(80), "7.0 sm_80");
    EXPECT_EQ(header(90), "7.8 sm_90");
    EXPECT_EQ(header(100), "8.6 sm_100");
    EXPECT_EQ(header(88), "7.4 sm_87");  // unknown here: the next lower one runs there too
    EXPECT_EQ(header(999), header(121));
}

std::string device_function(ir::MathFunction function) {
    const ir::MathInfo& info = ir::math_info(function);
    return std::string("function \"call\" (input 0: f64, input 1: f64) -> (slot 0: f64)\n"
                       "  variant 0: float origins (0) slots (0)\n"
                       "block 0:\n  %0 = input 0 : f64\n  %1 = input 1 : f64\n  %2 = call ") +
           info.name + (info.arity == 1 ? " %0" : " %0 %1") + " : f64\n  return 0 (%2)\n";
}

constexpr ir::MathFunction kMathFunctions[] = {
#define PP_MATH(name, libm, arity, check, libdevice, ulp) ir::MathFunction::name,
#include "ir/math_functions.inc"
#undef PP_MATH
};

TEST(CodegenPtx, KnowsEveryMathFunction) {
    for (const ir::MathFunction function : kMathFunctions)
        EXPECT_EQ(count(ptx(device_function(function)), R"(\.extern|__nv_)"), 0u) << ir::math_info(function).name;
}

class Assembler : public ::testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(kPath)) GTEST_SKIP() << "no ptxas at " << kPath;
    }

    static int assemble(const std::string& text, int sm) {
        const std::filesystem::path file =
            std::filesystem::temp_directory_path() / ("pp_codegen_" + std::to_string(getpid()) + ".ptx");
        std::ofstream(file) << text;
        const std::string command =
            std::string(kPath) + " -arch=sm_" + std::to_string(sm) + " -o /dev/null " + file.string();
        const int status = std::system(command.c_str());
        std::filesystem::remove(file);
        return status;
    }

    static constexpr const char* kPath = PP_CUDA_ROOT "/bin/ptxas";
};

TEST_F(Assembler, AcceptsEveryCapability) {
    for (const int sm : {75, 80, 86, 87, 89, 90, 100, 103, 120, 121})
        EXPECT_EQ(assemble(ptx(kEverything, sm), sm) + assemble(ptx(kMemory, sm), sm), 0) << sm;
}

TEST_F(Assembler, AcceptsEveryMathFunction) {
    for (const ir::MathFunction function : kMathFunctions)
        EXPECT_EQ(assemble(ptx(device_function(function)), 75), 0) << ir::math_info(function).name;
}

TEST_F(Assembler, RejectsNonsense) {
    ::testing::internal::CaptureStderr();
    EXPECT_NE(assemble("nonsense", 75), 0);
    EXPECT_NE(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace pp::codegen::testing
