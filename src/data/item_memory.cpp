/// See item_memory.h.
#include "data/item_memory.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "data/sequence_image.h"
#include "data/stored_items.h"

namespace pp::data {

void ItemMemory::share(const ItemMemory& other) {
    for (const auto& storage : other.kept_) {
        if (std::ranges::find(kept_, storage) == kept_.end()) {
            kept_.push_back(storage);
            bytes_ += storage->bytes();
        }
    }
}

char* ItemMemory::take(size_t bytes) {
    if (!open_ || open_->bytes() - open_used_ < bytes) {
        // As much again as there is, so that what is added one by one is not in too many pieces.
        const size_t room = std::max({bytes, std::min(bytes_, size_t{1} << 24), size_t{256}});
        open_ = std::make_shared<Storage>(room);
        open_used_ = 0;
        kept_.push_back(open_);
        bytes_ += room;
    }
    char* place = static_cast<char*>(open_->data()) + open_used_;
    open_used_ += bytes;
    return place;
}

void ItemMemory::own(const ElementType& type, std::vector<LeafView> leaves, int64_t begin, int64_t end) {
    if (begin == end) {
        return;
    }
    std::vector<SequenceLeaf> sequences;
    append_sequences(type.kind, 0, sequences);
    std::vector<const void*> columns;
    for (const LeafView& leaf : leaves) {
        columns.push_back(leaf.base);
    }
    SequenceImage image(std::move(sequences), columns, begin, end);
    char* place = take(image.bytes());
    image.make(reinterpret_cast<uintptr_t>(place));
    if (image.bytes() > 0) {
        std::memcpy(place, image.block(), image.bytes());
    }
    for (size_t i = 0; i < image.sequences().size(); ++i) {
        const LeafView& leaf = leaves[image.sequences()[i].leaf];
        std::memcpy(leaf.at(begin), image.addresses(i), static_cast<size_t>(end - begin) * sizeof(uint64_t));
    }
}

void ItemMemory::own_all(const ElementType& type, std::vector<LeafView> leaves, int64_t begin, int64_t end) {
    ItemMemory fresh;
    fresh.own(type, std::move(leaves), begin, end);
    fresh.used_at_last_ = fresh.bytes_;
    *this = std::move(fresh);
}

WideTexts::WideTexts(const ElementType& narrow, std::vector<LeafView> leaves, int64_t count) {
    std::vector<SequenceLeaf> sequences;
    append_sequences(narrow.kind, 0, sequences);
    for (const SequenceLeaf& sequence : sequences) {
        for (int64_t i = 0; i < count; ++i) {
            widen(sequence.kind, leaves[sequence.leaf].at(i), leaves[sequence.leaf + 1].at(i));
        }
    }
}

/// Of a text, or of all texts in a row, whose address and count are there.
void WideTexts::widen(KindRef kind, char* address, char* count) {
    const auto size = static_cast<size_t>(word_at(count, 0));
    const size_t each = kind->item ? item_bytes(kind->item) : 4;
    if (size == 0 || with_wide_text(kind) == kind) {
        return;
    }
    const char* old = items_here(word_at(address, 0));
    char* made = made_.emplace_back(std::make_unique<char[]>(size * each)).get();
    if (kind->item) {
        std::memcpy(made, old, size * each);
        std::vector<SequenceLeaf> sequences;
        append_sequences(kind->item, 0, sequences);
        for (size_t i = 0; i < size * sequences.size(); ++i) {
            const SequenceLeaf& sequence = sequences[i % sequences.size()];
            char* place = made + i / sequences.size() * each + 8 * sequence.leaf;
            widen(sequence.kind, place, place + 8);
        }
    } else {
        store_units(old, 1, static_cast<int64_t>(size), 4, made);
    }
    const auto there = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(made));
    std::memcpy(address, &there, sizeof there);
}

std::vector<LeafView> item_leaves(KindRef item, const char* items) {
    std::vector<KindRef> kinds;
    append_leaves(item, kinds);
    const ElementType& type = *element_type(item);
    std::vector<LeafView> leaves;
    for (size_t i = 0; i < kinds.size(); ++i) {
        leaves.push_back({const_cast<char*>(items) + 8 * i, static_cast<int64_t>(item_bytes(item)), type.leaves[i]});
    }
    return leaves;
}

}  // namespace pp::data
