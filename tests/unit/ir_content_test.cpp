#include "ir/content.h"

#include <gtest/gtest.h>

#include <set>

namespace pp::ir {
namespace {

constexpr const char* kText = R"(function "f" (input 0: f64, uniform 0: i64) -> (slot 0: f64)
  variant 0: float origins (0) slots (0)
block 0:
  %0 = input 0 : f64
  %1 = uniform 0 : i64
  %2 = i2f %1 : f64
  %3 = fadd %0 %2 : f64
  return 0 (%3)
)";

std::string changed(const std::string& from, const std::string& to) {
    std::string text = kText;
    text.replace(text.find(from), from.size(), to);
    return content_of(parse(text));
}

TEST(Content, LeavesOutWhatNoCodeIsMadeOf) {
    Function function = parse(kText);
    const std::string content = content_of(function);
    function.name = "another";
    function.hand_backs.push_back({"a message", true, {}});
    function.values.emplace_back();
    EXPECT_EQ(content_of(function), content);
}

TEST(Content, TellsApartWhatDiffers) {
    const std::set<std::string> contents = {
        content_of(parse(kText)),
        changed("fadd", "fsub"),
        changed("%0 %2", "%2 %0"),
        changed("input 0: f64, ", "input 0: f64, input 1: f64, "),
        changed("%2 : f64\n  return 0 (%3)", "%2 : f64\n  return 0 (%2)"),
        changed("%3 = fadd %0 %2 : f64", "%3 = const 1.5 : f64"),
        changed("%3 = fadd %0 %2 : f64", "%3 = const -0.0 : f64"),
        changed("%3 = fadd %0 %2 : f64", "%3 = const 0.0 : f64"),
    };
    EXPECT_EQ(contents.size(), 8u);
}

}  // namespace
}  // namespace pp::ir
