/// The expansion of py.* operations against what CPython gives on edge values (expand_cases.txt).
#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "passes/passes.h"
#include "passes_testing.h"

namespace pp::passes::testing {
namespace {

using ir::Op;
using ir::Type;

/// An operation by the name it has in the file: its text form, with the math function or the comparison appended.
struct Operation {
    Op op = Op::Const;
    uint64_t immediate = 0;
    size_t operands = 0;
};

constexpr struct {
    Op op;
    const char* text;
    int operands;
} kOps[] = {
#define PP_OP(name, text, operands) {Op::name, text, operands},
#include "ir/ops.inc"
#undef PP_OP
};

constexpr int kMathFunctions = 0
#define PP_MATH(name, libm, arity, check, libdevice, ulp) +1
#include "ir/math_functions.inc"
#undef PP_MATH
    ;

std::optional<Operation> find_operation(const std::string& name) {
    const std::string last = name.substr(name.rfind('.') + 1);
    for (const auto& known : kOps) {
        const std::string text = known.text;
        if (known.op < Op::PyIntFloorDiv || (text != name && text + "." + last != name)) {
            continue;
        }
        Operation operation{known.op, 0, static_cast<size_t>(known.operands)};
        if (known.op == Op::PyMath) {
            while (operation.immediate < kMathFunctions &&
                   ir::math_info(static_cast<ir::MathFunction>(operation.immediate)).name != last) {
                ++operation.immediate;
            }
            operation.operands = ir::math_info(static_cast<ir::MathFunction>(operation.immediate)).arity;
        } else if (known.op == Op::PyCompareIntFloat) {
            while (ir::comparison_text(static_cast<ir::Comparison>(operation.immediate)) != last) {
                ++operation.immediate;
            }
        }
        return operation;
    }
    return std::nullopt;
}

/// A number of the file, as bits.
uint64_t bits_of(const std::string& text, Type type) {
    if (type != Type::F64) {
        return static_cast<uint64_t>(std::strtoll(text.c_str(), nullptr, 10));
    }
    return text == "nan" ? std::bit_cast<uint64_t>(std::nan("")) : std::strtoull(text.c_str(), nullptr, 16);
}

KindRef kind_of(Type type) {
    return type == Type::F64 ? float_kind() : type == Type::I64 ? int_kind() : bool_kind();
}

/// A function that returns `operation` of its inputs, or of inputs and a constant second operand.
ir::Function function_of(const Operation& operation, std::optional<uint64_t> constant) {
    ir::Function function;
    function.name = "f";
    ir::Builder builder(function);
    builder.set_block(builder.add_block());
    ir::ValueId operands[2] = {};
    for (size_t i = 0; i < operation.operands; ++i) {
        const Type type = ir::operand_type(operation.op, static_cast<int>(i));
        if (i == 1 && constant) {
            operands[i] = type == Type::F64 ? builder.constant(std::bit_cast<double>(*constant))
                                            : builder.constant(static_cast<int64_t>(*constant));
        } else {
            function.inputs.push_back(type);
            operands[i] = builder.input(static_cast<uint32_t>(i));
        }
    }
    const ir::ValueId result = operation.operands == 1
                                   ? builder.op(operation.op, {operands[0]}, operation.immediate)
                                   : builder.op(operation.op, {operands[0], operands[1]}, operation.immediate);
    function.outputs = {builder.type(result)};
    function.variants = {{kind_of(builder.type(result)), {ir::kFresh}, {0}}};
    builder.ret(0, {result});
    ir::verify(function);
    return function;
}

/// Steps from one float to another; huge where one of them is NaN or the signs differ.
uint64_t distance(uint64_t left, uint64_t right) {
    if (std::isnan(std::bit_cast<double>(left)) && std::isnan(std::bit_cast<double>(right))) {
        return 0;
    }
    return left > right ? left - right : right - left;
}

void expect_result(const Outcome& outcome, const std::string& expected, Type type) {
    const char mark = expected.front();
    if (mark == '!') {
        EXPECT_TRUE(outcome.handed_back);
        return;
    }
    if (mark == '?' && outcome.handed_back) {
        return;
    }
    ASSERT_FALSE(outcome.handed_back);
    const uint64_t bits = bits_of(mark == '?' || mark == '~' ? expected.substr(1) : expected, type);
    constexpr uint64_t kLibraryUlp = 4;
    if (type == Type::F64) {
        EXPECT_LE(distance(outcome.leaves[0], bits), mark == '~' ? kLibraryUlp : 0);
    } else {
        EXPECT_EQ(static_cast<int64_t>(outcome.leaves[0]), static_cast<int64_t>(bits));
    }
}

struct Cases {
    std::map<std::string, std::vector<std::vector<std::string>>> lines;  ///< by operation
    std::vector<std::string> ints, floats;

