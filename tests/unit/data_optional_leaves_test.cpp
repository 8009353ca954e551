/// What may be None, among the leaves of elements.
#include "data/optional_leaves.h"

#include <gtest/gtest.h>

#include <vector>

#include "data/leaf_view.h"

namespace pp::data {
namespace {

KindRef row(std::vector<KindRef> items) {
    return tuple_kind(items);
}

/// ((float | None, int) | None, float)
KindRef nested() {
    return row({optional_kind(row({optional_kind(float_kind()), int_kind()})), float_kind()});
}

TEST(OptionalLeaves, FindsGapsOuterOnesFirst) {
    EXPECT_TRUE(gaps_of(row({float_kind(), int_kind()})).empty());
    const std::vector<Gap> gaps = gaps_of(nested());
    ASSERT_EQ(gaps.size(), 2u);
    EXPECT_EQ(gaps[0].leaf, 3u);
    EXPECT_EQ(gaps[0].outer, -1);
    EXPECT_EQ(gaps[1].leaf, 1u);
    EXPECT_EQ(gaps[1].outer, 0);
}

TEST(OptionalLeaves, SaysWhatIsThere) {
    const auto present = [](uint64_t bits) {
        std::vector<uint32_t> leaves;
        KindRef kind = kind_of_present(nested(), bits, leaves);
        return std::pair(kind, leaves);
    };
    EXPECT_EQ(present(0b11),
              std::pair(row({row({float_kind(), int_kind()}), float_kind()}), std::vector<uint32_t>{0, 2, 4}));
    EXPECT_EQ(present(0b01),
              std::pair(row({row({none_kind(), int_kind()}), float_kind()}), std::vector<uint32_t>{2, 4}));
    EXPECT_EQ(present(0b00), std::pair(row({none_kind(), float_kind()}), std::vector<uint32_t>{4}));
    EXPECT_EQ(present(0b10), present(0b00)) << "what is in something that is not there means nothing";
}

TEST(OptionalLeaves, SaysWhereResultsGo) {
    constexpr uint32_t kThere = kLeafIsThere, kEmpty = kLeafIsEmpty;
    const ElementType& type = *element_type(nested());
    EXPECT_EQ(leaf_sources(type, row({row({float_kind(), int_kind()}), float_kind()})),
              (std::vector<uint32_t>{0, kThere, 1, kThere, 2}));
    EXPECT_EQ(leaf_sources(type, row({row({none_kind(), int_kind()}), float_kind()})),
              (std::vector<uint32_t>{kEmpty, kEmpty, 0, kThere, 1}));
    EXPECT_EQ(leaf_sources(type, row({none_kind(), int_kind()})),
              (std::vector<uint32_t>{kEmpty, kEmpty, kEmpty, kEmpty, 0}));
    EXPECT_EQ(leaf_sources(type, none_kind()), std::nullopt);
    EXPECT_EQ(leaf_sources(type, row({row({float_kind(), float_kind()}), float_kind()})), std::nullopt)
        << "a float where ints are";
    EXPECT_EQ(leaf_sources(type, row({float_kind(), float_kind()})), std::nullopt);
    const ElementType& rows = *element_type(optional_kind(tuple_of_kind(float_kind())));
    EXPECT_EQ(leaf_sources(rows, row({})), (std::vector<uint32_t>{kEmpty, kEmpty, kThere}));
    EXPECT_EQ(leaf_sources(rows, tuple_of_kind(float_kind())), (std::vector<uint32_t>{0, 1, kThere}));
    EXPECT_EQ(leaf_sources(rows, tuple_of_kind(int_kind())), std::nullopt);
}

TEST(OptionalLeaves, ReadsAndWritesElementsAnywhere) {
    std::vector<int16_t> column{10, 11, 12, 13, 14, 15, 16, 17};
    const LeafView view{reinterpret_cast<char*>(column.data()), 4, NumberFormat::Int16};
    const std::vector<int64_t> elements{0, 3, 1};
    std::vector<int64_t> values(3), misfits;
    read_leaf_at(view, elements, 100, values.data(), misfits);
    EXPECT_EQ(values, (std::vector<int64_t>{10, 16, 12}));
    values = {1, 1 << 20, -3};
    write_leaf_at(ir::Type::I64, values.data(), elements, 100, view, misfits);
    EXPECT_EQ(column, (std::vector<int16_t>{1, 11, -3, 13, 14, 15, 16, 17}));
    EXPECT_EQ(misfits, (std::vector<int64_t>{101})) << "as the run numbers them";
}

}  // namespace
}  // namespace pp::data
