/// simplify_values: text in, text out.
#include <chrono>

#include "passes/passes.h"
#include "passes_testing.h"

namespace pp::passes {
namespace {

using testing::after;

const std::string kHead = "function \"f\" (input 0: f64, input 1: bool, input 2: i64) -> (slot 0: f64)\n"
                          "  variant 0: float origins (0) slots (0)\n";

std::string simplified(const std::string& body) {
    return after(simplify_values, kHead, body);
}

TEST(SimplifyValues, FoldsConstantsThroughParameters) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 1 : bool
  %1 = const 2.0 : f64
  %2 = const 3 : i64
  branch %0 block 1(%1, %2) else block 2(%2)
block 1(%3: f64, %4: i64):
  jump block 3(%3, %4)
block 2(%5: i64):
  %6 = const 2.0 : f64
  jump block 3(%6, %5)
block 3(%7: f64, %8: i64):
  %9 = i2f %8 : f64
  %10 = fmul %7 %9 : f64
  return 0 (%10)
)"),
              R"(block 0:
  %0 = input 1 : bool
  branch %0 block 1() else block 2()
block 1:
  jump block 3()
block 2:
  jump block 3()
block 3:
  %1 = const 6.0 : f64
  return 0 (%1)
)");
}

TEST(SimplifyValues, SeesThroughParametersThatLoopsHandRound) {
    // Each of the two inner loops hands %2 to the other: no single parameter has only one argument.
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  jump block 1(%0)
block 1(%2: f64):
  branch %1 block 2(%2) else block 3(%2)
block 2(%3: f64):
  branch %1 block 3(%3) else block 1(%3)
block 3(%4: f64):
  branch %1 block 2(%4) else block 4(%4)
block 4(%5: f64):
  return 0 (%5)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  jump block 1()
block 1:
  branch %1 block 3() else block 2()
block 2:
  branch %1 block 3() else block 4()
block 3:
  branch %1 block 2() else block 1()
block 4:
  return 0 (%0)
)");
}

TEST(SimplifyValues, KeepsWhatALoopChanges) {
    const std::string body = R"(block 0:
  %0 = input 0 : f64
  %1 = input 2 : i64
  %2 = const 0 : i64
  jump block 1(%0, %2)
block 1(%3: f64, %4: i64):
  %5 = ilt %4 %1 : bool
  branch %5 block 2() else block 3()
block 2:
  %6 = fadd %3 %0 : f64
  %7 = const 1 : i64
  %8 = iadd.checked %4 %7 : i64
  jump block 1(%6, %8)
block 3:
  return 0 (%3)
)";
    EXPECT_EQ(simplified(body), body);
}

TEST(SimplifyValues, KeepsParametersThatSwap) {
    const std::string body = R"(block 0:
  %0 = input 0 : f64
  %1 = fneg %0 : f64
  jump block 1(%0, %1)
block 1(%2: f64, %3: f64):
  %4 = flt %2 %3 : bool
  branch %4 block 2() else block 1(%3, %2)
block 2:
  return 0 (%2)
)";
    EXPECT_EQ(simplified(body), body);
}

TEST(SimplifyValues, FollowsOnlyPathsThatCanBeTaken) {
    // The flag is false until the loop sets it, on a path that only a set flag opens.
    EXPECT_EQ(simplified(R"(  hand_back 0: unsupported "never"
block 0:
  %0 = input 0 : f64
  %1 = const false : bool
  %2 = input 1 : bool
  jump block 1(%1, %0)
block 1(%3: bool, %4: f64):
  branch %3 block 2() else block 3()
block 2:
  %5 = const true : bool
  jump block 1(%5, %4)
block 3:
  branch %2 block 4() else block 1(%3, %0)
block 4:
  return 0 (%4)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  jump block 1()
block 1:
  jump block 2()
block 2:
  branch %1 block 3() else block 1()
block 3:
  return 0 (%0)
)");
}

TEST(SimplifyValues, RemovesDeadOperationsAndParameters) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = fadd %0 %0 : f64
  %3 = call sin %2 : f64
  jump block 1(%3, %0)
block 1(%4: f64, %5: f64):
  %6 = fneg %4 : f64
  %7 = fneg %5 : f64
  branch %1 block 1(%6, %7) else block 2()
block 2:
  return 0 (%5)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  jump block 1(%0)
block 1(%2: f64):
  %3 = fneg %2 : f64
  branch %1 block 1(%3) else block 2()
block 2:
  return 0 (%2)
)");
}

