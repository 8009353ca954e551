/// What copies of a block on devices lack, with devices that are plain memory.
#include "data/residency.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

#include "data/array_body.h"
#include "remote_memory_fake.h"

namespace pp::data {
namespace {

using device::FakeMemory;

class ResidencyTest : public testing::Test {
protected:
    static constexpr int64_t kCount = 100'000;

    ResidencyTest() {
        for (int64_t i = 0; i < kCount; ++i)
            host()[i] = i;
    }
    int64_t* host() { return reinterpret_cast<int64_t*>(block.leaf(0).base); }
    static int64_t* on(const device::RemoteBlock& copy) { return reinterpret_cast<int64_t*>(copy.address()); }
    void write(int64_t begin, int64_t end, int64_t value) {
        block.residency().mark_written(begin, end);
        std::fill(host() + begin, host() + end, value);
    }

    ArrayBlock block{element_type(int_kind()), kCount};
    FakeMemory gpu, other;
};

TEST_F(ResidencyTest, UploadsOnceAndThenOnlyWhatWasWritten) {
    auto& residency = block.residency();
    EXPECT_FALSE(residency.has_copies());
    const auto& copy = residency.use(gpu, 0, kCount);
    EXPECT_EQ(gpu.uploaded, 8u * kCount);
    residency.use(gpu, 0, kCount);
    EXPECT_EQ(gpu.uploaded, 8u * kCount);
    write(1000, 1500, -1);
    write(kCount - 1, kCount, -2);
    residency.use(gpu, 0, kCount);
    EXPECT_EQ(gpu.uploaded, 8u * (kCount + 501));
    EXPECT_EQ(std::memcmp(on(copy), host(), 8 * kCount), 0);
}

TEST_F(ResidencyTest, ManyScatteredWritesStayFewRangesAndAreSeen) {
    auto& residency = block.residency();
    const auto& copy = residency.use(gpu, 0, kCount);
    for (int64_t i = 0; i < kCount; i += 97)
        write(i, i + 1, -i);
    residency.use(gpu, 0, kCount);
    EXPECT_EQ(std::memcmp(on(copy), host(), 8 * kCount), 0);
}

TEST_F(ResidencyTest, ResultsComeBackWhenLookedAtAndOnlyThatPart) {
    auto& residency = block.residency();
    const auto& copy = residency.overwrite(gpu, 0, kCount);
    EXPECT_EQ(gpu.uploaded, 0u);
    std::fill(on(copy), on(copy) + kCount, 7);
    residency.fetch(50'000, 50'001);
    EXPECT_EQ(host()[50'000], 7);
    EXPECT_EQ(host()[0], 0);
    EXPECT_LE(gpu.downloaded, 8u * 4096);
    write(10, 20, 5);
    EXPECT_EQ(host()[9], 7);  // of the page that was fetched to be written in part
    residency.use(gpu, 0, kCount);
    EXPECT_EQ(on(copy)[15], 5);
    EXPECT_EQ(on(copy)[20], 7);
    residency.fetch(0, kCount);
    EXPECT_EQ(std::accumulate(host(), host() + kCount, int64_t{0}), 7 * (kCount - 10) + 5 * 10);
}

TEST_F(ResidencyTest, ResultsGoStraightToOthersMemory) {
    auto& residency = block.residency();
    std::vector<int64_t> target(kCount);
    const std::vector<LeafView> leaves{{reinterpret_cast<char*>(target.data()), 8, NumberFormat::Int64}};
    EXPECT_FALSE(block.copy_out(leaves, kCount));  // the host has all
    int64_t* there = on(residency.overwrite(gpu, 0, kCount));
    std::iota(there, there + kCount, 7);
    const std::vector<LeafView> apart{{reinterpret_cast<char*>(target.data()), 16, NumberFormat::Int64}};
    EXPECT_FALSE(block.copy_out(apart, kCount / 2));
    const std::vector<LeafView> others{{reinterpret_cast<char*>(target.data()), 8, NumberFormat::Float64}};
    EXPECT_FALSE(block.copy_out(others, kCount));
    ASSERT_TRUE(block.copy_out(leaves, kCount));
    EXPECT_EQ(std::memcmp(there, target.data(), 8 * kCount), 0);
    EXPECT_EQ(host()[5], 5);  // not looked at
    residency.fetch(0, kCount);
    EXPECT_EQ(host()[5], 12);
    EXPECT_FALSE(block.copy_out(leaves, kCount));
}

TEST_F(ResidencyTest, GoesFromDeviceToDevice) {
    auto& residency = block.residency();
    const auto& first = residency.overwrite(gpu, 0, kCount);
    std::fill(on(first), on(first) + kCount, 3);
    const auto& second = residency.use(other, 0, kCount);
    EXPECT_EQ(on(second)[kCount - 1], 3);
    residency.drop(gpu);
    EXPECT_EQ(host()[17], 3);
    residency.drop(other);
    EXPECT_FALSE(residency.has_copies());
}

TEST_F(ResidencyTest, ManyWritesAmongResultsOfADevice) {
    auto& residency = block.residency();
    const auto& copy = residency.overwrite(gpu, 0, kCount);
    std::fill(on(copy), on(copy) + kCount, 9);
    for (int64_t i = 0; i < kCount; i += 300)
        write(i, i + 1, -1);
    residency.fetch(0, kCount);
    residency.use(gpu, 0, kCount);
    EXPECT_EQ(std::memcmp(on(copy), host(), 8 * kCount), 0);
    EXPECT_EQ(host()[1], 9);
    EXPECT_EQ(host()[300], -1);
}

TEST(ResidencyOfColumns, MovesEachColumnsPart) {
    const KindRef items[] = {float_kind(), int_kind()};
    const NumberFormat formats[] = {NumberFormat::Float32, NumberFormat::Int8};
    ArrayBlock block(element_type(tuple_kind(items), formats), 1000);
    FakeMemory gpu;
    block.residency().use(gpu, 0, 1000);
    EXPECT_EQ(gpu.uploaded, 5000u);
    block.residency().mark_written(10, 20);
    block.residency().use(gpu, 0, 1000);
    EXPECT_EQ(gpu.uploaded, 5050u);
}

TEST_F(ResidencyTest, SharedMemoryIsLookedAtAnewAndWrittenThrough) {
    auto& residency = block.residency();
    const auto& copy = residency.share(gpu, 1000, 2000);
    EXPECT_EQ(gpu.uploaded, 8u * 1000);
    on(copy)[1500] = -7;
    residency.fetch(1500, 1501);
    EXPECT_EQ(host()[1500], -7);
    on(copy)[1500] = -8;
    residency.fetch(1500, 1501);
    EXPECT_EQ(host()[1500], -8);
    EXPECT_GT(gpu.waits, 0u) << "others may still be writing";
    write(1700, 1701, 5);
    EXPECT_NE(on(copy)[1700], 5);
    Residency::publish();
    EXPECT_EQ(on(copy)[1700], 5);
    on(copy)[1600] = -9;
    EXPECT_EQ(on(residency.use(other, 1600, 1601))[1600], -9);
    residency.drop(gpu);
    Residency::drop_all();
    EXPECT_TRUE(residency.has_copies());
    residency.unshare();
    Residency::drop_all();
    EXPECT_FALSE(residency.has_copies());
    on(residency.use(gpu, 0, kCount))[1500] = 0;
    residency.fetch(0, kCount);
    EXPECT_EQ(host()[1500], -8) << "not shared any more";
}

TEST_F(ResidencyTest, ACopyTakesTheDevicesCopyAlong) {
    auto& residency = block.residency();
    auto& copy = residency.overwrite(gpu, 0, kCount);
    for (int64_t i = 0; i < kCount; ++i)
        on(copy)[i] = 3 * i;
    residency.fetch(0, 1);  // a page, which the host has then
    ArrayBlock part(block.type(), 50'000);
    const auto left = part.residency().take_copies(residency, 1000, 50'000);
    EXPECT_EQ(left, (std::vector<IndexRange>{{1000, 4096}}));
    EXPECT_EQ(gpu.copied, 8u * 50'000);
    part.before_read(20'000, 20'001);
    EXPECT_EQ(reinterpret_cast<int64_t*>(part.leaf(0).base)[20'000], 3 * 21'000);
    ArrayBlock plain(block.type(), kCount), copied(block.type(), kCount);
    EXPECT_EQ(copied.residency().take_copies(plain.residency(), 0, kCount), (std::vector<IndexRange>{{0, kCount}}));
}

TEST_F(ResidencyTest, SharedMemoryReceivesResultsOnTheDevice) {
    auto& residency = block.residency();
    const auto& shared = residency.share(gpu, 0, kCount);
    ArrayBlock result(block.type(), 100);
    EXPECT_FALSE(residency.receive(result.residency(), 100, 500));
    on(result.residency().overwrite(gpu, 0, 100))[99] = 77;
    EXPECT_TRUE(residency.receive(result.residency(), 100, 500));
    EXPECT_EQ(on(shared)[599], 77);
    residency.fetch(599, 600);
    EXPECT_EQ(host()[599], 77);
    residency.unshare();
}

TEST_F(ResidencyTest, AdoptedMemoryIsTheOnlyValidOne) {
    auto theirs = gpu.allocate(8 * kCount);
    on(*theirs)[70] = 71;
    block.residency().adopt(gpu, std::move(theirs));
    block.residency().use(gpu, 0, kCount);
    EXPECT_EQ(gpu.uploaded, 0u);
    block.before_read(70, 71);
    EXPECT_EQ(host()[70], 71);
}

TEST_F(ResidencyTest, WhatOthersWroteIsSeenWhenTheyHaveLeft) {
    auto& residency = block.residency();
    const auto& copy = residency.share(gpu, 0, kCount);
    residency.use(other, 0, kCount);
    on(copy)[7] = -5;
    const auto waits = gpu.waits;
    residency.unshare();
    EXPECT_FALSE(residency.is_foreign());
    EXPECT_EQ(gpu.waits, waits) << "whoever leaves does not wait";
    residency.fetch(7, 8);
    EXPECT_EQ(host()[7], -5);
    EXPECT_EQ(gpu.waits, waits + 1) << "for what they had queued";
    EXPECT_EQ(on(residency.use(other, 0, kCount))[7], -5);
    residency.fetch(0, kCount);
    EXPECT_EQ(gpu.waits, waits + 1) << "once";
}

}  // namespace
}  // namespace pp::data