    const std::vector<std::string>& of(Type type) const { return type == Type::F64 ? floats : ints; }
};

Cases read_cases() {
    Cases cases;
    std::ifstream file(std::string(PP_TESTS_DIR) + "/unit/expand_cases.txt");
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string name;
        words >> name;
        std::vector<std::string> rest;
        for (std::string word; words >> word;) {
            rest.push_back(word);
        }
        if (name == "ints") {
            cases.ints = rest;
        } else if (name == "floats") {
            cases.floats = rest;
        } else if (name != "#") {
            cases.lines[name].push_back(rest);
        }
    }
    return cases;
}

/// One operation on one pair of operands: read from inputs and with the second as a constant, expanded only and
/// simplified afterwards, with guards that leave and guards that accumulate.
void check(const Operation& operation, const std::vector<uint64_t>& operands, const std::string& expected) {
    const Type type = ir::result_type(operation.op, ir::operand_type(operation.op, 0));
    for (bool is_constant : {false, true}) {
        if (is_constant && operands.size() < 2) {
            continue;
        }
        ir::Function function = function_of(operation, is_constant ? std::optional(operands[1]) : std::nullopt);
        const std::vector<uint64_t> inputs(operands.begin(), operands.begin() + (is_constant ? 1 : operands.size()));
        for (Pass pass : {expand, simplify_values}) {
            pass(function);
            expect_result(evaluate(function, inputs, {}, Guards::Leave), expected, type);
            expect_result(evaluate(function, inputs, {}, Guards::Accumulate), expected, type);
        }
    }
}

class Expand : public ::testing::TestWithParam<std::string> {};

TEST_P(Expand, GivesWhatCPythonGives) {
    static const Cases cases = read_cases();
    const auto found = cases.lines.find(GetParam());
    ASSERT_NE(found, cases.lines.end());
    const std::optional<Operation> operation = find_operation(GetParam());
    ASSERT_TRUE(operation);
    const Type left = ir::operand_type(operation->op, 0);
    const Type right = ir::operand_type(operation->op, static_cast<int>(operation->operands) - 1);
    for (const std::vector<std::string>& line : found->second) {
        const size_t first = operation->operands - 1;
        ASSERT_EQ(line.size(), cases.of(right).size() + first);
        for (size_t i = first; i < line.size(); ++i) {
            const std::string& last = cases.of(right)[i - first];
            SCOPED_TRACE(GetParam() + " " + (first ? line[0] + " " : "") + last + " -> " + line[i]);
            std::vector<uint64_t> operands;
            if (first) {
                operands.push_back(bits_of(line[0], left));
            }
            operands.push_back(bits_of(last, right));
            check(*operation, operands, line[i]);
        }
    }
}

std::vector<std::string> operation_names() {
    std::vector<std::string> names;
    for (const auto& [name, lines] : read_cases().lines) {
        names.push_back(name);
    }
    return names;
}

std::string identifier(const ::testing::TestParamInfo<std::string>& info) {
    std::string name = info.param.substr(3);
    for (char& letter : name) {
        letter = letter == '.' ? '_' : letter;
    }
    return name;
}

INSTANTIATE_TEST_SUITE_P(Operations, Expand, ::testing::ValuesIn(operation_names()), identifier);

TEST(ExpandCases, CoverEveryOperation) {
    const std::map<std::string, std::vector<std::vector<std::string>>> lines = read_cases().lines;
    std::vector<bool> seen(std::size(kOps), false);
    for (const auto& [name, rest] : lines) {
        const std::optional<Operation> operation = find_operation(name);
        ASSERT_TRUE(operation) << name;
        seen[static_cast<size_t>(operation->op)] = true;
    }
    for (const auto& known : kOps) {
        EXPECT_TRUE(known.op < Op::PyIntFloorDiv || seen[static_cast<size_t>(known.op)]) << known.text;
    }
}

TEST(ExpandConstants, NeedNoGuards) {
    const char* const text = R"(function "f" (input 0: i64) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  %1 = const 7 : i64
  %2 = py.int.floordiv %0 %1 : i64
  %3 = py.int.mod %2 %1 : i64
  %4 = const 3 : i64
  %5 = py.int.shr %3 %4 : i64
  return 0 (%5)
)";
    EXPECT_EQ(after(expand, text).find("guard"), std::string::npos);
}

}  // namespace
}  // namespace pp::passes::testing
