/// What a translation needs of its columns: kinds as far as the function looks at them.
#include <gtest/gtest.h>

#include "frontend_environment.h"

namespace pp::test {
namespace {

/// The kinds that the corpus function needs, of columns of these.
std::string needed(const std::string& name, std::string_view columns) {
    CorpusEnvironment environment(312);
    frontend::Callee callee;
    callee.function = environment.add(name);
    frontend::Signature signature;
    signature.columns = kinds(columns);
    std::vector<KindRef> kinds;
    frontend::translate(environment, callee, signature, &kinds);
    std::string text;
    for (KindRef kind : kinds) {
        text += (text.empty() ? "" : ", ") + kind->to_string();
    }
    return text;
}

TEST(Looks, WhatIsReturnedIsNotLookedAt) {
    EXPECT_EQ(needed("identity", "tuple[float, int]"), "Any");
    EXPECT_EQ(needed("identity", "None"), "Any");
}

TEST(Looks, ArithmeticLooksAtItsOperands) {
    EXPECT_EQ(needed("square", "float"), "float");
}

TEST(Looks, ItemsThatAreOnlyPassedOnAreNotLookedAt) {
    EXPECT_EQ(needed("swap_if", "tuple[float, int], bool"), "tuple[Any, Any], bool");
    EXPECT_EQ(needed("last_of", "list[float, int]"), "list[Any, Any]");
    EXPECT_EQ(needed("gather", "float, int"), "Any, Any");
}

TEST(Looks, AnIndexKnownAtRunTimeLooksAtAllItems) {
    EXPECT_EQ(needed("pick", "tuple[float, float], int"), "tuple[float, float], int");
}

TEST(Looks, AskingForTheTypeLooksAtTheRowAlone) {
    EXPECT_EQ(needed("kind_of", "tuple[int]"), "tuple[Any]");
}

}  // namespace
}  // namespace pp::test
