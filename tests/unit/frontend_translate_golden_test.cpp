/// Golden IR: the translation of every function in the table, after all passes, is the text in tests/golden/, one for
/// all Python versions. PP_UPDATE_GOLDEN=1 writes the texts anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "frontend_environment.h"
#include "passes/passes.h"

namespace pp::test {
namespace {

struct Case {
    const char* corpus;
    const char* function;
    const char* columns;
    const char* golden;  ///< name of the text, where one function has several
    bool changes_elements = false;
};

constexpr Case kCases[] = {
    {"corpus", "identity", "float", "identity"},
    {"corpus", "wave", "tuple[float, float, int], float", "wave"},
    {"corpus", "clamp", "float, float, float", "clamp"},
    {"corpus", "gcd", "int, int", "gcd"},
    {"corpus", "collatz", "int", "collatz"},
    {"corpus", "for_range", "int", "for_range"},
    {"corpus", "for_else", "tuple[int, float], int", "for_else"},
    {"corpus", "for_while", "int", "for_while"},
    {"corpus", "while_else", "int", "while_else"},
    {"corpus", "mandelbrot_floats", "float, float", "mandelbrot_floats"},
    {"corpus", "black_scholes", "float, float, float, float, float", "black_scholes"},
    {"corpus", "boolean_mixed", "int, float, bool, int", "boolean_mixed"},
    {"corpus", "chained_condition", "int, int, float", "chained_condition"},
    {"corpus", "unpack_star", "tuple[int, float, bool]", "unpack_star"},
    {"corpus", "unpack_nested", "tuple[tuple[int, float], list[int, list[int, bool]]]", "unpack_nested"},
    {"corpus", "closures", "float", "closures"},
    {"corpus", "keyword_defaults", "int", "keyword_defaults"},
    {"corpus", "called_or", "None, bool, int", "called_none"},
    {"corpus", "list_comprehension", "tuple[float, int]", "list_comprehension"},
    {"corpus", "filtered_comprehension", "tuple[float, float], float", "filtered_comprehension"},
    {"corpus", "nested_comprehension", "tuple[float, int]", "nested_comprehension"},
    {"corpus", "generator_any_all", "tuple[float, float], float", "generator_any_all"},
    {"corpus", "binary_search", "tuple[float, float, float], float", "binary_search"},
    {"corpus", "try_except", "float", "try_except"},
    {"corpus", "asserts", "int", "asserts"},
    {"corpus", "recursion", "bool", "recursion"},
    {"language", "pick", "tuple[float, float], int", "pick_same"},
    {"language", "pick", "tuple[int, float], int", "pick_mixed"},
    {"language", "pick_or_none", "float", "pick_or_none"},
    {"language", "zero_or_half", "float", "zero_or_half"},
    {"language", "swap_if", "tuple[float, float], bool", "swap_if"},
    {"language", "square", "int", "square"},
    {"language", "compare_mixed", "int, float", "compare_mixed"},
    {"language", "sum_of_mixed", "tuple[int, float, bool]", "sum_of_mixed"},
    {"language", "last_of", "tuple[int, float]", "last_of"},
    {"language", "last_of", "tuple[()]", "last_of_nothing"},
    {"language", "matrix_product",
     "tuple[list[float, float, float], list[float, float, float], list[float, float, float]], "
     "tuple[list[float, float, float], list[float, float, float], list[float, float, float]]",
     "matrix_product"},
    {"language", "count_down", "int, int", "count_down"},
    {"language", "first_above", "tuple[float, float, float], float", "first_above"},
    {"language", "zipped", "tuple[float, float], list[float, float]", "zipped"},
    {"language", "reversed_row", "tuple[float, int]", "reversed_row"},
    {"language", "kind_of", "bool", "kind_of_bool"},
    {"language", "kind_of", "tuple[int]", "kind_of_row"},
    {"language", "chosen_function", "int, bool", "chosen_function"},
    {"language", "scaled", "int", "scaled"},
    {"language", "shadowed", "int", "shadowed"},
    {"language", "counter", "int", "counter"},
    {"language", "rows_equal", "tuple[float, int], tuple[float, int]", "rows_equal"},
    {"language", "contains", "float, tuple[int, float, float]", "contains"},
    {"language", "walrus_loop", "int", "walrus_loop"},
    {"language", "star_call", "tuple[int, float]", "star_call"},
    {"language", "gather", "int, float", "gather"},
    {"language", "guarded", "int", "guarded"},
    {"language", "partly", "int", "partly"},
    {"language", "grows", "int", "grows"},
    {"language", "lifts", "list[float, float, int], float", "lifts", true},
    {"language", "orders", "list[float, float]", "orders", true},
    {"language", "accumulates", "list[float, float], int", "accumulates", true},
    {"language", "places", "list[float, float], int, float", "places_among_same", true},
    {"language", "places", "list[float, int], int, float", "places_among_mixed", true},
};

std::string optimised(const Case& test, int version) {
    CorpusEnvironment environment(version, test.corpus);
    ir::Function function = translate_corpus(environment, test.function, test.columns, test.changes_elements);
    passes::run_pipeline(function);
    ir::verify(function);
    return ir::print(function);
}

void PrintTo(const Case& test, std::ostream* stream) {
    *stream << test.function << '(' << test.columns << ')';
}

class Golden : public testing::TestWithParam<Case> {};

TEST_P(Golden, IsTheSameInEveryVersion) {
    const Case& test = GetParam();
    const std::string path = std::string(PP_TESTS_DIR) + "/golden/" + test.golden + ".ir";
    if (std::getenv("PP_UPDATE_GOLDEN")) {
        std::ofstream(path) << optimised(test, 311);
    }
    std::ifstream stream(path);
    std::stringstream wanted;
    wanted << stream.rdbuf();
    ASSERT_FALSE(wanted.str().empty()) << path << " is missing";
    for (int version : {311, 312, 313, 314}) {
        EXPECT_EQ(optimised(test, version), wanted.str()) << test.function << " in " << version;
    }
}

INSTANTIATE_TEST_SUITE_P(Translate, Golden, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.golden); });

}  // namespace
}  // namespace pp::test
