/// The builder and the text form: what is built prints as expected, what is printed reads back.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "ir/ir.h"

namespace pp::ir {
namespace {

constexpr const char* kExample =
    R"(function "wave" (input 0: f64, input 1: i64, uniform 0: f64) -> (slot 0: bool, slot 1: f64, slot 2: i64, slot 3: i32)
  variant 0: tuple[float, int] origins (0 -1 3) slots (1 2 3)
  variant 1: None origins (0) slots ()
  hand_back 0: unsupported "'yield' has no compiled form"
  hand_back 1: raises "ValueError"
block 0:
  %0 = input 0 : f64
  %1 = input 1 : i64
  %2 = uniform 0 : f64
  %3 = fadd %0 %2 : f64
  %4 = call sin %3 : f64
  %5 = py.math pow %4 %3 : f64
  %6 = py.compare.int.float le %1 %5 : bool
  guard %6
  branch %6 block 1(%5, %1) else block 2()
block 1(%7: f64, %8: i64):
  %9 = const 2 : i32
  %10 = const 0 : i32
  %11 = select %6 %9 %10 : i32
  return 0 (%7, %8, %11)
block 2:
  %12 = const true : bool
  branch %12 block 3() else block 4()
block 3:
  return 1 ()
block 4:
  hand_back 1
)";

std::string parse_error(const std::string& text) {
    try {
        parse(text);
    } catch (const InternalError& error) {
        return error.what();
    }
    return "no error";
}

TEST(IrText, ReadsBackWhatItPrints) {
    EXPECT_EQ(print(parse(kExample)), kExample);
}

TEST(IrText, ExampleIsSound) {
    EXPECT_NO_THROW(verify(parse(kExample)));
}

TEST(IrText, NumbersValuesByPlace) {
    const Function function = parse(R"(function "f" (input 0: f64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %70 = input 0 : f64
  jump block 2(%70)
block 1:
  return 0 (%4)
block 2(%9: f64):
  %4 = fneg %9 : f64
  jump block 1()
)");
    EXPECT_EQ(print(function), R"(function "f" (input 0: f64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  jump block 2(%0)
block 1:
  return 0 (%2)
block 2(%1: f64):
  %2 = fneg %1 : f64
  jump block 1()
)");
}

TEST(IrText, BuilderMakesTheSameFunction) {
    Function built;
    built.name = "add";
    built.inputs = {Type::F64};
    built.uniforms = {Type::I64};
    built.outputs = {Type::F64, Type::I32};
    built.variants = {{float_kind(), {kDynamicOrigin}, {0, 1}}};
    built.hand_backs = {{"first line\nsecond line", false, {}}};
    Builder builder(built);
    const BlockId entry = builder.add_block();
    const BlockId done = builder.add_block();
    const BlockId failed = builder.add_block();
    const ValueId result = builder.add_parameter(done, Type::F64);
    builder.set_block(entry);
    const ValueId x = builder.input(0);
    const ValueId n = builder.op(Op::IAddChecked, {builder.uniform(0), builder.constant(int64_t{-5})});
    const ValueId y = builder.math(Op::CallMath, MathFunction::Atan2, {x, builder.op(Op::IntToFloat, {n})});
    const ValueId test = builder.op(Op::FLt, {x, builder.constant(0.5)});
    builder.op(Op::Guard, {test});
    builder.branch(test, {done, {builder.op(Op::Select, {test, x, y})}}, {failed, {}});
    builder.set_block(done);
    builder.ret(0, {result, builder.origin(1)});
    builder.set_block(failed);
    builder.hand_back(0);
    EXPECT_NO_THROW(verify(built));
    EXPECT_EQ(print(built), R"(function "add" (input 0: f64, uniform 0: i64) -> (slot 0: f64, slot 1: i32)
  variant 0: float origins (-1) slots (0 1)
  hand_back 0: raises "first line"
block 0:
  %0 = input 0 : f64
  %1 = uniform 0 : i64
  %2 = const -5 : i64
  %3 = iadd.checked %1 %2 : i64
  %4 = i2f %3 : f64
  %5 = call atan2 %0 %4 : f64
  %6 = const 0.5 : f64
  %7 = flt %0 %6 : bool
  guard %7
  %8 = select %7 %0 %5 : f64
  branch %7 block 1(%8) else block 2()
block 1(%9: f64):
  %10 = const 1 : i32
  return 0 (%9, %10)
block 2:
  hand_back 0
)");
}

TEST(IrText, BuilderPutsSpansOnValues) {
    Function function;
    Builder builder(function);
    builder.set_block(builder.add_block());
    builder.set_span({3, 4, 3, 9});
    const ValueId value = builder.constant(true);
    EXPECT_EQ(function.values[value].span, (SourceSpan{3, 4, 3, 9}));
}

TEST(IrText, EveryOperationReadsBack) {
    const Op all[] = {
#define PP_OP(name, text, operands) Op::name,
#include "ir/ops.inc"
#undef PP_OP
    };
    Function function;
    function.name = "all";
    function.inputs = {Type::F64, Type::I64, Type::Bool};
    function.uniforms = {Type::F64};
    function.outputs = {Type::F64};
    function.variants = {{float_kind(), {kFresh}, {0}}};
    Builder builder(function);
    builder.set_block(builder.add_block());
    const ValueId x = builder.input(0);
    const ValueId n = builder.input(1);
    const ValueId b = builder.input(2);
    builder.uniform(0);
    auto operand = [&](Op op, int index) {
        const Type type = operand_type(op, index);
        return type == Type::F64 ? x : type == Type::I64 ? n : b;
    };
    for (Op op : all) {
        if (uses_memory(op)) {
            continue;  // MemoryReadsBack has these
        }
        if (op == Op::Item) {
            builder.item(Type::F64, {8, 24, 16}, n, n, n);
            continue;
        }
        switch (operand_count(op)) {
        case 0: break;
        case 1: builder.op(op, {operand(op, 0)}); break;
        case 2: builder.op(op, {operand(op, 0), operand(op, 1)}, op == Op::PyCompareIntFloat ? 5 : 0); break;
        case 3: builder.op(op, {operand(op, 0), operand(op, 1), operand(op, 2)}); break;
        default: builder.math(op, MathFunction::Erfc, {x}); break;
        }
    }
    builder.ret(0, {x});
    EXPECT_NO_THROW(verify(function));
    const std::string text = print(function);
    EXPECT_EQ(print(parse(text)), text);
    EXPECT_NO_THROW(verify(parse(text)));
}

TEST(IrText, ConstantsKeepTheirBits) {
    const double floats[] = {0.0,
                             -0.0,
                             0.1,
                             1e22,
                             1e300,
                             5e-324,
                             std::numeric_limits<double>::max(),
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN(),
                             -std::numeric_limits<double>::quiet_NaN(),
                             std::bit_cast<double>(uint64_t{0x7ff0000000000123}),
                             123456789.0,
                             -2.5};
    const int64_t ints[] = {0, -1, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
    Function function;
    Builder builder(function);
    builder.set_block(builder.add_block());
    for (double value : floats) {
        builder.constant(value);
    }
    for (int64_t value : ints) {
        builder.constant(value);
    }
    builder.constant(true);
    builder.constant(false);
    builder.origin(kFresh);
    builder.origin(12);
    function.hand_backs = {{"x", false, {}}};
    builder.hand_back(0);
    const Function read = parse(print(function));
    ASSERT_EQ(read.values.size(), function.values.size());
    for (size_t i = 0; i < read.values.size(); ++i) {
        EXPECT_EQ(read.values[i].immediate, function.values[i].immediate) << print(function);
        EXPECT_EQ(read.values[i].type, function.values[i].type);
    }
}

TEST(IrText, FloatsReadLikePython) {
    Function function;
    Builder builder(function);
    builder.set_block(builder.add_block());
    builder.constant(3.0);
    builder.constant(0.1);
    builder.constant(-0.0);
    const std::string text = print(function);
    EXPECT_NE(text.find("%0 = const 3.0 : f64"), std::string::npos) << text;
    EXPECT_NE(text.find("%1 = const 0.1 : f64"), std::string::npos) << text;
    EXPECT_NE(text.find("%2 = const -0.0 : f64"), std::string::npos) << text;
}

TEST(IrText, OddNamesReadBack) {
    Function function;
    function.name = "<lambda> \"quoted\" \\ \n(x";
    Builder builder(function);
    builder.set_block(builder.add_block());
    EXPECT_EQ(parse(print(function)).name, function.name);
}

TEST(IrText, ErrorsNameTheLine) {
    const std::string head = "function \"f\" () -> ()\n\nblock 0:\n";
    EXPECT_EQ(parse_error(head + "  %0 = frob : f64\n"), "IR text, line 4: unknown operation before ': f64'");
    EXPECT_EQ(parse_error(head + "  %0 = const 1 : f65\n"), "IR text, line 4: expected a type before ''");
    EXPECT_EQ(parse_error(head + "  guard %0\n  hand_back 0\n"), "IR text: %0 is used, but nowhere defined");
    EXPECT_EQ(parse_error(head + "  %0 = const true : bool\n  %0 = const true : bool\n"),
              "IR text, line 5: defined twice before '= const true : bool'");
    EXPECT_EQ(parse_error(head + "  hand_back 0 1\n"), "IR text, line 4: expected the end of the line before '1'");
    EXPECT_EQ(parse_error(head), "IR text: the last block has no end");
    EXPECT_EQ(parse_error(head + "  hand_back 0\n  %0 = const 1 : i64\n"),
              "IR text, line 5: expected a block before '%0 = const 1 : i64'");
    EXPECT_EQ(parse_error(head + "block 1:\n"), "IR text, line 4: expected the end of the block before '1:'");
    EXPECT_EQ(parse_error(head + "  hand_back 0\nblock 2:\n"), "IR text, line 5: expected number 1 before ':'");
}

TEST(IrText, MathTableIsWhole) {
    EXPECT_EQ(kMathFunctionCount, 28u);
    EXPECT_STREQ(math_info(MathFunction::Sin).name, "sin");
    EXPECT_EQ(math_info(MathFunction::Pow).arity, 2);
    EXPECT_EQ(math_info(MathFunction::Exp).check, MathCheck::Range);
    EXPECT_STREQ(math_info(MathFunction::Erfc).libdevice, "__nv_erfc");
}

TEST(IrText, OnlyOperationsThatCannotFailArePure) {
    EXPECT_FALSE(is_pure(Op::Guard));
    EXPECT_FALSE(is_pure(Op::IMulChecked));
    EXPECT_FALSE(is_pure(Op::PyFloatTrueDiv));
    EXPECT_FALSE(is_pure(Op::PyMath));
    EXPECT_TRUE(is_pure(Op::FDiv));
    EXPECT_TRUE(is_pure(Op::PyIntBitLength));
    EXPECT_TRUE(is_pure(Op::PyCompareIntFloat));
}

TEST(IrText, MemoryReadsBack) {
    const std::string text = R"(function "f" (input 0: i64, input 1: i64) -> (slot 0: i64, slot 1: i64)
  variant 0: list[tuple[float, str], ...] origins (0) slots (0 1)
  data 0: x00e961
block 0:
  %0 = input 0 : i64
  %1 = input 1 : i64
  %2 = data 0 : i64
  %3 = reserve %1 : i64
  %4 = extend %3 %1 %0 : i64
  %5 = load 8 %0 %1 : f64
  %6 = load 1 %0 %1 : i64
  %7 = load 1 %0 %1 : bool
  store 8 %4 %1 %5
  store 1 %4 %1 %7
  copy 4 1 %4 %2 %6
  %8 = order 1 1 %2 %0 %1 : i64
  return 0 (%4, %8)
)";
    const Function function = parse(text);
    verify(function);
    EXPECT_EQ(function.data, std::vector<std::string>{std::string("\0\xe9"
                                                                  "a",
                                                                  3)});
    EXPECT_EQ(print(function), text);
    EXPECT_TRUE(uses_memory(function));
}

}  // namespace
}  // namespace pp::ir
