/// Sets of index ranges, against a set of indices.
#include "data/range_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace pp::data {
namespace {

std::set<int64_t> indices_of(const RangeSet& ranges) {
    std::set<int64_t> all;
    int64_t last = -1;
    for (const IndexRange& range : ranges.ranges()) {
        EXPECT_LT(last, range.begin) << "ranges touch or are out of order";
        EXPECT_LT(range.begin, range.end);
        for (int64_t i = range.begin; i < range.end; ++i)
            all.insert(i);
        last = range.end;
    }
    return all;
}

TEST(RangeSet, IsASetOfIndices) {
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        RangeSet ranges;
        std::set<int64_t> expected;
        for (int step = 0; step < 40; ++step) {
            const int64_t begin = random() % 200, end = begin + random() % 30;
            const bool adds = random() % 3 != 0;
            adds ? ranges.add(begin, end) : ranges.remove(begin, end);
            for (int64_t i = begin; i < end; ++i)
                adds ? void(expected.insert(i)) : void(expected.erase(i));
            ASSERT_EQ(indices_of(ranges), expected);
        }
        for (const IndexRange& part : ranges.within(50, 100)) {
            EXPECT_GE(part.begin, 50);
            EXPECT_LE(part.end, 100);
        }
    }
}

TEST(RangeSet, JoinsWhatIsClose) {
    RangeSet ranges;
    ranges.add(0, 10, 5);
    ranges.add(15, 20, 5);
    ranges.add(26, 30, 5);
    ASSERT_EQ(ranges.size(), 2u);
    EXPECT_EQ(ranges.ranges()[0], (IndexRange{0, 20}));
}

TEST(RangeSet, ShortensByTheSmallestGaps) {
    RangeSet ranges;
    for (int64_t i = 0; i < 1000; ++i)
        ranges.add(i * 10, i * 10 + 1);
    ranges.add(100'000, 100'001);
    ranges.shorten();
    EXPECT_EQ(ranges.size(), RangeSet::kMost);
    EXPECT_EQ(ranges.ranges().back(), (IndexRange{100'000, 100'001}));
}

}  // namespace
}  // namespace pp::data
