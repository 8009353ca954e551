/// Storage, its cache, and Arrays.
#include "data/column.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <thread>
#include <utility>

namespace pp::data {
namespace {

constexpr size_t kCached = size_t{1} << 20;
constexpr size_t kCap = size_t{256} << 20;

class StorageTest : public testing::Test {
protected:
    void SetUp() override { Storage::trim(); }
    void TearDown() override { Storage::trim(); }
};

TEST_F(StorageTest, IsAlignedAndWritable) {
    for (size_t bytes :
         {size_t{1}, size_t{63}, size_t{64}, size_t{100}, size_t{16383}, size_t{16384}, size_t{100000}, kCached + 1}) {
        const Storage storage(bytes);
        ASSERT_NE(storage.data(), nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(storage.data()) % 64, 0u) << bytes;
        EXPECT_EQ(storage.bytes(), bytes);
        std::memset(storage.data(), 0x5a, bytes);
    }
}

TEST_F(StorageTest, OfNothingOwnsNothing) {
    EXPECT_EQ(Storage().data(), nullptr);
    EXPECT_EQ(Storage(0).data(), nullptr);
    EXPECT_EQ(Storage(0).bytes(), 0u);
}

TEST_F(StorageTest, ComesBackFromTheCache) {
    void* first;
    {
        const Storage storage(kCached);
        first = storage.data();
    }
    const Storage similar(kCached - 1000);
    EXPECT_EQ(similar.data(), first);
    EXPECT_EQ(similar.bytes(), kCached - 1000);
    const Storage second(kCached);
    EXPECT_NE(second.data(), first);
}

TEST_F(StorageTest, MovesWithoutCopying) {
    Storage storage(kCached);
    void* data = storage.data();
    Storage moved(std::move(storage));
    EXPECT_EQ(moved.data(), data);
    Storage assigned;
    assigned = std::move(moved);
    EXPECT_EQ(assigned.data(), data);
    EXPECT_EQ(assigned.bytes(), kCached);
}

TEST_F(StorageTest, TrimReturnsWhatIsCached) {
    EXPECT_EQ(Storage::trim(), 0u);
    {
        const Storage small(1000);
    }
    EXPECT_EQ(Storage::trim(), 0u);
    {
        const Storage one(kCached);
        const Storage other(kCached);
    }
    EXPECT_EQ(Storage::trim(), 2 * kCached);
    EXPECT_EQ(Storage::trim(), 0u);
}

TEST_F(StorageTest, CacheIsCapped) {
    constexpr size_t kQuarter = kCap / 4;
    {
        std::vector<Storage> blocks;
        for (int i = 0; i < 6; ++i) {
            blocks.emplace_back(kQuarter);
        }
    }
    EXPECT_EQ(Storage::trim(), kCap);
    {
        const Storage huge(kCap + 1);
    }
    EXPECT_EQ(Storage::trim(), 0u);
}

TEST_F(StorageTest, NewSizesDriveOutOldOnes) {
    {
        std::vector<Storage> blocks;
        for (int i = 0; i < 4; ++i) {
            blocks.emplace_back(kCap / 4);
        }
    }
    void* fresh;
    {
        const Storage storage(kCached);
        fresh = storage.data();
    }
    EXPECT_EQ(Storage(kCached).data(), fresh);
    EXPECT_LE(Storage::trim(), kCap);
}

TEST_F(StorageTest, ManyBlocksStayWithinTheCache) {
    {
        std::vector<Storage> blocks;
        for (int i = 0; i < 1000; ++i) {
            blocks.emplace_back(16384);
        }
    }
    const size_t cached = Storage::trim();
    EXPECT_GT(cached, 0u);
    EXPECT_LT(cached, size_t{1000} * 16384);
}

TEST_F(StorageTest, IsSharedByThreads) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([t] {
            for (size_t i = 0; i < 2000; ++i) {
                const Storage storage(20000 + 10000 * (i % 7));
                auto* bytes = static_cast<unsigned char*>(storage.data());
                bytes[0] = bytes[storage.bytes() - 1] = static_cast<unsigned char>(t);
                ASSERT_EQ(bytes[0], t);
                ASSERT_EQ(bytes[storage.bytes() - 1], t);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

TEST_F(StorageTest, WorksInAForkedChild) {
    {
        const Storage storage(kCached);
    }
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        bool works;
        {
            const Storage storage(kCached);
            works = storage.data() != nullptr;
        }
        _exit(works && Storage::trim() == kCached ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(StorageBytesTest, FollowTheKernelAbi) {
    EXPECT_EQ(storage_bytes(ir::Type::F64), sizeof(double));
    EXPECT_EQ(storage_bytes(ir::Type::I64), sizeof(int64_t));
    EXPECT_EQ(storage_bytes(ir::Type::I32), sizeof(int32_t));
    EXPECT_EQ(storage_bytes(ir::Type::Bool), 1u);
}

TEST(ArraysTest, AreApartAndAligned) {
    const std::vector<ir::Type> types{ir::Type::Bool, ir::Type::F64, ir::Type::I32, ir::Type::I64, ir::Type::Bool};
    for (int64_t count : {1, 63, 64, 65, 100000}) {
        const Arrays arrays(types, count);
        EXPECT_EQ(arrays.count(), count);
        ASSERT_EQ(arrays.pointers().size(), types.size());
        for (size_t i = 0; i < types.size(); ++i) {
            EXPECT_EQ(reinterpret_cast<uintptr_t>(arrays.pointers()[i]) % 64, 0u);
            std::memset(arrays.pointers()[i], static_cast<int>(i) + 1,
                        storage_bytes(types[i]) * static_cast<size_t>(count));
        }
        for (size_t i = 0; i < types.size(); ++i) {
            const char* bytes = arrays.as<char>(i);
            EXPECT_EQ(bytes[0], static_cast<char>(i + 1));
            EXPECT_EQ(bytes[storage_bytes(types[i]) * static_cast<size_t>(count) - 1], static_cast<char>(i + 1));
        }
    }
}

TEST(ArraysTest, MayBeEmpty) {
    EXPECT_EQ(Arrays().pointers().size(), 0u);
    EXPECT_EQ(Arrays({}, 10).pointers().size(), 0u);
    const std::vector<ir::Type> types{ir::Type::F64, ir::Type::Bool};
    EXPECT_EQ(Arrays(types, 0).pointers().size(), 2u);
}

}  // namespace
TEST(ArraysTest, GapsTakeTheValuesOfTheFirstElementThatHasSome) {
    const std::vector<ir::Type> types{ir::Type::F64, ir::Type::Bool};
    const Arrays arrays(types, 5);
    for (int i = 0; i < 5; ++i) {
        arrays.as<double>(0)[i] = 1.5 * i;
        arrays.as<uint8_t>(1)[i] = static_cast<uint8_t>(i);
    }
    EXPECT_TRUE(fill_gaps(types, arrays.pointers(), std::vector<int64_t>{0, 1, 3}, 5));
    EXPECT_EQ(std::vector(arrays.as<double>(0), arrays.as<double>(0) + 5), (std::vector{3.0, 3.0, 3.0, 3.0, 6.0}));
    EXPECT_EQ(std::vector(arrays.as<uint8_t>(1), arrays.as<uint8_t>(1) + 5), (std::vector<uint8_t>{2, 2, 2, 2, 4}));
    EXPECT_FALSE(fill_gaps(types, arrays.pointers(), std::vector<int64_t>{0, 1, 2, 3, 4}, 5));
    EXPECT_TRUE(fill_gaps(types, arrays.pointers(), {}, 5));
}

}  // namespace pp::data
