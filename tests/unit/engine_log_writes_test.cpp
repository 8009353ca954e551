/// Functions that add to Arrays, logged and applied, beside the loop that they stand for.
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "engine/apply_writes.h"
#include "engine/run.h"
#include "engine/run_ordered.h"
#include "engine/specialisation.h"

namespace pp::engine {
namespace {

using passes::Combination;

constexpr int64_t kSize = 16;

/// input 0: the index; input 1: x; uniform 0: the Array's address.
std::string function(const std::string& body, const char* type = "f64") {
    return std::string("function \"f\" (input 0: i64, input 1: ") + type +
           ", uniform 0: i64, uniform 1: i64) -> ()\n  variant 0: tuple[()] origins (0) slots ()\n" + body;
}

/// With `%3 = ` the offset of 8-byte elements, or 4-byte ones.
std::string head(int bytes = 8, const char* type = "f64") {
    return std::string("block 0:\n  %0 = input 0 : i64\n  %1 = input 1 : ") + type +
           "\n  %2 = uniform 0 : i64\n  %9 = const " + std::to_string(bytes) +
           " : i64\n  %8 = const 16 : i64\n  %7 = ilt %0 %8 : bool\n  guard %7\n  %3 = imul %0 %9 : i64\n";
}

template <typename Stored, typename X> struct Case {
    std::vector<int64_t> indices;
    std::vector<X> xs;
    std::vector<Stored> table;

    explicit Case(int seed, int64_t count = 4000) : table(kSize) {
        std::mt19937_64 random(static_cast<uint64_t>(seed));
        for (int64_t i = 0; i < count; ++i) {
            indices.push_back(static_cast<int64_t>(random() % kSize));
            xs.push_back(static_cast<X>(static_cast<double>(random() % 2001) - 1000.0) / X(4));
        }
    }

    std::vector<const void*> inputs() const { return {indices.data(), xs.data()}; }
    std::vector<uint64_t> uniforms(const std::vector<Stored>& of) const {
        return {reinterpret_cast<uintptr_t>(of.data()), kSize};
    }
};

template <typename X> KindRef kind_of_x() {
    return std::is_same_v<X, double> ? float_kind() : int_kind();
}

/// The loop's table, and how far it came.
template <typename Stored, typename X> int64_t loop(const std::string& text, const Case<Stored, X>& of, auto& table) {
    const KindRef columns[] = {int_kind(), kind_of_x<X>()};
    Specialisation specialisation(ir::parse(text), columns, {});
    const auto inputs = of.inputs();
    const auto uniforms = of.uniforms(table);
    data::Arenas memory;
    RunRequest request{};
    request.specialisation = &specialisation;
    request.inputs = inputs;
    request.uniforms = uniforms;
    request.memory = &memory;
    Timings timings;
    return run_ordered(request, 0, static_cast<int64_t>(of.indices.size()), timings).end;
}

struct Logged {
    std::vector<int64_t> flagged;
    bool fits = true;
};

std::optional<Logged> log_and_apply(const std::string& text, const auto& of, auto& table, bool items) {
    const KindRef columns[] = {int_kind(), kind_of_x<typename std::decay_t<decltype(of.xs)>::value_type>()};
    Specialisation original(ir::parse(text), columns, {});
    auto logged = passes::log_writes(original.function(), items);
    if (!logged) return std::nullopt;
    Specialisation specialisation(std::move(logged->function), columns, {});
    EXPECT_FALSE(specialisation.writes_shared());
    EXPECT_EQ(specialisation.function().outputs.size(), 2 * logged->writes.size());
    const auto inputs = of.inputs();
    const auto uniforms = of.uniforms(table);
    const auto count = static_cast<int64_t>(of.indices.size());
    const data::Arrays outputs(specialisation.function().outputs, count);
    data::Arenas memory;
    RunRequest request{};
    request.specialisation = &specialisation;
    request.inputs = inputs;
    request.outputs = outputs.pointers();
    request.uniforms = uniforms;
    request.count = count;
    request.memory = &memory;
    Timings timings;
    Logged answer{run_on_cpu(request, timings).flagged};
    std::vector<WriteLog> logs;
    for (size_t i = 0; i < logged->writes.size(); ++i) {
        const auto view = [&](size_t slot, bool is_float) {
            return data::LeafView{outputs.as<char>(slot), 8,
                                  is_float ? data::NumberFormat::Float64 : data::NumberFormat::Int64};
        };
        logs.push_back({logged->writes[i], view(2 * i, false), view(2 * i + 1, logged->writes[i].type == ir::Type::F64),
                        reinterpret_cast<char*>(table.data())});
    }
    if (answer.flagged.empty()) answer.fits = apply_in_order(logs, count);
    return answer;
}

/// Logged and applied it is what the loop leaves, bit for bit.
template <typename Stored, typename X> void expect_same(const std::string& text, const Case<Stored, X>& of) {
    std::vector<Stored> wanted = of.table;
    ASSERT_EQ(loop(text, of, wanted), static_cast<int64_t>(of.indices.size()));
    for (const bool items : {false, true}) {
        std::vector<Stored> got = of.table;
        const auto answer = log_and_apply(text, of, got, items);
        ASSERT_TRUE(answer.has_value());
        EXPECT_TRUE(answer->flagged.empty() && answer->fits);
        EXPECT_EQ(std::memcmp(got.data(), wanted.data(), sizeof(Stored) * kSize), 0);
    }
    EXPECT_NE(wanted, of.table) << "something was written";
}

bool is_logged(const std::string& text) {
    return passes::log_writes(ir::parse(text), true).has_value();
}

TEST(LogWrites, Additions) {
    expect_same(
        function(head() + "  %4 = load 8 %2 %3 : f64\n  %5 = fadd %4 %1 : f64\n  write 8 1 %2 %3 %5\n  return 0 ()\n"),
        Case<double, double>(1));
    expect_same(
        function(head() + "  %4 = load 8 %2 %3 : f64\n  %5 = fadd %1 %4 : f64\n  write 8 1 %2 %3 %5\n  return 0 ()\n"),
        Case<double, double>(2));
    expect_same(
        function(head() + "  %4 = load 8 %2 %3 : f64\n  %5 = fsub %4 %1 : f64\n  write 8 1 %2 %3 %5\n  return 0 ()\n"),
        Case<double, double>(3));
    const auto ints = [](const char* operation) {
        return function(head(8, "i64") + "  %4 = load 8 %2 %3 : i64\n  %5 = " + operation +
                            " %4 %1 : i64\n  write 8 1 %2 %3 %5\n  return 0 ()\n",
                        "i64");
    };
    expect_same(ints("iadd.checked"), Case<int64_t, int64_t>(4));
    expect_same(ints("isub.checked"), Case<int64_t, int64_t>(5));
}

constexpr const char* kNarrowFloat = R"(  %4 = load 4 %2 %3 : f64
  %5 = fadd %4 %1 : f64
  %10 = fabs %5 : f64
  %11 = const 3.4028235677973366e+38 : f64
  %12 = fle %11 %10 : bool
  %13 = const 1.7976931348623157e+308 : f64
  %14 = fle %10 %13 : bool
  %15 = band %12 %14 : bool
  %16 = bnot %15 : bool
  guard %16
  write 4 1 %2 %3 %5
  return 0 ()
)";

constexpr const char* kNarrowInt = R"(  %4 = load 4 %2 %3 : i64
  %10 = const 32 : i64
  %11 = ishl %4 %10 : i64
  %12 = ishr %11 %10 : i64
  %5 = iadd.checked %12 %1 : i64
  %13 = const -2147483648 : i64
  %14 = ile %13 %5 : bool
  guard %14
  %15 = const 2147483647 : i64
  %16 = ile %5 %15 : bool
  guard %16
  write 4 1 %2 %3 %5
  return 0 ()
)";

