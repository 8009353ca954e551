/// The verifier refuses each broken rule, and dominators are what they should be.
#include <gtest/gtest.h>

#include "base/error.h"
#include "ir/dominators.h"
#include "ir/ir.h"

namespace pp::ir {
namespace {

std::string fault(const Function& function) {
    try {
        verify(function);
    } catch (const InternalError& error) {
        return error.what();
    }
    return "none";
}

std::string fault(const std::string& text) {
    return fault(parse(text));
}

/// A function of one float and one int that returns a float; `body` is the blocks.
std::string with_body(const std::string& body) {
    return "function \"f\" (input 0: f64, input 1: i64) -> (slot 0: f64)\n"
           "  variant 0: float origins (0) slots (0)\n"
           "  hand_back 0: raises \"E\"\n" +
           body;
}

TEST(Ir, KnowsWhichInputsPassThrough) {
    const Function function =
        parse(R"(function "f" (input 0: f64, input 1: f64) -> (slot 0: f64, slot 1: f64, slot 2: f64)
  variant 0: tuple[float, float, float] origins (0 1 2 0) slots (0 1 2)
block 0:
  %0 = input 0 : f64
  %1 = input 1 : f64
  %2 = fadd %0 %1 : f64
  %3 = flt %0 %1 : bool
  branch %3 block 1() else block 2()
block 1:
  return 0 (%0, %1, %2)
block 2:
  return 0 (%0, %2, %2)
)");
    EXPECT_EQ(passed_inputs(function), (std::vector<int64_t>{0, -1, -1}));
}

TEST(Ir, AVariantIsNoInput) {
    const Function function = parse(R"(function "f" (input 0: bool, input 1: f64) -> (slot 0: bool, slot 1: f64)
  variant 0: float origins (1) slots (1)
  variant 1: None origins (0) slots ()
block 0:
  %0 = input 0 : bool
  branch %0 block 1() else block 2()
block 1:
  %1 = input 1 : f64
  return 0 (%1)
block 2:
  return 1 ()
)");
    EXPECT_EQ(passed_inputs(function), (std::vector<int64_t>{-1, 1}));
}

TEST(Ir, KnowsWhetherElementsCanBeHandedBack) {
    const auto can = [](const std::string& body) { return can_hand_back(parse(with_body(body))); };
    EXPECT_FALSE(can(R"(block 0:
  %0 = input 0 : f64
  %1 = fadd %0 %0 : f64
  return 0 (%1)
)"));
    EXPECT_TRUE(can(R"(block 0:
  %0 = input 0 : f64
  %1 = flt %0 %0 : bool
  guard %1
  return 0 (%0)
)"));
    EXPECT_TRUE(can(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : i64
  %2 = iadd.checked %1 %1 : i64
  %3 = i2f %2 : f64
  return 0 (%3)
)"));
    EXPECT_TRUE(can(R"(block 0:
  %0 = input 0 : f64
  %1 = flt %0 %0 : bool
  branch %1 block 1() else block 2()
block 1:
  hand_back 0
block 2:
  return 0 (%0)
)"));
    EXPECT_TRUE(can(R"(block 0:
  %0 = input 0 : f64
  jump block 1(%0)
block 1(%1: f64):
  %2 = flt %1 %0 : bool
  branch %2 block 1(%0) else block 2()
block 2:
  return 0 (%1)
)")) << "loops may run for ever";
}

TEST(IrVerify, AcceptsALoop) {
    EXPECT_EQ(fault(with_body(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : i64
  jump block 1(%0, %1)
block 1(%2: f64, %3: i64):
  %4 = const 0 : i64
  %5 = ilt %4 %3 : bool
  branch %5 block 2() else block 3()
block 2:
  %6 = const -1 : i64
  %7 = iadd %3 %6 : i64
  %8 = fmul %2 %2 : f64
  jump block 1(%8, %7)
block 3:
  return 0 (%2)
)")),
              "none");
}

TEST(IrVerify, RefusesWrongOperands) {
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = input 1 : i64\n  %1 = fneg %0 : f64\n  return 0 (%1)\n")),
              "IR of 'f', block 0: fneg uses a value of type i64 where it needs f64");
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = input 0 : f64\n  %1 = fadd %0 : f64\n  return 0 (%1)\n")),
              "IR of 'f', block 0: fadd has the wrong number of operands");
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = input 0 : f64\n  %1 = call pow %0 : f64\n  return 0 (%1)\n")),
              "IR of 'f', block 0: call has the wrong number of operands");
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = input 0 : f64\n  %1 = flt %0 %0 : f64\n  return 0 (%1)\n")),
              "IR of 'f', block 0: flt has a result of type f64");
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = input 0 : f64\n  guard %0\n  return 0 (%0)\n")),
              "IR of 'f', block 0: guard uses a value of type f64 where it needs bool");
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = input 0 : f64\n  %1 = input 1 : i64\n  %2 = const true : bool\n"
                              "  %3 = select %2 %0 %1 : f64\n  return 0 (%3)\n")),
              "IR of 'f', block 0: select uses a value of type i64 where it needs f64");
}

