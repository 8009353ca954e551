/// What the leaves of elements lead to, as one block of bytes that can lie anywhere, as captured_image.h makes it of
/// captured data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/column.h"
#include "data/sequence_walk.h"

namespace pp::data {

/// Made by all threads. Where sequences share items, each gets them for itself.
class SequenceImage {
public:
    /// Elements [begin, end) of columns whose leaves are `leaves`, among which `sequences` are. Both must live as long
    /// as this object, and all items that these lead to.
    SequenceImage(std::vector<SequenceLeaf> sequences, std::span<const void* const> leaves, int64_t begin, int64_t end);

    /// A multiple of 8.
    size_t bytes() const noexcept { return bytes_; }
    /// Makes the block that is to lie at `address`. Throws std::bad_alloc.
    void make(uint64_t address);
    const void* block() const noexcept { return block_.data(); }
    const std::vector<SequenceLeaf>& sequences() const noexcept { return sequences_; }
    /// The addresses of sequence number `sequence` of all these elements, in the block.
    const uint64_t* addresses(size_t sequence) const noexcept {
        return static_cast<const uint64_t*>(addresses_.data()) + sequence * static_cast<size_t>(end_ - begin_);
    }

private:
    template <typename Visit> void visit_elements(int64_t from, int64_t to, Visit& visit) const;
    size_t measure(int64_t from, int64_t to) const;
    void fill(int64_t from, int64_t to, size_t offset, uint64_t address);
    template <typename Body> void for_each_part(Body body) const;

    std::vector<SequenceLeaf> sequences_;
    std::span<const void* const> leaves_;
    int64_t begin_, end_;
    std::vector<size_t> offsets_;  ///< of what each part of the elements leads to
    size_t bytes_ = 0;
    Storage block_, addresses_;
};

}  // namespace pp::data
