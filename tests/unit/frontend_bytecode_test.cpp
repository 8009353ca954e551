/// The decoder against `dis`, against itself in other versions, and rule by rule.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "frontend/bytecode.h"
#include "frontend/bytecode_graph.h"
#include "frontend/bytecode_instructions.h"
#include "frontend_code_view_text.h"

namespace pp::frontend {
namespace {

constexpr int kVersions[] = {311, 312, 313, 314};

std::string fixture(const std::string& kind, int version) {
    return std::string(PP_TESTS_DIR) + "/bytecode/" + kind + "_" + std::to_string(version) + ".txt";
}

/// Recordings of `version`: the corpus, and for the interpreter of this build its standard library, recorded by cmake.
std::vector<std::string> recordings(int version) {
    std::vector<std::string> paths{fixture("corpus", version)};
    if (version == PP_STDLIB_VERSION) paths.push_back(PP_STDLIB_RECORDING);
    return paths;
}

std::string text_of(const CodeView& code) {
    return print(decode(code), code);
}

/// The code and all code objects among its constants.
void collect(const std::shared_ptr<const CodeView>& code, std::vector<std::shared_ptr<const CodeView>>& all) {
    all.push_back(code);
    for (const Constant& constant : code->constants) {
        if (auto* inner = std::get_if<std::shared_ptr<const CodeView>>(&constant.value)) collect(*inner, all);
    }
}

/// Canonical text of every function of the corpus, inner functions included, by qualified name.
std::map<std::string, std::string> corpus_texts(int version) {
    std::map<std::string, std::string> texts;
    for (const test::RecordedFunction& function : test::read_recorded(fixture("corpus", version))) {
        std::vector<std::shared_ptr<const CodeView>> codes;
        collect(function.code, codes);
        for (const auto& code : codes)
            texts[code->qualified_name] = text_of(*code);
    }
    return texts;
}

class EveryVersion : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Bytecode, EveryVersion, testing::ValuesIn(kVersions));

TEST_P(EveryVersion, InstructionsAreThoseOfDis) {
    size_t functions = 0;
    for (const std::string& path : recordings(GetParam())) {
        for (const test::RecordedFunction& function : test::read_recorded(path)) {
            SCOPED_TRACE(function.code->qualified_name);
            std::vector<Instruction> instructions = read_instructions(*function.code);
            ASSERT_EQ(instructions.size(), function.listing.size());
            for (size_t i = 0; i < instructions.size(); ++i) {
                const test::ListedInstruction& listed = function.listing[i];
                const Instruction& got = instructions[i];
                ASSERT_EQ(got.unit, listed.unit);
                ASSERT_EQ(opcode_name(got.opcode), listed.opcode);
                ASSERT_EQ(got.argument, listed.argument) << listed.opcode << " at " << listed.unit;
                ASSERT_EQ(got.target < 0, listed.target_unit < 0) << listed.opcode << " at " << listed.unit;
                if (got.target < 0) continue;
                // dis may name the EXTENDED_ARG in front of the instruction.
                uint32_t begin = static_cast<uint32_t>(listed.target_unit), unit = instructions[got.target].unit;
                ASSERT_LE(begin, unit);
                ASSERT_LE(unit - begin, 3u);
                for (; begin < unit; ++begin) {
                    const OpcodeInfo& prefix = opcode_table(GetParam())[function.code->code[2 * begin]];
                    ASSERT_EQ(prefix.opcode, Opcode::EXTENDED_ARG);
                }
            }
            ++functions;
        }
    }
    EXPECT_GT(functions, GetParam() == PP_STDLIB_VERSION ? 400u : 100u);
}

/// How deep the stack is before each operation, checked to be the same on every path.
void check_stack(const std::vector<Operation>& operations) {
    std::vector<int32_t> depths(operations.size(), -1);
    std::vector<size_t> pending;
    auto reach = [&](size_t to, int32_t depth) {
        ASSERT_LT(to, operations.size());
        ASSERT_GE(depth, 0);
        if (depths[to] < 0) {
            depths[to] = depth;
            pending.push_back(to);
        }
        ASSERT_EQ(depths[to], depth) << "operation " << to;
    };
    reach(0, 0);
    while (!pending.empty()) {
        size_t at = pending.back();
        pending.pop_back();
        const Operation& operation = operations[at];
        StackEffect effect = stack_effect(operation);
        ASSERT_LE(effect.pops, depths[at]);
        int32_t depth = depths[at] - effect.pops + effect.pushes;
        if (operation.op == Canon::Next) reach(operation.target, depths[at] - 1);
        if (operation.op == Canon::Jump || operation.op == Canon::JumpIfFalse) reach(operation.target, depth);
        if (operation.op != Canon::Jump && !ends_path(operation)) reach(at + 1, depth);
    }
    EXPECT_EQ(std::count(depths.begin(), depths.end(), -1), 0) << "unreachable operations";
}

TEST_P(EveryVersion, EveryRecordedFunctionDecodesToConsistentOperations) {
    for (const std::string& path : recordings(GetParam())) {
        for (const test::RecordedFunction& function : test::read_recorded(path)) {
            std::vector<std::shared_ptr<const CodeView>> codes;
            collect(function.code, codes);
            for (const auto& code : codes) {
                SCOPED_TRACE(code->qualified_name);
                std::vector<Operation> operations = decode(*code);
                check_stack(operations);
                for (const Operation& operation : operations) {
                    EXPECT_NE(operation.op, Canon::Nothing);
                    EXPECT_NE(operation.op, Canon::JumpIfTrue);
                    EXPECT_EQ(operation.op == Canon::Unsupported, !operation.text.empty());
                    EXPECT_FALSE(operation.text.starts_with("construct that")) << operation.text;
                }
            }
        }
    }
}

/// Functions whose canonical text differs between versions, and why it has to.
const std::map<std::string, std::string> kDifferent = {
    {"augmented_slice", "3.12 and 3.13 keep the slice's parts on the stack instead of the slice"},
    {"annotated_inner", "3.14 makes annotations by a function"},
    {"f_string_converted_and_specified", "3.13 converts before it makes the specification"},
    {"dict_display_of_branches", "3.14 pushes each key before its value"},
    {"constant_rows_unpacked", "3.14 does not make a constant tuple only to take it apart"},
    {"with_statement", "3.14 keeps the method that ends it and its object as two entries"},
    {"list_comprehension", "a function of its own in 3.11"},
    {"filtered_comprehension", "a function of its own in 3.11"},
    {"nested_comprehension", "a function of its own in 3.11"},
    {"double_comprehension", "a function of its own in 3.11"},
    {"set_and_dict_comprehension", "a function of its own in 3.11"},
    {"comprehension_hides", "a function of its own in 3.11"},
    {"dot", "a function of its own in 3.11"},
};

TEST(Bytecode, CanonicalTextIsTheSameInEveryVersion) {
    std::map<int, std::map<std::string, std::string>> texts;
    for (int version : kVersions)
        texts[version] = corpus_texts(version);
    size_t compared = 0;
    std::set<std::string> different;
    for (const auto& [name, text] : texts[311]) {
        bool everywhere = std::ranges::all_of(kVersions, [&](int version) { return texts[version].contains(name); });
        if (!everywhere) continue;
        ++compared;
        for (int version : kVersions) {
            if (texts[version][name] != text) different.insert(name);
            if (kDifferent.contains(name)) continue;
            EXPECT_EQ(text, texts[version][name]) << name << " in " << version;
        }
    }
    EXPECT_GT(compared, 145u);
    for (const auto& [name, reason] : kDifferent) {
        EXPECT_TRUE(different.contains(name)) << name << " is listed as different: " << reason;
    }
    // Where comprehensions are inlined, all versions inline them alike.
    for (const auto& [name, reason] : kDifferent) {
        if (!reason.starts_with("a function")) continue;
        EXPECT_EQ(texts[312][name], texts[313][name]) << name;
        EXPECT_EQ(texts[312][name], texts[314][name]) << name;
    }
}

/// Canonical text of one function of the corpus; the version is one where it tells most.
std::string corpus_text(const std::string& name, int version) {
    test::RecordedFunction function = test::corpus_function(version, name);
    return text_of(*function.code);
}

TEST_P(EveryVersion, BranchesHaveOnePolarity) {
    EXPECT_EQ(corpus_text("while_and", GetParam()), "0: local a\n"
                                                    "1: const 0\n"
                                                    "2: compare >\n"
                                                    "3: jump_if_false -> 17\n"
                                                    "4: local b\n"
                                                    "5: const 0\n"
                                                    "6: compare >\n"
                                                    "7: jump_if_false -> 17\n"
                                                    "8: local a\n"
                                                    "9: const 1\n"
                                                    "10: binary -=\n"
                                                    "11: store_local a\n"
                                                    "12: local b\n"
                                                    "13: const 1\n"
                                                    "14: binary -=\n"
                                                    "15: store_local b\n"
                                                    "16: jump -> 0\n"
                                                    "17: local a\n"
                                                    "18: return\n");
}

TEST_P(EveryVersion, ANullLiesAboveAConditionalCallable) {
    EXPECT_EQ(corpus_text("called_expression", GetParam()), "0: local c\n"
                                                            "1: jump_if_false -> 4\n"
                                                            "2: local f\n"
                                                            "3: jump -> 5\n"
                                                            "4: local g\n"
                                                            "5: push_null\n"
                                                            "6: local x\n"
                                                            "7: call 1\n"
                                                            "8: return\n");
}

TEST_P(EveryVersion, AFunctionOfAModuleIsCalledLikeAMethod) {
    std::string text = corpus_text("wave", GetParam());
    EXPECT_NE(text.find("global math\n"), std::string::npos);
    EXPECT_NE(text.find("callable_self sin\n"), std::string::npos);
    EXPECT_EQ(text.find("push_null"), std::string::npos);
}

TEST_P(EveryVersion, KeywordsGoWithTheCall) {
    std::string text = corpus_text("keyword_arguments", GetParam());
    EXPECT_NE(text.find("call 3 y= z=\n"), std::string::npos);
    EXPECT_NE(text.find("call 1 y=\n"), std::string::npos);
    EXPECT_NE(text.find("call 3\n"), std::string::npos);
}

TEST_P(EveryVersion, KeysThatAreTextsGoWithTheDict) {
    EXPECT_EQ(corpus_text("dict_display", GetParam()), "0: local a\n"
                                                       "1: local b\n"
                                                       "2: callable_self f\n"
                                                       "3: local a\n"
                                                       "4: call 1\n"
                                                       "5: const 1\n"
                                                       "6: build_map_keys 3 a: b: c:\n"
                                                       "7: return\n");
    EXPECT_NE(corpus_text("dicts", GetParam()).find("build_map_keys 1 k:\n"), std::string::npos);
    EXPECT_NE(corpus_text("dicts", GetParam()).find("build_map 1\n"), std::string::npos);
}

TEST_P(EveryVersion, ConstantSlicesAreTakenApart) {
    EXPECT_TRUE(corpus_text("slices", GetParam())
                    .starts_with("0: local p\n"
                                 "1: const 1\n"
                                 "2: const 3\n"
                                 "3: build_slice 2\n"
                                 "4: subscript\n"));
}

TEST_P(EveryVersion, ALoopWithoutEffectIsAJumpToItself) {
    EXPECT_EQ(corpus_text("endless", GetParam()), "0: jump -> 0\n");
}

TEST_P(EveryVersion, ALoopIsLeftThroughNext) {
    EXPECT_EQ(corpus_text("for_loop", GetParam()), "0: const 0\n"
                                                   "1: store_local s\n"
                                                   "2: local row\n"
                                                   "3: iterate\n"
                                                   "4: next -> 11\n"
                                                   "5: store_local x\n"
                                                   "6: local s\n"
                                                   "7: local x\n"
                                                   "8: binary +=\n"
                                                   "9: store_local s\n"
                                                   "10: jump -> 4\n"
                                                   "11: local s\n"
                                                   "12: return\n");
}

TEST_P(EveryVersion, WhatHasNoFormIsCalledByItsName) {
    const std::pair<const char*, const char*> constructs[] = {
        {"global_write", "assignment to a global variable"},
        {"delete_attribute", "del statement on an attribute"},
        {"coroutine", "async function"},
        {"class_inside", "class statement"},
    };
    for (const auto& [name, construct] : constructs) {
        std::vector<Operation> operations = decode(*test::corpus_function(GetParam(), name).code);
        auto found = std::ranges::find(operations, Canon::Unsupported, &Operation::op);
        ASSERT_NE(found, operations.end()) << name;
        EXPECT_EQ(found->text, construct) << name;
        EXPECT_GT(found->span.line, 0) << name;
    }
}

TEST_P(EveryVersion, HandingOnIsALoopThatYields) {
    const std::string text = corpus_text("generator_from", GetParam());
    EXPECT_TRUE(text.starts_with("0: local p\n1: iterate\n")) << text;
    EXPECT_NE(text.find(": next -> "), std::string::npos) << text;
    EXPECT_NE(text.find(": yield"), std::string::npos) << text;
}

TEST_P(EveryVersion, AContextManagerIsEnteredThroughItsClass) {
    const std::string text = corpus_text("with_statement", GetParam());
    const bool has_two_entries = GetParam() >= 314;  // the method that ends it, and its object
    EXPECT_TRUE(text.starts_with(has_two_entries ? "0: local lock\n1: copy 1\n2: special 1\n3: swap 2\n4: swap 3\n"
                                                   "5: special 0\n6: call 0\n7: store_local held"
                                                 : "0: local lock\n1: copy 1\n2: special 3\n3: swap 2\n"
                                                   "4: special 0\n5: call 0\n6: store_local held"))
        << text;
}

TEST_P(EveryVersion, KeywordsAreHandedOnAsTheyAre) {
    std::vector<Operation> operations = decode(*test::corpus_function(GetParam(), "double_starred_call").code);
    auto call = std::ranges::find(operations, Canon::CallStar, &Operation::op);
    ASSERT_NE(call, operations.end());
    EXPECT_EQ(call->argument, 1);
    EXPECT_EQ((call - 1)->op, Canon::Local);
    EXPECT_EQ(std::ranges::find(operations, Canon::BuildMap, &Operation::op), operations.end());
}

TEST_P(EveryVersion, OperationsKnowTheirPlace) {
    test::RecordedFunction function = test::corpus_function(GetParam(), "branch");
    for (const Operation& operation : decode(*function.code)) {
        if (operation.op != Canon::Compare) continue;
        // `x > 0` in the first line of the function, `x < 0` in the third.
        EXPECT_EQ(operation.span.line - function.code->first_line, operation.argument == 4 ? 1 : 3);
        EXPECT_EQ(operation.span.end_column - operation.span.column, 5);
    }
}

TEST(Bytecode, AComprehensionThatHidesALocalGivesItBack) {
    for (int version : {312, 313, 314}) {
        std::string text = corpus_text("comprehension_hides", version);
        EXPECT_TRUE(text.starts_with("0: local p\n1: iterate\n2: local x\n3: delete_local x\n4: swap 2\n")) << text;
        EXPECT_NE(text.find("store_local q\n15: store_local x\n"), std::string::npos) << text;
        std::string plain = corpus_text("list_comprehension", version);
        EXPECT_TRUE(plain.starts_with("0: local p\n1: iterate\n2: delete_local x\n3: build_list 0\n")) << plain;
    }
}

TEST(Bytecode, AVersionWithoutATableIsRefused) {
    CodeView code = *test::corpus_function(311, "identity").code;
    code.version = 309;
    EXPECT_THROW(decode(code), UserError);
}

TEST(Bytecode, AnUnknownOpcodeIsNoticed) {
    CodeView code = *test::corpus_function(311, "identity").code;
    code.code[0] = 255;
    EXPECT_THROW(decode(code), InternalError);
}

std::vector<std::pair<std::string, int>> opmap_of(int version) {
    std::vector<std::pair<std::string, int>> opmap;
    const OpcodeTable& table = opcode_table(version);
    for (int number = 0; number < 256; ++number) {
        if (table[number].opcode == Opcode::Unknown) continue;
        opmap.emplace_back(opcode_name(table[number].opcode), number);
    }
    return opmap;
}

TEST(Bytecode, OpcodesMatchOnlyTheirOwnTable) {
    for (int version : kVersions) {
        auto opmap = opmap_of(version);
        EXPECT_GT(opmap.size(), 100u);
        EXPECT_TRUE(opcodes_match(version, opmap));
        for (int other : kVersions)
            EXPECT_EQ(opcodes_match(other, opmap), other == version);
        opmap.emplace_back("INSTRUMENTED_CALL", 241);
        opmap.emplace_back("SETUP_FINALLY", 256);
        EXPECT_TRUE(opcodes_match(version, opmap));
        std::swap(opmap[10].second, opmap[11].second);
        EXPECT_FALSE(opcodes_match(version, opmap));
        opmap = opmap_of(version);
        opmap.pop_back();
        EXPECT_FALSE(opcodes_match(version, opmap));
    }
    EXPECT_FALSE(opcodes_match(399, opmap_of(314)));
}

}  // namespace
}  // namespace pp::frontend
