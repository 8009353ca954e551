/// Addresses that many threads put into one set: each is new exactly once.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "data/address_set.h"
#include "data/element_objects.h"

namespace pp::data {
namespace {

const void* address(uintptr_t number) {
    return reinterpret_cast<const void*>(number);
}

TEST(AddressSet, TellsNewFromKnown) {
    AddressSet set(6);
    for (uintptr_t number : {uintptr_t{16}, uintptr_t{24}, uintptr_t{1} << 20, uintptr_t{0x7FFF'FFFF'FFF8}}) {
        EXPECT_TRUE(set.insert(address(number))) << number;
        EXPECT_FALSE(set.insert(address(number))) << number;
    }
}

TEST(AddressSet, HoldsAddressesFarApart) {
    constexpr uintptr_t kCount = 300;
    AddressSet set(kCount);
    for (uintptr_t i = 0; i < kCount; ++i) {
        EXPECT_TRUE(set.insert(address(i << 28 | 64)));
    }
    for (uintptr_t i = 0; i < kCount; ++i) {
        EXPECT_FALSE(set.insert(address(i << 28 | 64)));
    }
}

TEST(AddressSet, IsFilledByManyThreads) {
    constexpr uintptr_t kCount = 20'000;
    AddressSet set(4 * kCount);
    std::atomic<uintptr_t> fresh{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (uintptr_t i = 0; i < kCount; ++i) {
                fresh += set.insert(address(0x7F00'0000'0000 + i * 4096)) ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(fresh.load(), kCount);
}

TEST(ElementObjects, AreTheListsWithTheirOrigins) {
    const KindRef pair[] = {float_kind(), int_kind()};
    const KindRef outer[] = {tuple_kind(pair), list_kind(pair), bool_kind()};
    const KindRef columns[] = {float_kind(), list_kind(outer)};
    const std::vector<ElementObject> objects = element_objects(columns);
    ASSERT_EQ(objects.size(), 2u);
    EXPECT_EQ(objects[0].origin, 2);
    EXPECT_EQ(objects[0].column, 1u);
    EXPECT_TRUE(objects[0].items.empty());
    EXPECT_EQ(objects[0].item_origin(0), 3);
    EXPECT_EQ(objects[0].item_origin(1), 6);
    EXPECT_EQ(objects[0].item_origin(2), 9);
    EXPECT_EQ(objects[1].origin, 6);
    EXPECT_EQ(objects[1].items, std::vector<uint32_t>{1});
    EXPECT_TRUE(may_be_one(objects[1].kind, list_kind(pair)));
    EXPECT_FALSE(may_be_one(objects[0].kind, objects[1].kind));
}

}  // namespace
}  // namespace pp::data
