/// See captured_image.h.
#include "data/captured_image.h"

#include <cstring>

#include "data/sequence_walk.h"

namespace pp::data {
namespace {

size_t in_words(size_t bytes) {
    return (bytes + 7) / 8;
}

}  // namespace

size_t image_bytes(const Captured& captured) {
    size_t total = 0, leaf = 0;
    auto add = [&](const char* leaves, size_t at, size_t bytes) {
        total += 8 * in_words(bytes);
        return items_here(word_at(leaves, at));
    };
    walk_sequences(captured.kind(), reinterpret_cast<const char*>(captured.words().data()), leaf, add);
    return total;
}

CapturedImage make_image(const Captured& captured, uint64_t address) {
    CapturedImage image{std::vector<uint64_t>(image_bytes(captured) / 8), captured.words()};
    size_t next = 0, leaf = 0;
    // What is looked into are the copies, whose addresses are replaced as it goes.
    auto copy = [&](char* leaves, size_t at, size_t bytes) {
        uint64_t* place = image.block.data() + next;
        if (bytes != 0) {
            std::memcpy(place, items_here(word_at(leaves, at)), bytes);
        }
        const uint64_t moved = address + 8 * next;
        std::memcpy(leaves + 8 * at, &moved, sizeof moved);
        next += in_words(bytes);
        return reinterpret_cast<char*>(place);
    };
    walk_sequences(captured.kind(), reinterpret_cast<char*>(image.words.data()), leaf, copy);
    return image;
}

}  // namespace pp::data
