/// Formats of buffers and which values fit into them.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "data/number_format.h"

namespace pp::data {
namespace {

TEST(NumberFormat, IsKnownByNameAndSize) {
    EXPECT_EQ(number_format("d", 8), NumberFormat::Float64);
    EXPECT_EQ(number_format("@f", 4), NumberFormat::Float32);
    EXPECT_EQ(number_format("<l", 4), NumberFormat::Int32);
    EXPECT_EQ(number_format("l", 8), NumberFormat::Int64);
    EXPECT_EQ(number_format("B", 1), NumberFormat::UInt8);
    EXPECT_EQ(number_format("n", 8), NumberFormat::Int64);
    for (const char* text : {"", ">d", "?", "c", "e", "dd", "Zd", "x"}) {
        EXPECT_EQ(number_format(text, 8), std::nullopt) << text;
    }
    EXPECT_EQ(number_format("d", 4), std::nullopt);
}

TEST(NumberFormat, StoresOnlyWhatFits) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    EXPECT_TRUE(fits<float>(0.1));
    EXPECT_TRUE(fits<float>(kInfinity));
    EXPECT_TRUE(fits<float>(std::numeric_limits<double>::quiet_NaN()));
    EXPECT_FALSE(fits<float>(1e39));
    EXPECT_TRUE(fits<double>(1e308));
    EXPECT_FALSE(fits<int64_t>(1.0));
    EXPECT_TRUE(fits<float>(INT64_MAX));
    EXPECT_TRUE(fits<int8_t>(int64_t{-128}));
    EXPECT_FALSE(fits<int8_t>(int64_t{128}));
    EXPECT_FALSE(fits<uint64_t>(int64_t{-1}));
    EXPECT_TRUE(fits<uint64_t>(INT64_MAX));
}

TEST(NumberFormat, KnowsWhichIntsAreFloats) {
    constexpr int64_t kAll = int64_t{1} << 53;
    for (const int64_t sign : {1, -1}) {
        EXPECT_TRUE(is_exact_float(sign * kAll));
        EXPECT_FALSE(is_exact_float(sign * (kAll + 1)));
        EXPECT_TRUE(is_exact_float(sign * (kAll + 2)));
        EXPECT_FALSE(is_exact_float(sign * INT64_MAX));
    }
    EXPECT_TRUE(is_exact_float(0));
    EXPECT_TRUE(is_exact_float(INT64_MIN));
    EXPECT_TRUE(is_exact_float(int64_t{1} << 62));
    EXPECT_FALSE(is_exact_float((int64_t{1} << 62) + 1));
}

}  // namespace
}  // namespace pp::data
