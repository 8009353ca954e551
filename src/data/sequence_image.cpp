/// See sequence_image.h.
#include "data/sequence_image.h"

#include <algorithm>
#include <utility>

#include "device/thread_pool.h"

namespace pp::data {
namespace {

/// Elements that one thread takes at a time.
constexpr int64_t kPart = 1024;

size_t padded(size_t bytes) {
    return (bytes + 7) & ~size_t{7};
}

}  // namespace

void append_sequences(KindRef kind, size_t leaf, std::vector<SequenceLeaf>& sequences) {
    if (kind->item || kind->tag == Tag::Text) {
        sequences.push_back({kind, leaf});
        return;
    }
    for (KindRef item : kind->items) {
        append_sequences(item, leaf, sequences);
        leaf += item->leaves;
    }
}

SequenceImage::SequenceImage(std::vector<SequenceLeaf> sequences, std::span<const void* const> leaves, int64_t begin,
                             int64_t end)
    : sequences_(std::move(sequences)), leaves_(leaves), begin_(begin), end_(end),
      offsets_(static_cast<size_t>((end - begin + kPart - 1) / kPart)) {
    for_each_part([&](size_t part, int64_t from, int64_t to) { offsets_[part] = measure(from, to); });
    for (size_t& offset : offsets_)
        bytes_ += std::exchange(offset, bytes_);
}

/// `body(part, from, to)`, by all threads; must not throw.
template <typename Body> void SequenceImage::for_each_part(Body body) const {
    device::ThreadPool::instance().parallel_for(
        static_cast<int64_t>(offsets_.size()), 1, [&](int64_t first, int64_t last, int) {
            for (int64_t part = first; part < last; ++part) {
                const int64_t from = begin_ + part * kPart;
                body(static_cast<size_t>(part), from, std::min(from + kPart, end_));
            }
        });
}

/// `visit(sequence, element, words)` for every sequence of these elements, `words` its address and its length.
template <typename Visit> void SequenceImage::visit_elements(int64_t from, int64_t to, Visit& visit) const {
    for (size_t s = 0; s < sequences_.size(); ++s) {
        const auto* addresses = static_cast<const uint64_t*>(leaves_[sequences_[s].leaf]);
        const auto* lengths = static_cast<const uint64_t*>(leaves_[sequences_[s].leaf + 1]);
        for (int64_t i = from; i < to; ++i) {
            uint64_t words[] = {addresses[i], lengths[i]};
            visit(s, i, words);
        }
    }
}

size_t SequenceImage::measure(int64_t from, int64_t to) const {
    size_t sum = 0;
    auto add = [&](const char* leaves, size_t at, size_t bytes) {
        sum += padded(bytes);
        return items_here(word_at(leaves, at));
    };
    auto visit = [&](size_t sequence, int64_t, const uint64_t* words) {
        size_t leaf = 0;
        walk_sequences(sequences_[sequence].kind, reinterpret_cast<const char*>(words), leaf, add);
    };
    visit_elements(from, to, visit);
    return sum;
}

void SequenceImage::fill(int64_t from, int64_t to, size_t offset, uint64_t address) {
    auto* block = static_cast<char*>(block_.data());
    auto* moved = static_cast<uint64_t*>(addresses_.data());
    // What is looked into are the copies, whose addresses are replaced as it goes.
    auto copy = [&](char* leaves, size_t at, size_t bytes) {
        char* place = block + offset;
        if (bytes != 0) {
            std::memcpy(place, items_here(word_at(leaves, at)), bytes);
        }
        const uint64_t there = address + offset;
        std::memcpy(leaves + 8 * at, &there, sizeof there);
        offset += padded(bytes);
        return place;
    };
    auto visit = [&](size_t sequence, int64_t i, uint64_t* words) {
        size_t leaf = 0;
        walk_sequences(sequences_[sequence].kind, reinterpret_cast<char*>(words), leaf, copy);
        moved[sequence * static_cast<size_t>(end_ - begin_) + static_cast<size_t>(i - begin_)] = words[0];
    };
    visit_elements(from, to, visit);
}

void SequenceImage::make(uint64_t address) {
    block_ = Storage(bytes_);
    addresses_ = Storage(sequences_.size() * static_cast<size_t>(end_ - begin_) * sizeof(uint64_t));
    for_each_part([&](size_t part, int64_t from, int64_t to) { fill(from, to, offsets_[part], address); });
}

}  // namespace pp::data
