/// The translator's contract beside its IR: binding of arguments, origins, variants, what is asked of the environment,
/// bounds, and the classification of paths.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "frontend_environment.h"
#include "passes/passes.h"

namespace pp::test {
namespace {

constexpr int kVersion = 313;

ir::Function translated(const std::string& function, std::string_view columns, CorpusEnvironment& environment) {
    ir::Function result = translate_corpus(environment, function, columns);
    passes::run_pipeline(result);
    ir::verify(result);
    return result;
}

ir::Function translated(const std::string& function, std::string_view columns) {
    CorpusEnvironment environment(kVersion);
    return translated(function, columns, environment);
}

/// The headline of the only path there is, which raises.
std::string raised_by(const ir::Function& function) {
    EXPECT_TRUE(function.variants.empty());
    EXPECT_EQ(function.hand_backs.size(), 1u);
    if (function.hand_backs.empty()) {
        return "no path raises";
    }
    EXPECT_FALSE(function.hand_backs[0].unsupported);
    const std::string& message = function.hand_backs[0].message;
    return message.substr(0, message.find('\n'));
}

size_t count(const ir::Function& function, ir::Op op) {
    size_t found = 0;
    for (const ir::Block& block : function.blocks) {
        found += static_cast<size_t>(std::count_if(block.body.begin(), block.body.end(),
                                                   [&](ir::ValueId value) { return function.values[value].op == op; }));
    }
    return found;
}

TEST(TranslateArguments, CountIsChecked) {
    EXPECT_EQ(raised_by(translated("double", "int, int")),
              "CPython raises here: double() takes 1 positional argument but 2 were given");
    EXPECT_EQ(raised_by(translated("pick", "tuple[int]")), "CPython raises here: pick() is missing the argument 'i'");
    EXPECT_EQ(raised_by(translated("weighted", "int, int")),
              "CPython raises here: weighted() is missing the argument 'weight'");
}

TEST(TranslateArguments, KeywordsDefaultsAndLeadingOnesAreBound) {
    CorpusEnvironment environment(kVersion);
    frontend::Callee callee;
    callee.function = environment.add("weighted");
    environment.set_defaults(callee.function, {environment.uniform(int_kind())});
    frontend::Signature signature;
    signature.columns = {int_kind()};
    signature.keywords = {{"weight", environment.uniform(float_kind())}};
    ir::Function function = frontend::translate(environment, callee, signature);
    EXPECT_EQ(function.uniforms, (std::vector<ir::Type>{ir::Type::I64, ir::Type::F64}));
    EXPECT_EQ(function.variants.at(0).kind, float_kind());
    signature.leading = {environment.uniform(int_kind())};  // functools.partial(weighted, 5)
    function = frontend::translate(environment, callee, signature);
    EXPECT_EQ(function.uniforms.size(), 3u);
    signature.keywords[0].parameter = "heft";
    EXPECT_EQ(raised_by(frontend::translate(environment, callee, signature)),
              "CPython raises here: weighted() got an unexpected keyword argument 'heft'");
}

TEST(TranslateArguments, BuiltinsAreCallees) {
    CorpusEnvironment environment(kVersion);
    frontend::Callee callee;
    callee.kind = frontend::Callee::Kind::Intrinsic;
    callee.intrinsic = "builtins.len";
    frontend::Signature signature;
    signature.columns = kinds("tuple[int, int]");
    const ir::Function function = frontend::translate(environment, callee, signature);
    EXPECT_EQ(function.name, "builtins.len");
    ASSERT_EQ(function.variants.size(), 1u);
    EXPECT_EQ(function.variants[0].kind, int_kind());
}

TEST(TranslateOrigins, NodesAreNumberedOverAllColumns) {
    const ir::Function function = translated("gather", "tuple[int, float], list[bool]");
    ASSERT_EQ(function.variants.size(), 1u);
    // (2, (first, second)): fresh, fresh, fresh, then the first column's three nodes and the second's two.
    EXPECT_EQ(function.variants[0].origins, (std::vector<ir::Origin>{0, 0, 0, 1, 2, 3, 4, 5}));
}

TEST(TranslateOrigins, DependOnThePathTaken) {
    const ir::Function function = translated("swap_if", "tuple[float, float], bool");
    EXPECT_EQ(function.variants.at(0).origins, (std::vector<ir::Origin>{0, ir::kDynamicOrigin, ir::kDynamicOrigin}));
    EXPECT_EQ(function.outputs, (std::vector<ir::Type>{ir::Type::F64, ir::Type::F64, ir::Type::I32, ir::Type::I32}));
}

TEST(TranslateVariants, KindsOfResultsGetATagAndShareSlots) {
    const ir::Function function = translated("pick", "tuple[int, float, tuple[float, int]], int");
    ASSERT_EQ(function.variants.size(), 3u);
    EXPECT_EQ(function.outputs, (std::vector<ir::Type>{ir::Type::Bool, ir::Type::I64, ir::Type::F64}));
    EXPECT_EQ(function.variants[0].slots, (std::vector<uint32_t>{1}));
    EXPECT_EQ(function.variants[1].slots, (std::vector<uint32_t>{2}));
    EXPECT_EQ(function.variants[2].slots, (std::vector<uint32_t>{2, 1}));
}

TEST(TranslateUniforms, AreReadOnceEachAndOnlyWhenNamed) {
    EXPECT_EQ(translated("scaled", "float").uniforms.size(), 1u);
    EXPECT_EQ(translated("double", "float").uniforms.size(), 0u);
    CorpusEnvironment environment(kVersion);
    const KindRef items[] = {float_kind(), int_kind()};
    environment.bind("outside", environment.uniform(tuple_kind(items)));
    EXPECT_EQ(translated("captured", "", environment).uniforms, (std::vector<ir::Type>{ir::Type::F64, ir::Type::I64}));
}

TEST(TranslateUniforms, ACapturedListIsNotReturnedAsANewOne) {
    CorpusEnvironment environment(kVersion);
    const KindRef items[] = {float_kind()};
    environment.bind("outside", environment.uniform(list_kind(items)));
    EXPECT_THROW(translated("captured", "", environment), UserError);
    CorpusEnvironment second(kVersion);
    second.bind("outside", second.uniform(tuple_kind(items)));
    EXPECT_EQ(translated("captured", "", second).variants.at(0).kind, tuple_kind(items));
}

TEST(TranslatePaths, ThatRaiseAreNotRefused) {
    for (const auto& [function, columns] : {std::pair{"only_raises", "int"},
                                            {"missing", "int"},
                                            {"none_arithmetic", "None"},
                                            {"unpack_wrong", "tuple[int, int, int]"}}) {
        const ir::Function result = translated(function, columns);
        EXPECT_TRUE(result.variants.empty()) << function;
        ASSERT_EQ(result.hand_backs.size(), 1u) << function;
        EXPECT_FALSE(result.hand_backs[0].unsupported) << function;
    }
}

TEST(TranslatePaths, WithoutAFormAreHandedBackWhereOthersHaveOne) {
    const ir::Function function = translated("partly", "int");
    EXPECT_EQ(function.variants.size(), 1u);
    ASSERT_EQ(function.hand_backs.size(), 1u);
    EXPECT_TRUE(function.hand_backs[0].unsupported);
    EXPECT_NE(function.hand_backs[0].message.find("'print' has no compiled form"), std::string::npos);
    EXPECT_NE(function.hand_backs[0].message.find("^^^^^"), std::string::npos);
}

TEST(TranslatePaths, OfBigIntsAreHandedBackNotRefused) {
    CorpusEnvironment environment(kVersion);
    frontend::Binding big;
    big.kind = frontend::Binding::Kind::Object;
    big.id = 7;
    big.name = "int";
    environment.bind("SCALE", big);
    const ir::Function function = translated("scaled", "int", environment);
    EXPECT_TRUE(function.variants.empty());
    ASSERT_EQ(function.hand_backs.size(), 1u);
    EXPECT_FALSE(function.hand_backs[0].unsupported);
}

TEST(TranslateBounds, RecursionEnds) {
    CorpusEnvironment environment(kVersion, "corpus");
    const ir::Function function = translated("recursion", "int", environment);
    EXPECT_EQ(function.variants.size(), 1u);
    ASSERT_EQ(function.hand_backs.size(), 1u);
    EXPECT_NE(function.hand_backs[0].message.find("recursion deeper"), std::string::npos);
}

TEST(TranslateBounds, KindsThatGrowInALoopEnd) {
    const ir::Function function = translated("many_kinds", "int");
    EXPECT_GT(function.variants.size(), 10u);
    ASSERT_EQ(function.hand_backs.size(), 1u);
    EXPECT_NE(function.hand_backs[0].message.find("so many combinations of types"), std::string::npos);
}

TEST(TranslateLoops, AreTranslatedOnceForTheirKinds) {
    // A loop that stores floats from the start, and one whose closure stores: each has one version of its body.
    EXPECT_EQ(count(translated("counter", "int"), ir::Op::IAddChecked), 1u);
    CorpusEnvironment environment(kVersion, "corpus");
    EXPECT_EQ(count(translated("mandelbrot_floats", "float, float", environment), ir::Op::FLt), 1u);
}

TEST(TranslateCalls, PowersOfIntsAreChainsOfMultiplications) {
    EXPECT_EQ(count(translated("square", "int"), ir::Op::IMulChecked), 1u);
    EXPECT_EQ(count(translated("square", "float"), ir::Op::IMulChecked), 0u);
}

TEST(TranslateIntrinsics, AreListed) {
    const std::vector<std::string> names = frontend::intrinsic_names();
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
    for (const char* name : {"builtins.range", "builtins.abs", "math.sin", "float.is_integer"}) {
        EXPECT_TRUE(std::binary_search(names.begin(), names.end(), name)) << name;
    }
}

}  // namespace
}  // namespace pp::test
