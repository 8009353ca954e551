/// Uploads through slots: every value arrives once, whoever brings it, and nobody waits for what does not come.
#include <atomic>
#include <cstring>
#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>
#include <vector>

#include "device/slotted_upload.h"

namespace pp::device {
namespace {

/// Copies to memory of its own when it is waited for, as late as a bus may.
class LateSender final : public SlotSender {
public:
    LateSender(size_t slots, size_t bytes) : block(bytes), sent_(slots) {}

    void send(size_t slot, std::span<const Copy> copies) override {
        if (++sends == fails_at) throw std::runtime_error("no bus");
        sent_[slot].assign(copies.begin(), copies.end());
    }
    void wait_for(size_t slot) override {
        for (const Copy& copy : sent_[slot])
            std::memcpy(block.data() + copy.offset, copy.source, copy.bytes);
        sent_[slot].clear();
    }
    void wait_for_all() {
        for (size_t slot = 0; slot < sent_.size(); ++slot)
            wait_for(slot);
    }

    std::vector<std::byte> block;
    std::atomic<int> sends{0};
    int fails_at = 0;

private:
    std::vector<std::vector<Copy>> sent_;
};

struct Values {
    explicit Values(int64_t count) : count(count), eights(static_cast<size_t>(count)), ones(eights.size()) {
        for (size_t i = 0; i < eights.size(); ++i) {
            eights[i] = i * 7919;
            ones[i] = static_cast<uint8_t>(i * 31);
        }
    }
    /// The ones come first in the block.
    std::vector<ChunkedUpload::Part> parts() const {
        return {{reinterpret_cast<const std::byte*>(eights.data()), 8, ones.size() + 5},
                {reinterpret_cast<const std::byte*>(ones.data()), 1, 5}};
    }
    size_t bytes() const { return 9 * ones.size() + 5; }
    void expect_in(const std::vector<std::byte>& block) const {
        EXPECT_EQ(std::memcmp(block.data() + 5, ones.data(), ones.size()), 0);
        EXPECT_EQ(std::memcmp(block.data() + 5 + ones.size(), eights.data(), 8 * ones.size()), 0);
    }

    int64_t count;
    std::vector<uint64_t> eights;
    std::vector<uint8_t> ones;
};

constexpr size_t kSlots = 3, kMemory = kSlots * 1200;  // 128 values a slot

TEST(SlottedUpload, EveryValueArrives) {
    for (const int64_t count : {1, 127, 128, 129, 384, 385, 5000}) {
        for (const int64_t chunk : {int64_t{1}, int64_t{50}, int64_t{128}, int64_t{300}, count}) {
            const Values values(count);
            LateSender sender(kSlots, values.bytes());
            std::vector<std::byte> memory(kMemory);
            SlottedUpload upload(sender, memory, kSlots, values.parts(), count);
            for (int64_t begin = 0; begin < count; begin += chunk)
                upload.take(begin, std::min(count, begin + chunk));
            upload.finish();
            sender.wait_for_all();
            values.expect_in(sender.block);
            EXPECT_EQ(sender.sends, (count + 127) / 128);
        }
    }
}

TEST(SlottedUpload, FromManyThreads) {
    const Values values(100'000);
    LateSender sender(kSlots, values.bytes());
    std::vector<std::byte> memory(kMemory);
    SlottedUpload upload(sender, memory, kSlots, values.parts(), values.count);
    std::atomic<int64_t> next{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            constexpr int64_t kChunk = 37;
            for (int64_t begin = next.fetch_add(kChunk); begin < values.count; begin = next.fetch_add(kChunk))
                upload.take(begin, std::min(values.count, begin + kChunk));
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    upload.finish();
    sender.wait_for_all();
    values.expect_in(sender.block);
}

TEST(SlottedUpload, AFailureIsToldAtTheEndAndEndsWaiting) {
    const Values values(5000);
    LateSender sender(kSlots, values.bytes());
    sender.fails_at = 2;
    std::vector<std::byte> memory(kMemory);
    SlottedUpload upload(sender, memory, kSlots, values.parts(), values.count);
    upload.take(0, values.count);
    EXPECT_THROW(upload.finish(), std::runtime_error);
    EXPECT_EQ(sender.sends, 2);
}

TEST(SlottedUpload, WhatIsGivenUpIsNotWaitedFor) {
    const Values values(5000);
    LateSender sender(kSlots, values.bytes());
    std::vector<std::byte> memory(kMemory);
    SlottedUpload upload(sender, memory, kSlots, values.parts(), values.count);
    upload.take(0, 200);
    EXPECT_EQ(sender.sends, 1);
}

}  // namespace
}  // namespace pp::device
