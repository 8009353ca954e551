/// Sequences moved to another memory and back.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

#include "data/arena.h"
#include "data/foreign_memory.h"
#include "data/sequence_image.h"

namespace pp::data {
namespace {

uint64_t address(const void* place) {
    return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(place));
}

std::string text_at(uint64_t place, uint64_t length) {
    return {items_here(place), static_cast<size_t>(length)};
}

TEST(SequenceLeaves, ArePositionsAmongAllLeaves) {
    const KindRef row = tuple_kind(std::vector<KindRef>{float_kind(), none_kind(), text_kind(1), complex_kind()});
    const KindRef kind = tuple_kind(std::vector<KindRef>{row, bool_kind(), list_of_kind(text_kind(4))});
    std::vector<SequenceLeaf> sequences;
    append_sequences(kind, 10, sequences);
    ASSERT_EQ(sequences.size(), 2u);
    EXPECT_EQ(sequences[0].leaf, 11u);
    EXPECT_EQ(sequences[0].kind, text_kind(1));
    EXPECT_EQ(sequences[1].leaf, 16u);
    EXPECT_EQ(sequences[1].kind, list_of_kind(text_kind(4)));
}

// Elements (float, list[str]): more than one thread's part.
class SequencesMoved : public ::testing::Test {
protected:
    static constexpr int64_t kCount = 5000;
    static constexpr uint64_t kThere = uint64_t{1} << 40;

    SequencesMoved() : words_(kCount), texts_(2 * kCount) {
        for (int64_t i = 0; i < kCount; ++i) {
            texts_[2 * i] = "text " + std::to_string(i);
            texts_[2 * i + 1] = std::string(i % 3, 'x');
            for (int64_t k = 0; k < 2; ++k) {
                words_[i][2 * k] = address(texts_[2 * i + k].data());
                words_[i][2 * k + 1] = texts_[2 * i + k].size();
            }
            floats_.push_back(double(i));
            addresses_.push_back(address(words_[i].data()));
            lengths_.push_back(i % 3);  // 0, 1 or 2 texts
        }
        leaves_ = {floats_.data(), addresses_.data(), lengths_.data()};
        const KindRef kind = tuple_kind(std::vector<KindRef>{float_kind(), list_});
        append_sequences(kind, 0, sequences_);
    }

    void expect_texts(uint64_t place, uint64_t length, int64_t element) const {
        ASSERT_EQ(length, static_cast<uint64_t>(element % 3));
        for (uint64_t k = 0; k < length; ++k) {
            ASSERT_EQ(text_at(word_at(items_here(place), 2 * k), word_at(items_here(place), 2 * k + 1)),
                      texts_[2 * static_cast<size_t>(element) + k]);
        }
    }

    const KindRef list_ = list_of_kind(text_kind(1));
    std::vector<std::array<uint64_t, 4>> words_;
    std::vector<std::string> texts_;
    std::vector<double> floats_;
    std::vector<uint64_t> addresses_, lengths_;
    std::vector<const void*> leaves_;
    std::vector<SequenceLeaf> sequences_;
};

TEST_F(SequencesMoved, ThereAndBack) {
    constexpr int64_t kBegin = 100, kEnd = kCount - 7;
    SequenceImage image(sequences_, leaves_, kBegin, kEnd);
    image.make(kThere);
    ForeignMemory there;
    there.add(kThere, image.bytes(), image.block());
    Arenas arenas;
    for (int64_t i = kBegin; i < kEnd; ++i) {
        uint64_t words[] = {image.addresses(0)[i - kBegin], lengths_[i]};
        ASSERT_GE(words[0], kThere);
        ASSERT_LE(words[0], kThere + image.bytes());
        ASSERT_TRUE(copy_sequence(list_, words, there, *arenas.of(0).kernel_memory()));
        expect_texts(words[0], words[1], i);
    }
    expect_texts(addresses_[kBegin], lengths_[kBegin], kBegin);  // the elements stay as they are
}

TEST_F(SequencesMoved, WhatLeadsElsewhereIsNotCopied) {
    SequenceImage image(sequences_, leaves_, 0, kCount);
    image.make(kThere);
    Arenas arenas;
    ForeignMemory there;
    there.add(kThere, image.bytes() - 8, image.block());
    uint64_t last[] = {image.addresses(0)[kCount - 1], lengths_[kCount - 1]};
    EXPECT_EQ(lengths_[kCount - 1], 1u);
    EXPECT_FALSE(copy_sequence(list_, last, there, *arenas.of(0).kernel_memory()));
    uint64_t nothing[] = {0, 0};
    EXPECT_TRUE(copy_sequence(list_, nothing, there, *arenas.of(0).kernel_memory()));
    EXPECT_NE(nothing[0], 0u);
}

TEST_F(SequencesMoved, WithoutMemoryNothingIsCopied) {
    SequenceImage image(sequences_, leaves_, 0, kCount);
    image.make(kThere);
    ForeignMemory there;
    there.add(kThere, image.bytes(), image.block());
    ArenaBudget budget{40};
    Arena arena(budget);
    uint64_t words[] = {image.addresses(0)[2], lengths_[2]};
    EXPECT_FALSE(copy_sequence(list_, words, there, *arena.kernel_memory()));
}

TEST(ForeignMemory, FindsWhatLiesWithinABlock) {
    const char here[] = "abcdefgh";
    int made = 0;
    ForeignMemory memory;
    memory.add(1000, 8, here);
    memory.add(2000, 4, [&] {
        ++made;
        return here + 4;
    });
    EXPECT_EQ(memory.find(1000, 8), here);
    EXPECT_EQ(memory.find(1007, 1), here + 7);
    EXPECT_EQ(memory.find(1007, 2), nullptr);
    EXPECT_EQ(memory.find(999, 1), nullptr);
    EXPECT_EQ(made, 0);
    EXPECT_EQ(memory.find(2001, 3), here + 5);
    EXPECT_EQ(memory.find(2000, 4), here + 4);
    EXPECT_EQ(made, 1);
}

}  // namespace
}  // namespace pp::data
