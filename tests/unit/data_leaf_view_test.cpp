/// Leaves of any format and step, to native columns and back.
#include "data/leaf_view.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

namespace pp::data {
namespace {

TEST(LeafView, ReadsAndWritesEveryFormatWithAnyStep) {
    for (const NumberFormat format : kNumberFormats) {
        for (const int64_t step : {1, 3, -2}) {
            const auto bytes = static_cast<int64_t>(format_bytes(format));
            std::vector<char> memory(static_cast<size_t>(bytes) * 40);
            const LeafView leaf{memory.data() + (step < 0 ? bytes * 39 : 0), bytes * step, format};
            std::vector<double> native(10);
            auto* ints = reinterpret_cast<int64_t*>(native.data());
            auto* bools = reinterpret_cast<uint8_t*>(native.data());
            for (int i = 0; i < 10; ++i) {
                if (native_type(format) == ir::Type::F64) native[static_cast<size_t>(i)] = i + 0.5;
                if (native_type(format) == ir::Type::I64) ints[i] = i + 100;
                if (native_type(format) == ir::Type::Bool) bools[i] = i % 2;
            }
            std::vector<int64_t> misfits;
            write_leaf(native_type(format), native.data(), 0, 10, leaf, misfits);
            std::vector<double> back(10);
            read_leaf(leaf, 3, 10, back.data(), misfits);
            EXPECT_TRUE(misfits.empty());
            const size_t size = native_type(format) == ir::Type::Bool ? 1 : 8;
            EXPECT_EQ(std::memcmp(back.data(), reinterpret_cast<char*>(native.data()) + 3 * size, 7 * size), 0)
                << to_string(format) << " " << step;
        }
    }
}

TEST(LeafView, TellsWhatDoesNotFit) {
    const int64_t values[] = {0, 255, 256, -1, 7};
    uint8_t bytes[5] = {9, 9, 9, 9, 9};
    std::vector<int64_t> misfits;
    write_leaf(ir::Type::I64, values, 10, 15, LeafView{reinterpret_cast<char*>(bytes) - 10, 1, NumberFormat::UInt8},
               misfits);
    EXPECT_EQ(misfits, (std::vector<int64_t>{12, 13}));
    EXPECT_EQ(bytes[1], 255);
    EXPECT_EQ(bytes[2], 9);

    const double numbers[] = {1e300, INFINITY, 0.1};
    float floats[3] = {};
    misfits.clear();
    write_leaf(ir::Type::F64, numbers, 0, 3, LeafView{reinterpret_cast<char*>(floats), 4, NumberFormat::Float32},
               misfits);
    EXPECT_EQ(misfits, (std::vector<int64_t>{0}));
    EXPECT_EQ(floats[2], 0.1f);

    uint64_t large[] = {1, UINT64_MAX};
    int64_t native[2] = {};
    misfits.clear();
    read_leaf(LeafView{reinterpret_cast<char*>(large), 8, NumberFormat::UInt64}, 0, 2, native, misfits);
    EXPECT_EQ(misfits, (std::vector<int64_t>{1}));
    EXPECT_EQ(native[0], 1);
}

}  // namespace
}  // namespace pp::data
