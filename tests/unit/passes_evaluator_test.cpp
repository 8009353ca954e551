/// The evaluator of passes_testing.h, and its tests.
#include "passes_testing.h"

#include <bit>
#include <cmath>
#include <limits>

namespace pp::passes::testing {
namespace {

using ir::Op;

class Evaluator {
public:
    Evaluator(const ir::Function& function, const std::vector<uint64_t>& inputs, const std::vector<uint64_t>& uniforms,
              Guards guards)
        : function_(function), inputs_(inputs), uniforms_(uniforms), guards_(guards), bits_(function.values.size()) {}

    Outcome run() {
        ir::BlockId block = 0;
        for (int steps = 0; steps < 20000; ++steps) {
            for (ir::ValueId id : function_.blocks[block].body) {
                bits_[id] = operation(function_.values[id]);
                if (outcome_.handed_back && guards_ == Guards::Leave) {
                    return outcome_;
                }
            }
            const ir::Terminator& terminator = function_.blocks[block].terminator;
            switch (terminator.kind) {
            case ir::Terminator::Kind::HandBack: return {.handed_back = true};
            case ir::Terminator::Kind::Return: return returned(terminator);
            case ir::Terminator::Kind::Jump: block = enter(terminator.edges[0]); break;
            case ir::Terminator::Kind::Branch:
                block = enter(terminator.edges[bits_[terminator.condition] != 0 ? 0 : 1]);
                break;
            }
        }
        return {.ran_out = true};
    }

private:
    ir::BlockId enter(const ir::Edge& edge) {
        std::vector<uint64_t> arguments;
        for (ir::ValueId id : edge.arguments) {
            arguments.push_back(bits_[id]);
        }
        for (size_t i = 0; i < arguments.size(); ++i) {
            bits_[function_.blocks[edge.block].parameters[i]] = arguments[i];
        }
        return edge.block;
    }

    Outcome returned(const ir::Terminator& terminator) {
        if (outcome_.handed_back) {
            return {.handed_back = true};
        }
        const ir::Variant& variant = function_.variants[terminator.variant];
        outcome_.kind = variant.kind;
        size_t result = 0;
        for (; result < variant.kind->leaves; ++result) {
            outcome_.leaves.push_back(bits_[terminator.results[result]]);
        }
        for (ir::Origin origin : variant.origins) {
            const bool dynamic = origin == ir::kDynamicOrigin;
            outcome_.origins.push_back(dynamic ? static_cast<ir::Origin>(bits_[terminator.results[result]]) : origin);
            result += dynamic ? 1 : 0;
        }
        return outcome_;
    }

    uint64_t operation(const ir::Value& value) {
        const uint64_t a = value.operand_count > 0 ? bits_[value.operands[0]] : 0;
        const uint64_t b = value.operand_count > 1 ? bits_[value.operands[1]] : 0;
        const uint64_t c = value.operand_count > 2 ? bits_[value.operands[2]] : 0;
        switch (value.op) {
        case Op::Const: return value.immediate;
        case Op::Input: return inputs_[value.immediate];
        case Op::Uniform: return uniforms_[value.immediate];
        case Op::Guard: outcome_.handed_back = outcome_.handed_back || a == 0; return 0;
        case Op::Select: return a != 0 ? b : c;
        default: break;
        }
        if (ir::operand_type(value.op, 0) == ir::Type::F64) {
            return float_operation(value, std::bit_cast<double>(a), std::bit_cast<double>(b), std::bit_cast<double>(c));
        }
        return int_operation(value.op, static_cast<int64_t>(a), static_cast<int64_t>(b));
    }

