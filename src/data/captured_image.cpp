/// See captured_image.h.
#include "data/captured_image.h"

#include <cstring>

namespace pp::data {
namespace {

size_t in_words(size_t bytes) {
    return (bytes + 7) / 8;
}

const char* host(uint64_t address) {
    return reinterpret_cast<const char*>(static_cast<uintptr_t>(address));
}

uint64_t word_at(const char* place, size_t index) {
    uint64_t word = 0;
    std::memcpy(&word, place + 8 * index, sizeof word);
    return word;
}

/// Comes to every run of items (or code units) below some leaves, in one order: `visit(leaves, leaf, bytes)`, where
/// `leaf` is the position of its address among them, gives where the items are found, to be looked into in turn.
/// `leaf` is moved past the kind's leaves.
template <typename Bytes, typename Visit> void walk_leaves(KindRef kind, Bytes* leaves, size_t& leaf, Visit& visit) {
    if (kind->item || kind->tag == Tag::Text) {
        // Without an address it only says what the items of the others are (python/array_captures.h).
        const uint64_t count = word_at(leaves, leaf) == 0 ? 0 : word_at(leaves, leaf + 1);
        const size_t each = kind->item ? item_bytes(kind->item) : kind->object;
        Bytes* items = visit(leaves, leaf, static_cast<size_t>(count) * each);
        leaf += 2;
        for (uint64_t i = 0; kind->item && kind->item->is_dynamic && i < count; ++i) {
            size_t own = 0;
            walk_leaves(kind->item, items + i * each, own, visit);
        }
        return;
    }
    leaf += kind->items.empty() ? kind->leaves : 0;
    for (KindRef item : kind->items) {
        walk_leaves(item, leaves, leaf, visit);
    }
}

}  // namespace

size_t image_bytes(const Captured& captured) {
    size_t total = 0, leaf = 0;
    auto add = [&](const char* leaves, size_t at, size_t bytes) {
        total += 8 * in_words(bytes);
        return host(word_at(leaves, at));
    };
    walk_leaves(captured.kind(), reinterpret_cast<const char*>(captured.words().data()), leaf, add);
    return total;
}

CapturedImage make_image(const Captured& captured, uint64_t address) {
    CapturedImage image{std::vector<uint64_t>(image_bytes(captured) / 8), captured.words()};
    size_t next = 0, leaf = 0;
    // What is looked into are the copies, whose addresses are replaced as it goes.
    auto copy = [&](char* leaves, size_t at, size_t bytes) {
        uint64_t* place = image.block.data() + next;
        if (bytes != 0) {
            std::memcpy(place, host(word_at(leaves, at)), bytes);
        }
        const uint64_t moved = address + 8 * next;
        std::memcpy(leaves + 8 * at, &moved, sizeof moved);
        next += in_words(bytes);
        return reinterpret_cast<char*>(place);
    };
    walk_leaves(captured.kind(), reinterpret_cast<char*>(image.words.data()), leaf, copy);
    return image;
}

}  // namespace pp::data
