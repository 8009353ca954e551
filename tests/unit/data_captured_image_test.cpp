/// Captured data moved to another address.
#include <gtest/gtest.h>

#include <cstring>

#include "data/captured_image.h"

namespace pp::data {
namespace {

class TestData : public Captured {
public:
    TestData(KindRef kind, std::vector<uint64_t> words) : Captured(kind) { words_ = std::move(words); }
    size_t bytes() const noexcept override { return 0; }
};

uint64_t address(const void* place) {
    return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(place));
}

TEST(CapturedImage, FlatItemsAreCopied) {
    const std::vector<double> items{1.5, -2.5, 0.0};
    const TestData data(list_of_kind(float_kind()), {address(items.data()), 3});
    EXPECT_EQ(image_bytes(data), 24u);
    const CapturedImage image = make_image(data, 4096);
    EXPECT_EQ(image.words, (std::vector<uint64_t>{4096, 3}));
    EXPECT_EQ(std::memcmp(image.block.data(), items.data(), 24), 0);
}

TEST(CapturedImage, RowsWithinRowsAreFoundAtTheirNewPlaces) {
    // [(1, [True, False, True]), (2, [])], 7, "abc"
    const std::vector<uint8_t> flags{1, 0, 1};
    const std::vector<uint64_t> rows{1, address(flags.data()), 3, 2, 0, 0};
    const char text[] = "abc";
    const KindRef row = tuple_kind(std::vector<KindRef>{int_kind(), list_of_kind(bool_kind())});
    const KindRef kind = tuple_kind(std::vector<KindRef>{list_of_kind(row), int_kind(), text_kind(1)});
    const TestData data(kind, {address(rows.data()), 2, 7, address(text), 3});
    EXPECT_EQ(image_bytes(data), 48u + 8u + 8u);
    const CapturedImage image = make_image(data, 1 << 20);
    EXPECT_EQ(image.words, (std::vector<uint64_t>{1 << 20, 2, 7, (1 << 20) + 56, 3}));
    const uint64_t inner = (1 << 20) + 48;
    EXPECT_EQ((std::vector<uint64_t>{image.block.begin(), image.block.begin() + 6}),
              (std::vector<uint64_t>{1, inner, 3, 2, inner + 8, 0}));
    EXPECT_EQ(std::memcmp(image.block.data() + 6, flags.data(), 3), 0);
    EXPECT_EQ(std::memcmp(image.block.data() + 7, text, 3), 0);
    EXPECT_EQ(rows[1], address(flags.data()));  // the data itself stays as it is
}

TEST(Captured, VersionsDiffer) {
    const TestData one(int_kind(), {1}), two(int_kind(), {1});
    EXPECT_NE(one.version(), two.version());
}

}  // namespace
}  // namespace pp::data