TEST(IrVerify, RefusesWrongImmediates) {
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = input 2 : f64\n  return 0 (%0)\n")),
              "IR of 'f', block 0: an input does not exist");
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = input 1 : f64\n  return 0 (%0)\n")),
              "IR of 'f', block 0: an input has another type");
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = uniform 0 : f64\n  return 0 (%0)\n")),
              "IR of 'f', block 0: a uniform does not exist");
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = const 2 : bool\n  hand_back 0\n")),
              "IR of 'f', block 0: a bool is neither 0 nor 1");
    EXPECT_EQ(fault(with_body("block 0:\n  hand_back 1\n")),
              "IR of 'f', block 0: a reason to hand back does not exist");
}

TEST(IrVerify, RefusesUsesThatNoPathDefines) {
    EXPECT_EQ(fault(with_body("block 0:\n  %1 = fneg %0 : f64\n  %0 = input 0 : f64\n  return 0 (%1)\n")),
              "IR of 'f', block 0: fneg uses a value that is not defined on every path to it");
    const std::string one_side = R"(block 0:
  %0 = const true : bool
  branch %0 block 1() else block 2()
block 1:
  %1 = input 0 : f64
  jump block 2()
block 2:
  return 0 (%1)
)";
    EXPECT_EQ(fault(with_body(one_side)),
              "IR of 'f', block 2: return uses a value that is not defined on every path to it");
}

TEST(IrVerify, AcceptsAnythingInUnreachableBlocks) {
    EXPECT_EQ(fault(with_body("block 0:\n  hand_back 0\nblock 1:\n  return 0 (%0)\n"
                              "block 2:\n  %0 = input 0 : f64\n  jump block 1()\n")),
              "none");
}

TEST(IrVerify, RefusesValuesOutOfPlace) {
    Function function = parse(with_body("block 0:\n  %0 = input 0 : f64\n  return 0 (%0)\n"));
    Function twice = function;
    twice.blocks[0].body.push_back(0);
    EXPECT_EQ(fault(twice), "IR of 'f', block 0: a value is defined twice");
    Function missing = function;
    missing.blocks[0].body.clear();
    EXPECT_EQ(fault(missing), "IR of 'f', block 0: return uses a value that is nowhere defined");
    Function beyond = function;
    beyond.blocks[0].body.push_back(9);
    EXPECT_EQ(fault(beyond), "IR of 'f', block 0: a block holds a value that does not exist");
    Function marked = function;
    marked.values[0].is_parameter = true;
    EXPECT_EQ(fault(marked), "IR of 'f', block 0: a parameter stands among the operations");
    Function empty = function;
    empty.blocks.clear();
    EXPECT_EQ(fault(empty), "IR of 'f': no blocks");
}

TEST(IrVerify, RefusesWrongEdges) {
    EXPECT_EQ(fault(with_body("block 0:\n  jump block 1()\n")),
              "IR of 'f', block 0: an edge leads to a block that does not exist");
    EXPECT_EQ(fault(with_body("block 0:\n  jump block 0()\n")), "IR of 'f', block 0: an edge leads to the entry");
    EXPECT_EQ(fault(with_body("block 0:\n  jump block 1()\nblock 1(%0: f64):\n  return 0 (%0)\n")),
              "IR of 'f', block 0: an edge does not have one argument for each parameter");
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = input 1 : i64\n  jump block 1(%0)\n"
                              "block 1(%1: f64):\n  return 0 (%1)\n")),
              "IR of 'f', block 0: an edge uses a value of type i64 where it needs f64");
    EXPECT_EQ(fault(with_body("block 0(%0: f64):\n  return 0 (%0)\n")), "IR of 'f': the entry has parameters");
    Function no_edge = parse(with_body("block 0:\n  hand_back 0\n"));
    no_edge.blocks[0].terminator.kind = Terminator::Kind::Jump;
    EXPECT_EQ(fault(no_edge), "IR of 'f', block 0: a terminator has the wrong number of edges");
}

TEST(IrVerify, RefusesWrongReturns) {
    EXPECT_EQ(fault(with_body("block 0:\n  %0 = input 1 : i64\n  return 0 (%0)\n")),
              "IR of 'f', block 0: return uses a value of type i64 where it needs f64");
    EXPECT_EQ(fault(with_body("block 0:\n  return 0 ()\n")),
              "IR of 'f', block 0: return has the wrong number of results");
    EXPECT_EQ(fault(with_body("block 0:\n  return 1 ()\n")),
              "IR of 'f', block 0: return names a variant that does not exist");
}

std::string with_variants(const std::string& slots, const std::string& variants) {
    return "function \"f\" () -> (" + slots + ")\n" + variants +
           "  hand_back 0: raises \"E\"\nblock 0:\n  hand_back 0\n";
}

