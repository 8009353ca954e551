#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "base/environment_variable.h"

namespace {

const char* kName = "PP_TEST_VARIABLE";

std::string text(const char* value) {
    return value ? value : "not set";
}

TEST(EnvironmentVariable, IsSeenAsItIsNow) {
    unsetenv(kName);
    const pp::EnvironmentVariable variable(kName);
    EXPECT_EQ(text(variable.value()), "not set");
    for (const char* value : {"one", "two", "one", "", "a longer one than before", "two"}) {
        setenv(kName, value, 1);
        EXPECT_EQ(text(variable.value()), value);
        EXPECT_EQ(text(variable.value()), value);
    }
    unsetenv(kName);
    EXPECT_EQ(text(variable.value()), "not set");
}

TEST(EnvironmentVariable, OthersComeAndGo) {
    setenv(kName, "mine", 1);
    const pp::EnvironmentVariable variable(kName);
    EXPECT_EQ(text(variable.value()), "mine");
    for (int i = 0; i < 100; ++i)
        setenv(("PP_TEST_OTHER_" + std::to_string(i)).c_str(), "x", 1);
    EXPECT_EQ(text(variable.value()), "mine");
    setenv(kName, "changed", 1);
    for (int i = 0; i < 100; ++i)
        unsetenv(("PP_TEST_OTHER_" + std::to_string(i)).c_str());
    EXPECT_EQ(text(variable.value()), "changed");
    unsetenv(kName);
}

TEST(EnvironmentVariable, AnEmptyEnvironmentHasNone) {
    setenv(kName, "mine", 1);
    const pp::EnvironmentVariable variable(kName);
    EXPECT_EQ(text(variable.value()), "mine");
    clearenv();
    EXPECT_EQ(variable.value(), nullptr);
    setenv(kName, "again", 1);
    EXPECT_EQ(text(variable.value()), "again");
    clearenv();
}

}  // namespace