TEST(SimplifyValues, KeepsWhatMayHandTheElementBack) {
    const std::string body = R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = input 2 : i64
  guard %1
  %3 = iadd.checked %2 %2 : i64
  %4 = py.int.floordiv %3 %2 : i64
  %5 = py.math sin %0 : f64
  return 0 (%0)
)";
    EXPECT_EQ(simplified(body), body);
}

TEST(SimplifyValues, GuardsThatHoldVanish) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = const 4 : i64
  %3 = const 0 : i64
  %4 = ine %2 %3 : bool
  guard %4
  guard %1
  %5 = iadd.checked %2 %2 : i64
  guard %1
  branch %1 block 1() else block 2()
block 1:
  guard %1
  return 0 (%0)
block 2:
  %6 = fneg %0 : f64
  return 0 (%6)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  guard %1
  branch %1 block 1() else block 2()
block 1:
  return 0 (%0)
block 2:
  %2 = fneg %0 : f64
  return 0 (%2)
)");
}

TEST(SimplifyValues, ABlockEndsWhereACheckAlwaysFails) {
    const std::string reason =
        "  hand_back 0: raises \"a check on this path always fails, so that CPython evaluates it\"\n";
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  branch %1 block 1() else block 2()
block 1:
  %2 = const false : bool
  guard %1
  guard %2
  jump block 3(%0)
block 2:
  %3 = const 9223372036854775807 : i64
  %4 = iadd.checked %3 %3 : i64
  %5 = i2f %4 : f64
  jump block 3(%5)
block 3(%6: f64):
  return 0 (%6)
)"),
              reason + R"(block 0:
  %0 = input 1 : bool
  branch %0 block 1() else block 2()
block 1:
  hand_back 0
block 2:
  hand_back 0
)");
}

TEST(SimplifyValues, ReusesWhatEveryPathHasComputed) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = input 2 : i64
  %3 = i2f %2 : f64
  %4 = fadd %0 %3 : f64
  branch %1 block 1() else block 2()
block 1:
  %5 = input 2 : i64
  %6 = i2f %5 : f64
  %7 = fadd %0 %6 : f64
  %8 = fmul %7 %7 : f64
  jump block 3(%8)
block 2:
  %9 = fadd %3 %0 : f64
  %10 = fmul %4 %4 : f64
  %11 = fsub %10 %9 : f64
  jump block 3(%11)
block 3(%12: f64):
  %13 = fmul %4 %4 : f64
  %14 = fdiv %12 %13 : f64
  return 0 (%14)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = input 2 : i64
  %3 = i2f %2 : f64
  %4 = fadd %0 %3 : f64
  branch %1 block 1() else block 2()
block 1:
  %5 = fmul %4 %4 : f64
  jump block 3(%5)
block 2:
  %6 = fadd %3 %0 : f64
  %7 = fmul %4 %4 : f64
  %8 = fsub %7 %6 : f64
  jump block 3(%8)
block 3(%9: f64):
  %10 = fmul %4 %4 : f64
  %11 = fdiv %9 %10 : f64
  return 0 (%11)
)");
}

TEST(SimplifyValues, IntsCommuteButFloatsKeepTheirOrder) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 2 : i64
  %2 = const 3 : i64
  %3 = iadd %2 %1 : i64
  %4 = iadd %1 %2 : i64
  %5 = imul %3 %4 : i64
  %6 = i2f %5 : f64
  %7 = fadd %6 %0 : f64
  %8 = fadd %0 %6 : f64
  %9 = fmul %7 %8 : f64
  return 0 (%9)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 2 : i64
  %2 = const 3 : i64
  %3 = iadd %1 %2 : i64
  %4 = imul %3 %3 : i64
  %5 = i2f %4 : f64
  %6 = fadd %5 %0 : f64
  %7 = fadd %0 %5 : f64
  %8 = fmul %6 %7 : f64
  return 0 (%8)
)");
}

TEST(SimplifyValues, RemembersWhatABranchDecided) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = bnot %1 : bool
  branch %2 block 1() else block 4()
block 1:
  %3 = fneg %0 : f64
  %4 = select %1 %0 %3 : f64
  branch %1 block 2() else block 3()
block 2:
  return 0 (%0)
block 3:
  return 0 (%4)
block 4:
  guard %1
  return 0 (%0)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  branch %1 block 1() else block 2()
block 1:
  return 0 (%0)
