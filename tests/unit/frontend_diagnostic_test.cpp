/// Messages: carets stand under the text whatever its encoding, its lines, and what of its place is known.
#include <gtest/gtest.h>

#include <algorithm>

#include "frontend/diagnostic.h"
#include "frontend_environment.h"

namespace pp::test {
namespace {

/// Knows one line of source for every place.
class OneLine final : public frontend::Environment {
public:
    explicit OneLine(std::string line) : line_(std::move(line)) {}

    const frontend::FunctionInfo& function(frontend::FunctionId) override { return info_; }
    frontend::Binding global(frontend::FunctionId, std::string_view) override { return {}; }
    frontend::Binding free_variable(frontend::FunctionId, uint32_t) override { return {}; }
    frontend::Binding attribute(frontend::ObjectId, std::string_view) override { return {}; }
    frontend::Binding class_attribute(uint64_t, std::string_view) override { return {}; }
    const RecordShape* class_shape(uint64_t) override { return nullptr; }
    bool class_keeps_attributes(uint64_t) override { return false; }
    bool is_subclass(uint64_t, uint64_t) override { return false; }
    frontend::Binding imported(std::string_view) override { return {}; }
    std::vector<std::string> match_arguments(uint64_t) override { return {}; }
    frontend::Binding builtin_exception(std::string_view) override { return {}; }
    bool is_exception_subclass(frontend::ObjectId, frontend::ObjectId) override { return false; }
    bool keeps_arguments(frontend::ObjectId) override { return false; }
    frontend::Binding prelude(std::string_view) override { return {}; }
    const std::vector<KindRef>& uniforms() const override { return uniforms_; }
    std::string source_line(const frontend::CodeView&, int32_t) override { return line_; }

private:
    std::string line_;
    frontend::FunctionInfo info_;
    std::vector<KindRef> uniforms_;
};

frontend::CodeView code() {
    frontend::CodeView view;
    view.filename = "deform.py";
    view.name = "deform";
    return view;
}

std::string message(const std::string& line, const SourceSpan& span, std::string_view remark = {}) {
    OneLine environment(line);
    const frontend::CodeView view = code();
    const frontend::Place place{&view, span};
    return frontend::diagnostic(environment, "open() has no compiled form", {&place, 1}, remark);
}

TEST(Diagnostic, MarksTheConstruct) {
    EXPECT_EQ(message("    with open(path) as f:\n", {12, 9, 12, 19}, "it reads; give numbers"),
              "open() has no compiled form\n"
              "  File \"deform.py\", line 12, in deform\n"
              "    with open(path) as f:\n"
              "         ^^^^^^^^^^\n"
              "  it reads; give numbers");
}

TEST(Diagnostic, CountsCharactersWhereColumnsCountBytes) {
    // "gr\u00f6\u00dfe.x" behind "\u00fc = ": the columns are UTF-8 bytes.
    EXPECT_EQ(message("  \xc3\xbc = gr\xc3\xb6\xc3\x9f"
                      "e.x\n",
                      {1, 7, 1, 16}),
              "open() has no compiled form\n"
              "  File \"deform.py\", line 1, in deform\n"
              "    \xc3\xbc = gr\xc3\xb6\xc3\x9f"
              "e.x\n"
              "        ^^^^^^^");
}

TEST(Diagnostic, MarksTheFirstOfSeveralLines) {
    EXPECT_EQ(message("  f(a,\n", {3, 2, 4, 7}), "open() has no compiled form\n"
                                                 "  File \"deform.py\", line 3, in deform\n"
                                                 "    f(a,\n"
                                                 "    ^^^^");
}

TEST(Diagnostic, GivesColumnsWithoutSource) {
    EXPECT_EQ(message("", {2, 4, 2, 13}), "open() has no compiled form\n"
                                          "  File \"deform.py\", line 2, columns 5-13, in deform");
    EXPECT_EQ(message("", {}), "open() has no compiled form\n  File \"deform.py\", in deform");
}

TEST(Diagnostic, OutdatedSourceIsNotMarkedBeyondItsEnd) {
    EXPECT_EQ(message("x\n", {2, 4, 2, 13}), "open() has no compiled form\n"
                                             "  File \"deform.py\", line 2, in deform\n"
                                             "    x");
}

TEST(Diagnostic, LeavesOutTheMiddleOfALongChain) {
    OneLine environment("");
    const frontend::CodeView view = code();
    const std::vector<frontend::Place> way(9, {&view, {1, -1, 1, -1}});
    const std::string text = frontend::diagnostic(environment, "recursion", way, {});
    EXPECT_NE(text.find("... 3 calls left out"), std::string::npos) << text;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 7) << text;
}

}  // namespace
}  // namespace pp::test
