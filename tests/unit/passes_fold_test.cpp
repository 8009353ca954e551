/// Folding of constants, identities of single operations, ranges of ints.
#include <bit>
#include <cmath>
#include <limits>

#include "passes/fold.h"
#include "passes/ranges.h"
#include "passes/simplify_values.h"
#include "passes_testing.h"

namespace pp::passes {
namespace {

using ir::Op;
using ir::Type;

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kGreatest = std::numeric_limits<int64_t>::max();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

uint64_t bits(double value) {
    return std::bit_cast<uint64_t>(value);
}
uint64_t bits(int64_t value) {
    return static_cast<uint64_t>(value);
}
uint64_t bits(bool value) {
    return value;
}

template <typename... Operands> Folded folded(Op op, Operands... operands) {
    const uint64_t constants[] = {bits(operands)...};
    ir::Value value;
    value.op = op;
    value.operand_count = sizeof...(operands);
    return fold(value, constants);
}

template <typename Result, typename... Operands> void expect_folds(Result result, Op op, Operands... operands) {
    const Folded actual = folded(op, operands...);
    EXPECT_EQ(actual.what, Folded::What::Constant) << ir::op_text(op);
    EXPECT_EQ(actual.bits, bits(result)) << ir::op_text(op);
}

template <typename... Operands> void expect_stays(Op op, Operands... operands) {
    EXPECT_EQ(folded(op, operands...).what, Folded::What::Nothing) << ir::op_text(op);
}

template <typename... Operands> void expect_fails(Op op, Operands... operands) {
    EXPECT_EQ(folded(op, operands...).what, Folded::What::Failure) << ir::op_text(op);
}

TEST(Fold, FloatsExactly) {
    expect_folds(0.1 + 0.2, Op::FAdd, 0.1, 0.2);
    expect_folds(-0.0, Op::FMul, 0.0, -1.0);
    expect_folds(kInfinity, Op::FDiv, 1.0, 0.0);
    expect_folds(std::sqrt(2.0), Op::FSqrt, 2.0);
    expect_folds(2.0, Op::FRoundEven, 2.5);
    expect_folds(-0.0, Op::FRoundEven, -0.5);
    expect_folds(-3.0, Op::FFloor, -2.5);
    expect_folds(-2.0, Op::FCeil, -2.5);
    expect_folds(-2.0, Op::FTrunc, -2.5);
    expect_folds(std::fma(0.1, 10.0, -1.0), Op::FFma, 0.1, 10.0, -1.0);
    expect_folds(false, Op::FEq, kNan, kNan);
    expect_folds(true, Op::FNe, kNan, kNan);
    expect_folds(true, Op::FEq, 0.0, -0.0);
    expect_folds(false, Op::FLe, kNan, 1.0);
    expect_folds(true, Op::FLt, -kInfinity, 1.0);
}

TEST(Fold, LeavesFloatsWhoseBitsAreTheProcessorsChoice) {
    expect_stays(Op::FSub, kInfinity, kInfinity);
    expect_stays(Op::FDiv, 0.0, 0.0);
    expect_stays(Op::FAdd, kNan, 1.0);
    expect_stays(Op::FSqrt, -1.0);
}

TEST(Fold, MovesBitsOfFloats) {
    expect_folds(-kNan, Op::FNeg, kNan);
    expect_folds(kNan, Op::FAbs, -kNan);
    expect_folds(-1.5, Op::FCopySign, 1.5, -0.0);
    expect_folds(std::bit_cast<int64_t>(1.0), Op::FloatBits, 1.0);
    expect_folds(1.0, Op::BitsFloat, std::bit_cast<int64_t>(1.0));
}

TEST(Fold, Conversions) {
    expect_folds(int64_t{-2}, Op::FloatToInt, -2.9);
    expect_folds(kLeast, Op::FloatToInt, -0x1p63);
    expect_stays(Op::FloatToInt, 0x1p63);
    expect_stays(Op::FloatToInt, kNan);
    expect_folds(0x1p63, Op::IntToFloat, kGreatest);
    expect_folds(int64_t{1}, Op::BoolToInt, true);
}

TEST(Fold, Ints) {
    expect_folds(kLeast, Op::IAdd, kGreatest, int64_t{1});
    expect_folds(int64_t{-6}, Op::IMulChecked, int64_t{2}, int64_t{-3});
    expect_fails(Op::IAddChecked, kGreatest, int64_t{1});
    expect_fails(Op::ISubChecked, kLeast, int64_t{1});
    expect_fails(Op::IMulChecked, kLeast, int64_t{-1});
    expect_folds(int64_t{-3}, Op::IDiv, int64_t{-7}, int64_t{2});
    expect_folds(int64_t{-1}, Op::IRem, int64_t{-7}, int64_t{2});
    expect_stays(Op::IDiv, int64_t{1}, int64_t{0});
    expect_stays(Op::IDiv, kLeast, int64_t{-1});
    expect_stays(Op::IRem, kLeast, int64_t{-1});
    expect_folds(kLeast, Op::IShl, int64_t{1}, int64_t{63});
    expect_folds(int64_t{-1}, Op::IShr, kLeast, int64_t{63});
    expect_stays(Op::IShl, int64_t{1}, int64_t{64});
    expect_stays(Op::IShr, int64_t{1}, int64_t{-1});
    expect_folds(int64_t{64}, Op::IPopcount, int64_t{-1});
    expect_folds(int64_t{64}, Op::IClz, int64_t{0});
    expect_folds(true, Op::ILt, int64_t{-1}, int64_t{0});
    expect_folds(true, Op::ILe, kLeast, kLeast);
    expect_folds(int64_t{6}, Op::IXor, int64_t{5}, int64_t{3});
}

TEST(Fold, BoolsAndGuards) {
    expect_folds(false, Op::BNot, true);
    expect_folds(true, Op::BXor, true, false);
    expect_folds(2.5, Op::Select, false, 1.5, 2.5);
    expect_fails(Op::Guard, false);
    EXPECT_EQ(folded(Op::Guard, true).what, Folded::What::Constant);
}

TEST(Fold, LeavesFunctionsAndPythonsOperations) {
    expect_stays(Op::CallMath, 1.0);
    expect_stays(Op::PyMath, 1.0);
    expect_stays(Op::PyIntFloorDiv, int64_t{7}, int64_t{2});
    expect_stays(Op::PyFloatMod, 7.0, 2.0);
}

/// What one operation of %0 (f64), %1 (i64), %2 (bool) and some constants becomes, as text.
std::string reduced(const std::string& operation, const std::string& type) {
    const std::string head = "function \"f\" (input 0: f64, input 1: i64, input 2: bool) -> (slot 0: " + type + ")\n";
    const std::string kind = type == "f64" ? "float" : type == "i64" ? "int" : "bool";
    ir::Function function = ir::parse(head + "  variant 0: " + kind + R"( origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = input 1 : i64
  %2 = input 2 : bool
  %10 = const 0 : i64
  %11 = const 1 : i64
  %12 = const -1 : i64
  %13 = const true : bool
  %14 = const false : bool
  %15 = bnot %2 : bool
  %16 = fneg %0 : f64
  %17 = b2i %2 : i64
)" + operation + " : " + type + "\n  return 0 (%20)\n");
    reuse_values(function);
    remove_dead_values(function);
    ir::verify(function);
    const std::string text = ir::print(function);
    return text.substr(text.find("block 0:\n") + 9);
}

TEST(Identities, OfInts) {
    const std::string x = "  %0 = input 1 : i64\n  return 0 (%0)\n";
    const std::string zero = "  %0 = const 0 : i64\n  return 0 (%0)\n";
    for (const char* same : {"iadd %1 %10", "iadd %10 %1", "iadd.checked %10 %1", "isub.checked %1 %10", "imul %11 %1",
                             "imul.checked %1 %11", "ior %1 %10", "iand %1 %12", "ixor %10 %1", "ishl %1 %10",
                             "ishr %1 %10", "idiv %1 %11", "iand %1 %1", "ior %1 %1", "select %2 %1 %1"}) {
        EXPECT_EQ(reduced(std::string("  %20 = ") + same, "i64"), x) << same;
    }
    for (const char* none : {"imul %1 %10", "imul.checked %10 %1", "iand %1 %10", "isub %1 %1", "isub.checked %1 %1",
                             "ixor %1 %1", "irem %1 %11"}) {
        EXPECT_EQ(reduced(std::string("  %20 = ") + none, "i64"), zero) << none;
    }
    EXPECT_EQ(reduced("  %20 = ior %1 %12", "i64"), "  %0 = const -1 : i64\n  return 0 (%0)\n");
    EXPECT_EQ(reduced("  %20 = isub %10 %1", "i64"),
              "  %0 = input 1 : i64\n  %1 = const 0 : i64\n  %2 = isub %1 %0 : i64\n  return 0 (%2)\n");
}

TEST(Identities, OfBools) {
    const std::string x = "  %0 = input 2 : bool\n  return 0 (%0)\n";
    const std::string negated = "  %0 = input 2 : bool\n  %1 = bnot %0 : bool\n  return 0 (%1)\n";
    for (const char* same : {"band %2 %13", "bor %14 %2", "bxor %2 %14", "band %2 %2", "bnot %15", "select %2 %13 %14",
                             "ieq %17 %11", "ine %17 %10", "select %15 %14 %13"}) {
        EXPECT_EQ(reduced(std::string("  %20 = ") + same, "bool"), x) << same;
    }
    for (const char* opposite : {"bxor %2 %13", "select %2 %14 %13", "ieq %10 %17", "ine %17 %11"}) {
        EXPECT_EQ(reduced(std::string("  %20 = ") + opposite, "bool"), negated) << opposite;
    }
    EXPECT_EQ(reduced("  %20 = ieq %1 %1", "bool"), "  %0 = const true : bool\n  return 0 (%0)\n");
    EXPECT_EQ(reduced("  %20 = ilt %1 %1", "bool"), "  %0 = const false : bool\n  return 0 (%0)\n");
}

TEST(Identities, OfFloatsOnlyWhereBitsAreMoved) {
    const std::string x = "  %0 = input 0 : f64\n  return 0 (%0)\n";
    EXPECT_EQ(reduced("  %20 = fneg %16", "f64"), x);
    EXPECT_EQ(reduced("  %20 = fabs %16", "f64"), "  %0 = input 0 : f64\n  %1 = fabs %0 : f64\n  return 0 (%1)\n");
    for (const char* kept : {"fsub %0 %0", "fdiv %0 %0"}) {
        const std::string text = reduced(std::string("  %20 = ") + kept, "f64");
        EXPECT_NE(text.find(std::string(kept).substr(0, 4)), std::string::npos) << text;
    }
    EXPECT_NE(reduced("  %20 = feq %0 %0", "bool").find("feq"), std::string::npos);
}

TEST(Identities, NegatedComparisons) {
    EXPECT_EQ(reduced("  %19 = ilt %1 %10 : bool\n  %20 = bnot %19", "bool"),
              "  %0 = input 1 : i64\n  %1 = const 0 : i64\n  %2 = ile %1 %0 : bool\n  return 0 (%2)\n");
    EXPECT_EQ(reduced("  %19 = feq %0 %16 : bool\n  %20 = bnot %19", "bool"),
              "  %0 = input 0 : f64\n  %1 = fneg %0 : f64\n  %2 = fne %0 %1 : bool\n  return 0 (%2)\n");
    EXPECT_NE(reduced("  %19 = flt %0 %16 : bool\n  %20 = bnot %19", "bool").find("bnot"), std::string::npos);
}

/// The only int of the text that is not a constant or input: whether its check is found needless.
bool always_fits(const std::string& operations) {
    const ir::Function function = ir::parse(R"(function "f" (input 0: i64, input 1: bool) -> ()
  hand_back 0: raises ""
block 0:
  %0 = input 0 : i64
  %1 = input 1 : bool
  %2 = b2i %1 : i64
  %3 = const 10 : i64
  %4 = const 4611686018427387904 : i64
)" + operations + "  hand_back 0\n");
    Ranges ranges(function);
    for (ir::ValueId id : function.blocks[0].body) {
        ranges.note(id);
    }
    return ranges.always_fits(function.values[function.blocks[0].body.back()]);
}

TEST(Ranges, TellWhichChecksAreNeedless) {
    EXPECT_TRUE(always_fits("  %5 = iadd.checked %2 %2 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = imul.checked %2 %4 : i64\n"));
    EXPECT_FALSE(always_fits("  %5 = iadd.checked %0 %2 : i64\n"));
    EXPECT_FALSE(always_fits("  %5 = iadd.checked %4 %4 : i64\n"));
    EXPECT_FALSE(always_fits("  %5 = isub.checked %2 %0 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = irem %0 %3 : i64\n  %6 = imul.checked %5 %5 : i64\n"));
    EXPECT_FALSE(always_fits("  %5 = irem %0 %2 : i64\n  %6 = imul.checked %5 %5 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = idiv %2 %3 : i64\n  %6 = isub.checked %4 %5 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = idiv %0 %3 : i64\n  %6 = iadd.checked %5 %5 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = idiv %0 %3 : i64\n  %6 = imul.checked %5 %3 : i64\n"));
    EXPECT_FALSE(always_fits("  %5 = idiv %0 %2 : i64\n  %6 = iadd.checked %5 %5 : i64\n"));
    EXPECT_FALSE(always_fits("  %5 = const 1 : i64\n  %6 = idiv %0 %5 : i64\n  %7 = iadd.checked %6 %5 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = ishr %0 %3 : i64\n  %6 = imul.checked %5 %3 : i64\n"));
    EXPECT_FALSE(always_fits("  %5 = ishr %0 %2 : i64\n  %6 = iadd.checked %5 %2 : i64\n"));
    EXPECT_FALSE(always_fits("  %5 = ishr %0 %0 : i64\n  %6 = iadd.checked %5 %2 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = iand %0 %3 : i64\n  %6 = iadd.checked %5 %4 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = ior %2 %3 : i64\n  %6 = imul.checked %5 %3 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = select %1 %2 %3 : i64\n  %6 = isub.checked %5 %4 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = ipopcount %0 : i64\n  %6 = iclz %0 : i64\n  %7 = imul.checked %5 %6 : i64\n"));
    EXPECT_TRUE(always_fits("  %5 = iadd.checked %0 %4 : i64\n  %6 = isub.checked %5 %4 : i64\n"));
}

}  // namespace
}  // namespace pp::passes
