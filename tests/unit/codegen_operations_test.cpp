/// Every operation against its meaning in C++, alone in a kernel, over all pairs of awkward operands.
#include <gtest/gtest.h>

#include <dlfcn.h>

#include <bit>
#include <cmath>
#include <limits>

#include "codegen_testing.h"

namespace pp::codegen::testing {
namespace {

using ir::Op;
using ir::Type;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

const std::vector<double> kFloats{0.0,
                                  -0.0,
                                  1.0,
                                  -1.0,
                                  0.5,
                                  1.5,
                                  2.5,
                                  -2.5,
                                  0.1,
                                  3.7,
                                  -3.2,
                                  1e300,
                                  kNan,
                                  5e-324,
                                  kInf,
                                  -1e300,
                                  -kInf,
                                  710.25,
                                  1e-320,
                                  0.999,
                                  7.25,
                                  100.0,
                                  4503599627370497.5};
const std::vector<int64_t> kInts{0,  1,  -1,      2,        -2,    3,      7,         -8,
                                 63, 64, 1000003, -1000003, kMost, kLeast, kMost - 1, kLeast + 1};

KindRef kind_of(Type type) {
    return type == Type::F64 ? float_kind() : type == Type::I64 ? int_kind() : bool_kind();
}

using Emit = std::function<ir::ValueId(ir::Builder&, const std::vector<ir::ValueId>&)>;

Kernel kernel_of(const std::vector<Type>& inputs, Type result, const Emit& emit) {
    ir::Function function;
    function.name = "operation";
    function.inputs = inputs;
    function.outputs = {result};
    function.variants.push_back({kind_of(result), {ir::kFresh}, {0}});
    ir::Builder builder(function);
    builder.set_block(builder.add_block());
    std::vector<ir::ValueId> operands;
    for (uint32_t i = 0; i < inputs.size(); ++i)
        operands.push_back(builder.input(i));
    builder.ret(0, {emit(builder, operands)});
    return Kernel(std::move(function));
}

Emit emit_op(Op op) {
    return [op](ir::Builder& builder, const std::vector<ir::ValueId>& x) {
        return x.size() == 1 ? builder.op(op, {x[0]}) : builder.op(op, {x[0], x[1]});
    };
}

template <typename T>
constexpr Type type_of = std::is_same_v<T, double>    ? Type::F64
                         : std::is_same_v<T, int64_t> ? Type::I64
                                                      : Type::Bool;

template <typename T> void expect_same(T actual, T expected, const std::string& what) {
    if constexpr (std::is_same_v<T, double>) {
        // Which bits a NaN has is left open by IEEE 754; that it is one is not.
        if (std::isnan(expected))
            EXPECT_TRUE(std::isnan(actual)) << what;
        else
            EXPECT_EQ(std::bit_cast<uint64_t>(actual), std::bit_cast<uint64_t>(expected)) << what << actual;
    } else {
        EXPECT_EQ(actual, expected) << what;
    }
}

template <typename Result, typename Operand, typename Reference>
void check_unary(Op op, const std::vector<Operand>& operands, Reference reference) {
    Kernel kernel = kernel_of({type_of<Operand>}, type_of<Result>, emit_op(op));
    EXPECT_EQ(kernel.run({operands.data()}, static_cast<int64_t>(operands.size())), kOk);
    const auto results = kernel.output<Result>(0);
    for (size_t i = 0; i < operands.size(); ++i)
        expect_same<Result>(results[i], reference(operands[i]), std::string(ir::op_text(op)) + " " + std::to_string(i));
}

template <typename Result, typename Operand, typename Reference>
void check_binary(Op op, const std::vector<Operand>& operands, const std::vector<Operand>& seconds,
                  Reference reference) {
    Kernel kernel = kernel_of({type_of<Operand>, type_of<Operand>}, type_of<Result>, emit_op(op));
    std::vector<Operand> x, y;
    for (const Operand& first : operands) {
        for (const Operand& second : seconds) {
            x.push_back(first);
            y.push_back(second);
        }
    }
    EXPECT_EQ(kernel.run({x.data(), y.data()}, static_cast<int64_t>(x.size())), kOk);
    const auto results = kernel.output<Result>(0);
    for (size_t i = 0; i < x.size(); ++i)
        expect_same<Result>(results[i], static_cast<Result>(reference(x[i], y[i])),
                            std::string(ir::op_text(op)) + " " + std::to_string(i));
}

TEST(CodegenOperations, FloatArithmetic) {
    check_binary<double>(Op::FAdd, kFloats, kFloats, [](double x, double y) { return x + y; });
    check_binary<double>(Op::FSub, kFloats, kFloats, [](double x, double y) { return x - y; });
    check_binary<double>(Op::FMul, kFloats, kFloats, [](double x, double y) { return x * y; });
    check_binary<double>(Op::FDiv, kFloats, kFloats, [](double x, double y) { return x / y; });
    check_binary<double>(Op::FCopySign, kFloats, kFloats, [](double x, double y) { return std::copysign(x, y); });
    check_unary<double>(Op::FNeg, kFloats, [](double x) { return -x; });
    check_unary<double>(Op::FAbs, kFloats, [](double x) { return std::fabs(x); });
    check_unary<double>(Op::FSqrt, kFloats, [](double x) { return std::sqrt(x); });
    check_unary<double>(Op::FFloor, kFloats, [](double x) { return std::floor(x); });
    check_unary<double>(Op::FCeil, kFloats, [](double x) { return std::ceil(x); });
    check_unary<double>(Op::FTrunc, kFloats, [](double x) { return std::trunc(x); });
    check_unary<double>(Op::FRoundEven, kFloats, [](double x) { return std::nearbyint(x); });
}

TEST(CodegenOperations, FloatComparisons) {
    check_binary<uint8_t>(Op::FEq, kFloats, kFloats, [](double x, double y) { return x == y; });
    check_binary<uint8_t>(Op::FNe, kFloats, kFloats, [](double x, double y) { return x != y; });
    check_binary<uint8_t>(Op::FLt, kFloats, kFloats, [](double x, double y) { return x < y; });
    check_binary<uint8_t>(Op::FLe, kFloats, kFloats, [](double x, double y) { return x <= y; });
}

TEST(CodegenOperations, FusedMultiplyAddRoundsOnce) {
    Kernel kernel = kernel_of({Type::F64, Type::F64, Type::F64}, Type::F64,
                              [](ir::Builder& builder, const std::vector<ir::ValueId>& x) {
                                  return builder.op(Op::FFma, {x[0], x[1], x[2]});
                              });
    const std::vector<double> x{0.1, 1 + 0x1p-52, 1e308, kNan, 3}, y{10, 1 - 0x1p-52, 10, 1, 4}, z{-1, -1, -kInf, 2, 5};
    EXPECT_EQ(kernel.run({x.data(), y.data(), z.data()}, 5), kOk);
    for (size_t i = 0; i < x.size(); ++i)
        expect_same(kernel.output<double>(0)[i], std::fma(x[i], y[i], z[i]), "fma " + std::to_string(i));
}

TEST(CodegenOperations, MultiplyThenAddRoundsTwice) {
    Kernel kernel = kernel_of({Type::F64, Type::F64, Type::F64}, Type::F64,
                              [](ir::Builder& builder, const std::vector<ir::ValueId>& x) {
                                  return builder.op(Op::FAdd, {builder.op(Op::FMul, {x[0], x[1]}), x[2]});
                              });
    const std::vector<double> x(9, 1 + 0x1p-52), y(9, 1 - 0x1p-52), z(9, -1);
    ASSERT_NE(std::fma(x[0], y[0], z[0]), 0);
    EXPECT_EQ(kernel.run({x.data(), y.data(), z.data()}, 9), kOk);
    EXPECT_EQ(kernel.output<double>(0), std::vector<double>(9, 0));
}

TEST(CodegenOperations, IntArithmetic) {
    const auto wrap = [](auto operation) {
        return [operation](int64_t x, int64_t y) {
            return static_cast<int64_t>(operation(static_cast<uint64_t>(x), static_cast<uint64_t>(y)));
        };
    };
    check_binary<int64_t>(Op::IAdd, kInts, kInts, wrap(std::plus<uint64_t>{}));
    check_binary<int64_t>(Op::ISub, kInts, kInts, wrap(std::minus<uint64_t>{}));
    check_binary<int64_t>(Op::IMul, kInts, kInts, wrap(std::multiplies<uint64_t>{}));
    check_binary<int64_t>(Op::IAnd, kInts, kInts, [](int64_t x, int64_t y) { return x & y; });
    check_binary<int64_t>(Op::IOr, kInts, kInts, [](int64_t x, int64_t y) { return x | y; });
    check_binary<int64_t>(Op::IXor, kInts, kInts, [](int64_t x, int64_t y) { return x ^ y; });
    const std::vector<int64_t> divisors{1, 2, -2, 3, 7, -8, 1000003, kMost, kLeast};
    check_binary<int64_t>(Op::IDiv, kInts, divisors, [](int64_t x, int64_t y) { return x / y; });
    check_binary<int64_t>(Op::IRem, kInts, divisors, [](int64_t x, int64_t y) { return x % y; });
    const std::vector<int64_t> counts{0, 1, 31, 32, 62, 63};
    check_binary<int64_t>(Op::IShl, kInts, counts, wrap([](uint64_t x, uint64_t y) { return x << y; }));
    check_binary<int64_t>(Op::IShr, kInts, counts, [](int64_t x, int64_t y) { return x >> y; });
    check_unary<int64_t>(Op::IPopcount, kInts,
                         [](int64_t x) { return int64_t{std::popcount(static_cast<uint64_t>(x))}; });
    check_unary<int64_t>(Op::IClz, kInts,
                         [](int64_t x) { return int64_t{std::countl_zero(static_cast<uint64_t>(x))}; });
}

TEST(CodegenOperations, IntComparisons) {
    check_binary<uint8_t>(Op::IEq, kInts, kInts, [](int64_t x, int64_t y) { return x == y; });
    check_binary<uint8_t>(Op::INe, kInts, kInts, [](int64_t x, int64_t y) { return x != y; });
    check_binary<uint8_t>(Op::ILt, kInts, kInts, [](int64_t x, int64_t y) { return x < y; });
    check_binary<uint8_t>(Op::ILe, kInts, kInts, [](int64_t x, int64_t y) { return x <= y; });
}

TEST(CodegenOperations, Bools) {
    const std::vector<uint8_t> bools{0, 1, 1, 0, 1};
    check_binary<uint8_t>(Op::BAnd, bools, bools, [](uint8_t x, uint8_t y) { return x & y; });
    check_binary<uint8_t>(Op::BOr, bools, bools, [](uint8_t x, uint8_t y) { return x | y; });
    check_binary<uint8_t>(Op::BXor, bools, bools, [](uint8_t x, uint8_t y) { return x ^ y; });
    check_unary<uint8_t>(Op::BNot, bools, [](uint8_t x) { return static_cast<uint8_t>(!x); });
    check_unary<int64_t>(Op::BoolToInt, bools, [](uint8_t x) { return int64_t{x}; });
}

TEST(CodegenOperations, Conversions) {
    check_unary<double>(Op::IntToFloat, kInts, [](int64_t x) { return static_cast<double>(x); });
    check_unary<int64_t>(Op::FloatToInt,
                         std::vector<double>{0.0, -0.0, 0.9, -0.9, 2.5, -1e18, 0x1.fffffffffffffp62, -0x1p63},
                         [](double x) { return static_cast<int64_t>(x); });
    check_unary<int64_t>(Op::FloatBits, kFloats, [](double x) { return std::bit_cast<int64_t>(x); });
    check_unary<double>(Op::BitsFloat, kInts, [](int64_t x) { return std::bit_cast<double>(x); });
}

TEST(CodegenOperations, SelectTakesOneSide) {
    Kernel kernel = kernel_of({Type::Bool, Type::F64, Type::F64}, Type::F64,
                              [](ir::Builder& builder, const std::vector<ir::ValueId>& x) {
                                  return builder.op(Op::Select, {x[0], x[1], x[2]});
                              });
    const std::vector<uint8_t> choices{1, 0, 1, 0, 0};
    const std::vector<double> x{1, 2, 3, 4, 5}, y{-1, kNan, -3, -4, -5};
    EXPECT_EQ(kernel.run({choices.data(), x.data(), y.data()}, 4), kOk);
    EXPECT_EQ(kernel.output<double>(0)[0], 1);
    EXPECT_TRUE(std::isnan(kernel.output<double>(0)[1]));
    EXPECT_EQ(kernel.output<double>(0)[3], -4);
}

// The loader's answer for a libm function, found here by name and not through the table under test.
double call_libm(const ir::MathInfo& info, double x, double y) {
    void* const address = dlsym(RTLD_DEFAULT, info.name);
    if (info.arity == 1) return reinterpret_cast<double (*)(double)>(address)(x);
    return reinterpret_cast<double (*)(double, double)>(address)(x, y);
}

TEST(CodegenOperations, MathFunctionsHaveTheBitsOfLibm) {
    constexpr ir::MathFunction kAll[] = {
#define PP_MATH(name, libm, arity, check, libdevice, ulp) ir::MathFunction::name,
#include "ir/math_functions.inc"
#undef PP_MATH
    };
    for (const ir::MathFunction function : kAll) {
        const ir::MathInfo& info = ir::math_info(function);
        ASSERT_NE(dlsym(RTLD_DEFAULT, info.name), nullptr) << info.name;
        Kernel kernel =
            kernel_of({Type::F64, Type::F64}, Type::F64, [&](ir::Builder& builder, const std::vector<ir::ValueId>& x) {
                return info.arity == 1 ? builder.math(Op::CallMath, function, {x[0]})
                                       : builder.math(Op::CallMath, function, {x[0], x[1]});
            });
        std::vector<double> x, y;
        for (const double first : kFloats) {
            for (const double second : kFloats) {
                x.push_back(first);
                y.push_back(second);
            }
        }
        EXPECT_EQ(kernel.run({x.data(), y.data()}, static_cast<int64_t>(x.size())), kOk);
        const auto results = kernel.output<double>(0);
        for (size_t i = 0; i < x.size(); ++i)
            expect_same(results[i], call_libm(info, x[i], y[i]),
                        std::string(info.name) + " " + std::to_string(x[i]) + " " + std::to_string(y[i]) + " ");
    }
}

}  // namespace
}  // namespace pp::codegen::testing