    static uint64_t float_operation(const ir::Value& value, double a, double b, double c) {
        switch (value.op) {
        case Op::CallMath: return std::bit_cast<uint64_t>(call(static_cast<ir::MathFunction>(value.immediate), a, b));
        case Op::FAdd: return std::bit_cast<uint64_t>(a + b);
        case Op::FSub: return std::bit_cast<uint64_t>(a - b);
        case Op::FMul: return std::bit_cast<uint64_t>(a * b);
        case Op::FDiv: return std::bit_cast<uint64_t>(a / b);
        case Op::FNeg: return std::bit_cast<uint64_t>(-a);
        case Op::FAbs: return std::bit_cast<uint64_t>(std::fabs(a));
        case Op::FSqrt: return std::bit_cast<uint64_t>(std::sqrt(a));
        case Op::FFloor: return std::bit_cast<uint64_t>(std::floor(a));
        case Op::FCeil: return std::bit_cast<uint64_t>(std::ceil(a));
        case Op::FTrunc: return std::bit_cast<uint64_t>(std::trunc(a));
        case Op::FRoundEven: return std::bit_cast<uint64_t>(std::nearbyint(a));
        case Op::FCopySign: return std::bit_cast<uint64_t>(std::copysign(a, b));
        case Op::FFma: return std::bit_cast<uint64_t>(std::fma(a, b, c));
        case Op::FEq: return a == b;
        case Op::FNe: return a != b;
        case Op::FLt: return a < b;
        case Op::FLe: return a <= b;
        case Op::FloatBits: return std::bit_cast<uint64_t>(a);
        case Op::FloatToInt: return fits(a) ? static_cast<uint64_t>(static_cast<int64_t>(a)) : undefined("f2i");
        default: return undefined(ir::op_text(value.op));
        }
    }

    static double call(ir::MathFunction function, double a, double b) {
        switch (function) {
        case ir::MathFunction::Sin: return std::sin(a);
        case ir::MathFunction::Cos: return std::cos(a);
        case ir::MathFunction::Tan: return std::tan(a);
        case ir::MathFunction::Asin: return std::asin(a);
        case ir::MathFunction::Acos: return std::acos(a);
        case ir::MathFunction::Atan: return std::atan(a);
        case ir::MathFunction::Atan2: return std::atan2(a, b);
        case ir::MathFunction::Sinh: return std::sinh(a);
        case ir::MathFunction::Cosh: return std::cosh(a);
        case ir::MathFunction::Tanh: return std::tanh(a);
        case ir::MathFunction::Asinh: return std::asinh(a);
        case ir::MathFunction::Acosh: return std::acosh(a);
        case ir::MathFunction::Atanh: return std::atanh(a);
        case ir::MathFunction::Exp: return std::exp(a);
        case ir::MathFunction::Exp2: return std::exp2(a);
        case ir::MathFunction::Expm1: return std::expm1(a);
        case ir::MathFunction::Log: return std::log(a);
        case ir::MathFunction::Log2: return std::log2(a);
        case ir::MathFunction::Log10: return std::log10(a);
        case ir::MathFunction::Log1p: return std::log1p(a);
        case ir::MathFunction::Sqrt: return std::sqrt(a);
        case ir::MathFunction::Cbrt: return std::cbrt(a);
        case ir::MathFunction::Pow: return std::pow(a, b);
        case ir::MathFunction::Fmod: return std::fmod(a, b);
        case ir::MathFunction::Remainder: return std::remainder(a, b);
        case ir::MathFunction::Erf: return std::erf(a);
        case ir::MathFunction::Erfc: return std::erfc(a);
        }
        return 0.0;
    }

    static bool fits(double value) { return value >= -0x1p63 && value < 0x1p63; }

    static uint64_t undefined(const std::string& what) {
        ADD_FAILURE() << what << " is evaluated where it is not defined";
        return 0;
    }

    uint64_t checked(Op op, int64_t a, int64_t b) {
        int64_t result = 0;
        const bool overflows = op == Op::IAddChecked   ? __builtin_add_overflow(a, b, &result)
                               : op == Op::ISubChecked ? __builtin_sub_overflow(a, b, &result)
                                                       : __builtin_mul_overflow(a, b, &result);
        outcome_.handed_back = outcome_.handed_back || overflows;
        return static_cast<uint64_t>(result);
    }

