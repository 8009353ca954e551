/// Kernels that write to memory which all elements share: in order, up to the first element that is handed back.
#include "engine/run_ordered.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "engine/write_journal.h"
#include "passes/passes.h"

namespace pp::engine {
namespace {

// table[i] += 2.5, then a check that i * i < limit.
constexpr const char* kAdd = R"(function "add" (input 0: i64, uniform 0: i64, uniform 1: i64) -> ()
  variant 0: None origins (0) slots ()
block 0:
  %0 = input 0 : i64
  %1 = uniform 0 : i64
  %2 = uniform 1 : i64
  %3 = const 8 : i64
  %4 = imul %0 %3 : i64
  %5 = load 8 %1 %4 : f64
  %6 = const 2.5 : f64
  %7 = fadd %5 %6 : f64
  write 8 0 %1 %4 %7
  %8 = imul %0 %0 : i64
  %9 = ilt %8 %2 : bool
  guard %9
  return 0 ()
)";

uint64_t address(const void* place) {
    return reinterpret_cast<uintptr_t>(place);
}

OrderedAnswer run(Specialisation& specialisation, const std::vector<int64_t>& indices, std::vector<double>& table,
                  int64_t limit, int64_t begin) {
    const void* inputs[] = {indices.data()};
    const std::vector<uint64_t> uniforms{address(table.data()), static_cast<uint64_t>(limit)};
    data::Arenas memory;
    RunRequest request{};
    request.specialisation = &specialisation;
    request.inputs = inputs;
    request.uniforms = uniforms;
    request.memory = &memory;
    Timings timings;
    return run_ordered(request, begin, static_cast<int64_t>(indices.size()), timings);
}

TEST(RunOrdered, StopsAtTheFirstElementToHandBackWhichHasWrittenNothing) {
    const KindRef columns[] = {int_kind()};
    Specialisation specialisation(ir::parse(kAdd), columns, {});
    EXPECT_TRUE(specialisation.writes_shared());
    EXPECT_TRUE(specialisation.is_dynamic());
    std::vector<double> table(10);
    std::vector<int64_t> indices(1000, 3);
    indices[700] = 9;
    const OrderedAnswer first = run(specialisation, indices, table, 50, 0);
    EXPECT_TRUE(first.completed && first.has_flagged);
    EXPECT_EQ(first.end, 700);
    EXPECT_EQ(table[3], 700 * 2.5);
    EXPECT_EQ(table[9], 0.0);
    const OrderedAnswer second = run(specialisation, indices, table, 50, 701);
    EXPECT_TRUE(second.completed && !second.has_flagged);
    EXPECT_EQ(second.end, 1000);
    EXPECT_EQ(table[3], 999 * 2.5);
    EXPECT_EQ(std::accumulate(table.begin(), table.end(), 0.0), 999 * 2.5);
}

TEST(RunOrdered, FirstAndLastElementsMayBeHandedBack) {
    const KindRef columns[] = {int_kind()};
    Specialisation specialisation(ir::parse(kAdd), columns, {});
    std::vector<double> table(10);
    const std::vector<int64_t> indices{9, 1, 9};
    EXPECT_EQ(run(specialisation, indices, table, 50, 0).end, 0);
    EXPECT_EQ(run(specialisation, indices, table, 50, 1).end, 2);
    EXPECT_EQ(table, (std::vector<double>{0, 2.5, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(RunOrdered, WritesBehindTheLastCheckAreNotKept) {
    std::string text = kAdd;
    ir::Function function = ir::parse(text);
    passes::settle_writes(function);
    EXPECT_NE(ir::print(function).find("write 8 0"), std::string::npos);
    text.erase(text.find("  guard %9\n"), 11);
    function = ir::parse(text);
    passes::settle_writes(function);
    EXPECT_NE(ir::print(function).find("write 8 1"), std::string::npos);
    EXPECT_EQ(ir::print(ir::parse(ir::print(function))), ir::print(function));
}

TEST(RunOrdered, FloatsOfFourBytesAreRoundedWhereTheyAreWritten) {
    const KindRef columns[] = {int_kind()};
    std::string text = kAdd;
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"const 8", "const 4"},
                                   {"load 8", "load 4"},
                                   {"write 8", "write 4"},
                                   {"const 2.5", "const 0.1"}})
        text.replace(text.find(from), from.size(), to);
    Specialisation specialisation(ir::parse(text), columns, {});
    std::vector<double> table(10);
    const std::vector<int64_t> indices(100, 1);
    run(specialisation, indices, table, 50, 0);
    float expected = 0;
    for (int i = 0; i < 100; ++i)
        expected = static_cast<float>(static_cast<double>(expected) + 0.1);
    EXPECT_EQ(reinterpret_cast<const float*>(table.data())[1], expected);
}

TEST(WriteJournal, TakesBackWhatTheLatestElementWroteInReverse) {
    WriteJournal journal;
    int32_t word = 1;
    int64_t other = 5;
    EXPECT_EQ(static_cast<KernelJournal&>(journal).keep(&journal, address(&other), 8, 1), 1u);
    other = 6;
    EXPECT_EQ(static_cast<KernelJournal&>(journal).keep(&journal, address(&word), 4, 2), 1u);
    word = 2;
    EXPECT_EQ(static_cast<KernelJournal&>(journal).keep(&journal, address(&word), 4, 2), 1u);
    word = 3;
    journal.undo(1);
    EXPECT_EQ(word, 3);
    journal.undo(2);
    EXPECT_EQ(word, 1);
    EXPECT_EQ(other, 6);
}

}  // namespace
}  // namespace pp::engine