TEST(LogWrites, NarrowNumbers) {
    expect_same(function(head(4) + kNarrowFloat), Case<float, double>(6));
    expect_same(function(head(4, "i64") + kNarrowInt, "i64"), Case<int32_t, int64_t>(7));
}

TEST(LogWrites, LeastAndMost) {
    const auto text = [](const char* condition) {
        return function(head() + "  %4 = load 8 %2 %3 : f64\n  %6 = flt " + condition +
                        " : bool\n  %5 = select %6 %1 %4 : f64\n  write 8 1 %2 %3 %5\n  return 0 ()\n");
    };
    expect_same(text("%4 %1"), Case<double, double>(8));
    expect_same(text("%1 %4"), Case<double, double>(9));
    const auto branch = [](const char* condition) {
        return function(
            head() + "  %4 = load 8 %2 %3 : f64\n  %6 = flt " + condition +
            " : bool\n  branch %6 block 1() else block 2()\nblock 1:\n  write 8 1 %2 %3 %1\n  jump block 2()\n"
            "block 2:\n  return 0 ()\n");
    };
    expect_same(branch("%4 %1"), Case<double, double>(10));
    expect_same(branch("%1 %4"), Case<double, double>(11));
}

TEST(LogWrites, OnlySomeElementsComeBy) {
    expect_same(function(head() + R"(  %4 = const 0.0 : f64
  %5 = flt %4 %1 : bool
  branch %5 block 1() else block 2()
block 1:
  %10 = load 8 %2 %3 : f64
  %11 = fadd %10 %1 : f64
  write 8 0 %2 %3 %11
  jump block 2()
block 2:
  return 0 ()
)"),
                Case<double, double>(12));
}