    uint64_t int_operation(Op op, int64_t a, int64_t b) {
        const bool divides = b != 0 && (b != -1 || a != std::numeric_limits<int64_t>::min());
        const bool shifts = b >= 0 && b < 64;
        switch (op) {
        case Op::IAddChecked:
        case Op::ISubChecked:
        case Op::IMulChecked: return checked(op, a, b);
        case Op::IAdd: return static_cast<uint64_t>(a) + static_cast<uint64_t>(b);
        case Op::ISub: return static_cast<uint64_t>(a) - static_cast<uint64_t>(b);
        case Op::IMul: return static_cast<uint64_t>(a) * static_cast<uint64_t>(b);
        case Op::IDiv: return divides ? static_cast<uint64_t>(a / b) : undefined("idiv");
        case Op::IRem: return divides ? static_cast<uint64_t>(a % b) : undefined("irem");
        case Op::IShl: return shifts ? static_cast<uint64_t>(a) << b : undefined("ishl");
        case Op::IShr: return shifts ? static_cast<uint64_t>(a >> b) : undefined("ishr");
        case Op::IAnd:
        case Op::BAnd: return static_cast<uint64_t>(a & b);
        case Op::IOr:
        case Op::BOr: return static_cast<uint64_t>(a | b);
        case Op::IXor:
        case Op::BXor: return static_cast<uint64_t>(a ^ b);
        case Op::BNot: return a == 0;
        case Op::IEq: return a == b;
        case Op::INe: return a != b;
        case Op::ILt: return a < b;
        case Op::ILe: return a <= b;
        case Op::BoolToInt:
        case Op::BitsFloat: return static_cast<uint64_t>(a);
        case Op::IPopcount: return static_cast<uint64_t>(std::popcount(static_cast<uint64_t>(a)));
        case Op::IClz: return static_cast<uint64_t>(std::countl_zero(static_cast<uint64_t>(a)));
        case Op::IntToFloat: return std::bit_cast<uint64_t>(static_cast<double>(a));
        default: return undefined(ir::op_text(op));
        }
    }

    const ir::Function& function_;
    const std::vector<uint64_t>& inputs_;
    const std::vector<uint64_t>& uniforms_;
    Guards guards_;
    std::vector<uint64_t> bits_;
    Outcome outcome_;
};

}  // namespace

std::string after(Pass pass, const std::string& text) {
    ir::Function function = ir::parse(text);
    ir::verify(function);
    pass(function);
    ir::verify(function);
    return ir::print(function);
}

std::string after(Pass pass, const std::string& head, const std::string& body) {
    const std::string text = after(pass, head + body);
    return text.starts_with(head) ? text.substr(head.size()) : text;
}

std::string Outcome::text() const {
    std::string text = handed_back ? "handed back" : ran_out ? "ran out" : kind->to_string();
    for (uint64_t leaf : leaves) {
        text += ' ';
        text += std::to_string(leaf);
    }
    for (ir::Origin origin : origins) {
        text += " from ";
        text += std::to_string(origin);
    }
    return text;
}

Outcome evaluate(const ir::Function& function, const std::vector<uint64_t>& inputs,
                 const std::vector<uint64_t>& uniforms, Guards guards) {
    return Evaluator(function, inputs, uniforms, guards).run();
}

TEST(Evaluator, RunsALoop) {
    const ir::Function function = ir::parse(R"(function "triangle" (input 0: i64) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : i64
  %1 = const 0 : i64
  jump block 1(%0, %1)
block 1(%2: i64, %3: i64):
  %4 = ilt %1 %2 : bool
  branch %4 block 2() else block 3()
block 2:
  %5 = const 1 : i64
  %6 = iadd.checked %3 %2 : i64
  %7 = isub %2 %5 : i64
  jump block 1(%7, %6)
block 3:
  return 0 (%3)
)");
    EXPECT_EQ(evaluate(function, {10}, {}, Guards::Leave).text(), "int 55 from 0");
    EXPECT_EQ(evaluate(function, {1000000}, {}, Guards::Leave).text(), "ran out");
}

TEST(Evaluator, NoticesFailedGuards) {
    const ir::Function function = ir::parse(R"(function "f" (input 0: bool) -> (slot 0: i64)
  variant 0: int origins (0) slots (0)
block 0:
  %0 = input 0 : bool
  guard %0
  %1 = const 3 : i64
  return 0 (%1)
)");
    for (Guards guards : {Guards::Leave, Guards::Accumulate}) {
        EXPECT_EQ(evaluate(function, {0}, {}, guards).text(), "handed back");
        EXPECT_EQ(evaluate(function, {1}, {}, guards).text(), "int 3 from 0");
    }
}

}  // namespace pp::passes::testing