TEST(IrVerify, RefusesWrongVariants) {
    EXPECT_EQ(fault(with_variants("slot 0: f64", "  variant 0: float origins () slots (0)\n")),
              "IR of 'f': a variant does not have one origin for each node");
    EXPECT_EQ(fault(with_variants("slot 0: f64", "  variant 0: float origins (0) slots ()\n")),
              "IR of 'f': a variant does not have one slot for each leaf and dynamic origin");
    EXPECT_EQ(fault(with_variants("slot 0: f64", "  variant 0: float origins (0) slots (1)\n")),
              "IR of 'f': a variant uses a slot that does not exist");
    EXPECT_EQ(fault(with_variants("slot 0: f64", "  variant 0: int origins (0) slots (0)\n")),
              "IR of 'f': a slot has another type than what a variant stores in it");
    EXPECT_EQ(fault(with_variants("slot 0: f64", "  variant 0: tuple[float, float] origins (0 0 0) slots (0 0)\n")),
              "IR of 'f': a variant uses a slot twice");
    EXPECT_EQ(fault(with_variants("slot 0: f64", "  variant 0: float origins (-2) slots (0)\n")),
              "IR of 'f': an origin is neither a node's number nor dynamic");
    const std::string two = "  variant 0: float origins (0) slots (0)\n  variant 1: None origins (0) slots ()\n";
    EXPECT_EQ(fault(with_variants("slot 0: f64", two)), "IR of 'f': slot 0 is not the tag");
    EXPECT_EQ(fault(with_variants("slot 0: bool", "  variant 0: bool origins (0) slots (0)\n"
                                                  "  variant 1: None origins (0) slots ()\n")),
              "IR of 'f': a variant uses the tag's slot");
    EXPECT_EQ(fault(with_variants("slot 0: bool, slot 1: f64", "  variant 0: float origins (0) slots (1)\n"
                                                               "  variant 1: float origins (1) slots (1)\n")),
              "none");
}

TEST(Dominators, OfALoopWithAnExitInside) {
    const Function function = parse(R"(function "f" () -> ()
  hand_back 0: raises "E"
block 0:
  %0 = const true : bool
  jump block 1()
block 1:
  branch %0 block 2() else block 5()
block 2:
  branch %0 block 3() else block 4()
block 3:
  jump block 4()
block 4:
  branch %0 block 1() else block 5()
block 5:
  hand_back 0
block 6:
  jump block 5()
)");
    const Dominators dominators(function);
    EXPECT_EQ(dominators.parent(0), 0u);
    EXPECT_EQ(dominators.parent(1), 0u);
    EXPECT_EQ(dominators.parent(2), 1u);
    EXPECT_EQ(dominators.parent(3), 2u);
    EXPECT_EQ(dominators.parent(4), 2u);
    EXPECT_EQ(dominators.parent(5), 1u);
    EXPECT_FALSE(dominators.is_reachable(6));
    EXPECT_EQ(dominators.order().size(), 6u);
    EXPECT_EQ(dominators.order().front(), 0u);
    EXPECT_TRUE(dominators.dominates(1, 4));
    EXPECT_TRUE(dominators.dominates(4, 4));
    EXPECT_FALSE(dominators.dominates(3, 4));
    EXPECT_FALSE(dominators.dominates(4, 5));
    EXPECT_FALSE(dominators.dominates(4, 2));
}

TEST(Dominators, OfAVeryLongChain) {
    Function function;
    Builder builder(function);
    constexpr BlockId kLength = 200000;
    for (BlockId i = 0; i <= kLength; ++i) {
        builder.set_block(builder.add_block());
        builder.jump({i + 1, {}});
    }
    builder.hand_back(0);
    function.hand_backs = {{"end", false, {}}};
    EXPECT_NO_THROW(verify(function));
    EXPECT_TRUE(Dominators(function).dominates(1, kLength));
}

TEST(IrVerify, RefusesAccessesOfWrongSizes) {
    const auto access = [](const std::string& line) {
        return fault(
            with_body("block 0:\n  %0 = input 0 : f64\n  %1 = input 1 : i64\n  " + line + "\n  return 0 (%0)\n"));
    };
    EXPECT_EQ(access("%2 = load 8 %1 %1 : f64"), "none");
    EXPECT_EQ(access("%2 = load 4 %1 %1 : i64"), "none");
    EXPECT_EQ(access("store 8 %1 %1 %0"), "none");
    EXPECT_EQ(access("%2 = load 4 %1 %1 : f64"), "none");  // rounded
    EXPECT_EQ(access("write 4 0 %1 %1 %0"), "none");
    EXPECT_NE(access("write 2 0 %1 %1 %0").find("wrong size"), std::string::npos);
    EXPECT_NE(access("%2 = load 2 %1 %1 : f64").find("wrong size"), std::string::npos);
    EXPECT_NE(access("%2 = load 8 %1 %1 : bool").find("wrong size"), std::string::npos);
    EXPECT_NE(access("store 1 %1 %1 %0").find("wrong size"), std::string::npos);
    EXPECT_NE(access("store 8 %0 %1 %0").find("of type f64"), std::string::npos);
    EXPECT_NE(access("copy 2 1 %1 %1 %1").find("code units"), std::string::npos);
    EXPECT_NE(access("%2 = data 0 : i64").find("do not exist"), std::string::npos);
}

}  // namespace
}  // namespace pp::ir