TEST(LogWrites, TwoPlacesOfOneArrayKeepTheirOrder) {
    expect_same(function(head() + R"(  %4 = load 8 %2 %3 : f64
  %5 = fadd %4 %1 : f64
  write 8 0 %2 %3 %5
  %10 = const 0 : i64
  %11 = load 8 %2 %10 : f64
  %12 = const 0.125 : f64
  %13 = fmul %1 %12 : f64
  %14 = fadd %11 %13 : f64
  write 8 1 %2 %10 %14
  return 0 ()
)"),
                Case<double, double>(13));
}

// table[i] += x * weights[i], with the weights at uniform 1.
TEST(LogWrites, OtherArraysAreRead) {
    const std::string text = function(head() + R"(  %4 = uniform 1 : i64
  %5 = load 8 %4 %3 : f64
  %10 = fmul %1 %5 : f64
  %11 = load 8 %2 %3 : f64
  %12 = fadd %11 %10 : f64
  write 8 1 %2 %3 %12
  return 0 ()
)");
    struct Weighted : Case<double, double> {
        using Case::Case;
        std::vector<double> weights = std::vector<double>(kSize, 0.5);
        std::vector<uint64_t> uniforms(const std::vector<double>& of) const {
            return {reinterpret_cast<uintptr_t>(of.data()), reinterpret_cast<uintptr_t>(weights.data())};
        }
    } of(17);
    of.weights[3] = 4.0;
    const KindRef columns[] = {int_kind(), float_kind()};
    std::vector<double> wanted = of.table;
    for (size_t i = 0; i < of.indices.size(); ++i)
        wanted[static_cast<size_t>(of.indices[i])] += of.xs[i] * of.weights[static_cast<size_t>(of.indices[i])];
    for (const bool items : {false, true}) {
        std::vector<double> got = of.table;
        EXPECT_TRUE(log_and_apply(text, of, got, items)->fits);
        EXPECT_EQ(got, wanted);
    }
    Specialisation on_gpu(passes::log_writes(ir::parse(text), true)->function, columns, {});
    EXPECT_FALSE(on_gpu.is_dynamic()) << "its kernel can stay with the columns";
    EXPECT_NE(codegen::compile_ptx(on_gpu.function(), 90, {}).ptx.find("ld.global.nc"), std::string::npos);
}

