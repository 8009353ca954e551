/// Coming to everything in memory that the leaves of a value lead to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "ir/kind.h"

namespace pp::data {

inline uint64_t word_at(const char* leaves, size_t index) {
    uint64_t word = 0;
    std::memcpy(&word, leaves + 8 * index, sizeof word);
    return word;
}

/// What lies at an address of this process.
inline const char* items_here(uint64_t address) {
    return reinterpret_cast<const char*>(static_cast<uintptr_t>(address));
}

/// Comes to every run of items (or code units) below some leaves, in one order: `visit(leaves, leaf, bytes)`, where
/// `leaf` is the position of its address among them, gives where the items are found, to be looked into in turn.
/// `leaf` is moved past the kind's leaves. False where `visit` gave null for items that there are: it stops there.
template <typename Bytes, typename Visit> bool walk_sequences(KindRef kind, Bytes* leaves, size_t& leaf, Visit& visit) {
    if (kind->item || kind->tag == Tag::Text) {
        // Without an address it only says what the items of others are (python/array_captures.h).
        const uint64_t count = word_at(leaves, leaf) == 0 ? 0 : word_at(leaves, leaf + 1);
        const size_t each = kind->item ? item_bytes(kind->item) : kind->object;
        Bytes* items = visit(leaves, leaf, static_cast<size_t>(count) * each);
        if (!items && count * each != 0) {
            return false;
        }
        leaf += 2;
        for (uint64_t i = 0; kind->item && kind->item->is_dynamic && i < count; ++i) {
            size_t own = 0;
            if (!walk_sequences(kind->item, items + i * each, own, visit)) {
                return false;
            }
        }
        return true;
    }
    leaf += kind->items.empty() ? kind->leaves : 0;
    for (KindRef item : kind->items) {
        if (!walk_sequences(item, leaves, leaf, visit)) {
            return false;
        }
    }
    return true;
}

/// A sequence or text that is not within another, by the position of its address among some leaves; its length is
/// behind it.
struct SequenceLeaf {
    KindRef kind;
    size_t leaf;
};

/// Appends those of a value of `kind` whose leaves begin at `leaf`.
void append_sequences(KindRef kind, size_t leaf, std::vector<SequenceLeaf>& sequences);

}  // namespace pp::data