block 2:
  %2 = fneg %0 : f64
  jump block 3()
block 3:
  return 0 (%2)
)");
}

TEST(SimplifyValues, AFailedGuardDecidesNothing) {
    // Guards may be sticky: the division runs after a failed guard, so the select must stay.
    const std::string body = R"(block 0:
  %0 = input 2 : i64
  %1 = const 0 : i64
  %2 = ine %0 %1 : bool
  guard %2
  %3 = const 1 : i64
  %4 = select %2 %0 %3 : i64
  %5 = const 100 : i64
  %6 = idiv %5 %4 : i64
  %7 = i2f %6 : f64
  branch %2 block 1() else block 2()
block 1:
  return 0 (%7)
block 2:
  %8 = fneg %7 : f64
  return 0 (%8)
)";
    EXPECT_EQ(simplified(body), body);
}

TEST(SimplifyValues, DropsChecksThatCannotFail) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 1 : bool
  %1 = b2i %0 : i64
  %2 = iadd.checked %1 %1 : i64
  %3 = imul.checked %2 %2 : i64
  %4 = isub.checked %1 %2 : i64
  %5 = i2f %3 : f64
  return 0 (%5)
)"),
              R"(block 0:
  %0 = input 1 : bool
  %1 = b2i %0 : i64
  %2 = iadd %1 %1 : i64
  %3 = imul %2 %2 : i64
  %4 = i2f %3 : f64
  return 0 (%4)
)");
}

TEST(SimplifyValues, SelectsOfConstantConditions) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = const true : bool
  %3 = fneg %0 : f64
  %4 = select %2 %3 %0 : f64
  %5 = select %1 %4 %3 : f64
  return 0 (%5)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = fneg %0 : f64
  return 0 (%1)
)");
}

TEST(SimplifyValues, SelectsOfBoolsAreAndsAndOrs) {
    EXPECT_EQ(simplified(R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = feq %0 %0 : bool
  %3 = const true : bool
  %4 = const false : bool
  %5 = select %1 %3 %2 : bool
  guard %5
  %6 = select %1 %2 %4 : bool
  guard %6
  return 0 (%0)
)"),
              R"(block 0:
  %0 = input 0 : f64
  %1 = input 1 : bool
  %2 = feq %0 %0 : bool
  %3 = bor %1 %2 : bool
  guard %3
  %4 = band %1 %2 : bool
  guard %4
  return 0 (%0)
)");
}

/// A loop nest as the front end writes it: every local is handed on as a parameter to every block.
ir::Function deep_function(int blocks, int locals) {
    ir::Function function;
    function.name = "deep";
    function.inputs = {ir::Type::F64, ir::Type::Bool};
    function.outputs = {ir::Type::F64};
    function.variants = {{float_kind(), {ir::kFresh}, {0}}};
    ir::Builder builder(function);
    builder.set_block(builder.add_block());
    const ir::ValueId input = builder.input(0);
    const ir::ValueId flag = builder.input(1);
    std::vector<ir::ValueId> state(static_cast<size_t>(locals), input);
    std::vector<ir::BlockId> heads;
    for (int i = 0; i < blocks; ++i) {
        const ir::BlockId next = builder.add_block();
        heads.push_back(next);
        if (i % 3 == 2) {
            builder.branch(flag, {next, state}, {heads[static_cast<size_t>(i) / 2], state});
        } else {
            builder.jump({next, state});
        }
        builder.set_block(next);
        for (ir::ValueId& local : state) {
            local = builder.add_parameter(next, ir::Type::F64);
        }
        state[0] = builder.op(ir::Op::FAdd, {state[0], state[1]});
    }
    builder.ret(0, {state[0]});
    return function;
}

TEST(SimplifyValues, TakesMillisecondsForLargeFunctions) {
    ir::Function function = deep_function(1000, 20);
    ASSERT_GT(function.values.size(), 20000u);
    const auto start = std::chrono::steady_clock::now();
    simplify_blocks(function);
    simplify_values(function);
    simplify_blocks(function);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    ir::verify(function);
    for (const ir::Block& block : function.blocks) {
        EXPECT_LE(block.parameters.size(), 1u);
    }
    EXPECT_LT(took.count(), 2.0) << "quadratic";  // some 10 ms; the limit allows for sanitizers and busy machines
    RecordProperty("milliseconds", std::to_string(took.count() * 1e3));
}

}  // namespace
}  // namespace pp::passes