TEST(LogWrites, WhatTheLoopWouldHandBackIsFound) {
    const std::string add = function(
        head(8, "i64") +
            "  %4 = load 8 %2 %3 : i64\n  %5 = iadd.checked %4 %1 : i64\n  write 8 1 %2 %3 %5\n  return 0 ()\n",
        "i64");
    Case<int64_t, int64_t> full(14);
    full.table[full.indices[100]] = INT64_MAX - 5;
    full.xs[100] = 1000;
    std::vector<int64_t> table = full.table;
    EXPECT_LT(loop(add, full, table), 4000);
    table = full.table;
    EXPECT_FALSE(log_and_apply(add, full, table, true)->fits);
    Case<int64_t, int64_t> outside(15);
    outside.indices[70] = kSize;
    table = outside.table;
    EXPECT_EQ(log_and_apply(add, outside, table, true)->flagged, std::vector<int64_t>{70});
    EXPECT_EQ(table, outside.table) << "nothing is written";
    Case<float, double> large(16);
    large.table[large.indices[0]] = 3e38F;
    large.xs[0] = 2e38;
    std::vector<float> floats = large.table;
    EXPECT_FALSE(log_and_apply(function(head(4) + kNarrowFloat), large, floats, true)->fits);
}

TEST(LogWrites, WhatIsNoAdditionIsLeft) {
    const auto body = [](const char* rest) { return function(head() + rest); };
    EXPECT_TRUE(
        is_logged(body("  %4 = load 8 %2 %3 : f64\n  %5 = fadd %4 %1 : f64\n  write 8 1 %2 %3 %5\n  return 0 ()\n")));
    EXPECT_FALSE(is_logged(body("  write 8 1 %2 %3 %1\n  return 0 ()\n"))) << "the last one wins";
    EXPECT_FALSE(
        is_logged(body("  %4 = load 8 %2 %3 : f64\n  %5 = fmul %4 %1 : f64\n  write 8 1 %2 %3 %5\n  return 0 ()\n")));
    EXPECT_FALSE(
        is_logged(body("  %4 = load 8 %2 %3 : f64\n  %5 = fsub %1 %4 : f64\n  write 8 1 %2 %3 %5\n  return 0 ()\n")));
    EXPECT_FALSE(
        is_logged(body("  %4 = load 8 %2 %3 : f64\n  %5 = fadd %4 %4 : f64\n  write 8 1 %2 %3 %5\n  return 0 ()\n")));
    EXPECT_FALSE(
        is_logged(body("  %4 = load 8 %2 %9 : f64\n  %5 = fadd %4 %1 : f64\n  write 8 1 %2 %3 %5\n  return 0 ()\n")))
        << "another element";
    EXPECT_FALSE(is_logged(body("  %4 = load 8 %2 %3 : f64\n  %5 = fadd %4 %1 : f64\n  %6 = flt %5 %1 : bool\n  guard "
                                "%6\n  write 8 1 %2 %3 %5\n  return 0 ()\n")))
        << "a check of the function's own";
    EXPECT_FALSE(is_logged(body("  %4 = load 8 %2 %3 : f64\n  %5 = fadd %4 %1 : f64\n  write 8 0 %2 %3 %5\n  write 8 1 "
                                "%2 %9 %5\n  return 0 ()\n")))
        << "it is used otherwise";
    EXPECT_FALSE(is_logged(body("  %4 = load 8 %2 %3 : f64\n  %10 = load 8 %2 %9 : f64\n  %5 = fadd %4 %10 : f64\n"
                                "  write 8 1 %2 %3 %5\n  return 0 ()\n")))
        << "it reads what it writes to";
    EXPECT_FALSE(is_logged(body("  %4 = load 8 %2 %3 : f64\n  %6 = flt %4 %1 : bool\n  %5 = select %6 %4 %1 : f64\n"
                                "  write 8 1 %2 %3 %5\n  return 0 ()\n")))
        << "min(x, a), which takes x where they are equal or NaN";
    EXPECT_FALSE(is_logged(body(R"(  %4 = load 8 %2 %3 : f64
  %10 = load 8 %2 %9 : f64
  %5 = fadd %4 %1 : f64
  write 8 0 %2 %3 %5
  %11 = fadd %10 %1 : f64
  write 8 1 %2 %9 %11
  return 0 ()
)"))) << "written between reading and writing";
    EXPECT_FALSE(is_logged(body(R"(  jump block 1()
block 1:
  %4 = load 8 %2 %3 : f64
  %5 = fadd %4 %1 : f64
  write 8 0 %2 %3 %5
  %6 = flt %1 %1 : bool
  branch %6 block 1() else block 2()
block 2:
  return 0 ()
)"))) << "a loop";
}

}  // namespace
}  // namespace pp::engine
