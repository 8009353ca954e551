/// Refusals: every text in tests/errors/ is what the user sees, caret included, in every Python version.
/// PP_UPDATE_GOLDEN=1 writes the texts anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "base/error.h"
#include "frontend_environment.h"

namespace pp::test {
namespace {

struct Case {
    const char* function;
    const char* columns;
    bool changes_elements = false;
    int first_version = 311;
};

constexpr Case kCases[] = {
    {"opens", "int"},
    {"calls_down", "int"},
    {"forever", "int"},
    {"writes_item", "list[float]"},
    {"slices_by", "tuple[int, float], int"},
    {"invert_flag", "bool", false, 312},  // it warns since then
    {"imports", "float"},
    {"same_list_twice", "float"},
    {"captured", ""},
    {"imports_unknown", "int"},
    {"sorts_either_way", "tuple[float, float], bool"},
    {"shortens", "list[float]", true},
    {"spreads", "int"},
    {"inserts_anything", "int"},
    {"returns_function", "int"},
    {"only_looks", "list[float]", true},
    {"writes_outside", "list[float]", true},
};

std::string refusal(const Case& test, int version) {
    CorpusEnvironment environment(version);
    const KindRef floats[] = {float_kind(), float_kind()};
    environment.bind("outside", environment.uniform(list_kind(floats)));
    try {
        translate_corpus(environment, test.function, test.columns, test.changes_elements);
    } catch (const UserError& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
        return std::string(error.what()) + "\n";
    }
    return "compiled";
}

void PrintTo(const Case& test, std::ostream* stream) {
    *stream << test.function << '(' << test.columns << ')';
}

class Refusal : public testing::TestWithParam<Case> {};

TEST_P(Refusal, SaysWhereAndWhat) {
    const Case& test = GetParam();
    const std::string path = std::string(PP_TESTS_DIR) + "/errors/" + test.function + ".txt";
    if (std::getenv("PP_UPDATE_GOLDEN")) {
        std::ofstream(path) << refusal(test, test.first_version);
    }
    std::ifstream stream(path);
    std::stringstream wanted;
    wanted << stream.rdbuf();
    ASSERT_FALSE(wanted.str().empty()) << path << " is missing";
    for (int version : {311, 312, 313, 314}) {
        EXPECT_EQ(refusal(test, version), version < test.first_version ? "compiled" : wanted.str()) << version;
    }
}

INSTANTIATE_TEST_SUITE_P(Translate, Refusal, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.function); });

}  // namespace
}  // namespace pp::test
