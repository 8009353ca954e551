/// See foreign_memory.h.
#include "data/foreign_memory.h"

#include <cstring>
#include <utility>

#include "data/sequence_walk.h"

namespace pp::data {

void ForeignMemory::add(uint64_t address, size_t bytes, const void* here) {
    blocks_.push_back({address, bytes, static_cast<const char*>(here), {}, nullptr});
}

void ForeignMemory::add(uint64_t address, size_t bytes, std::function<const void*()> make) {
    blocks_.push_back({address, bytes, nullptr, std::move(make), std::make_unique<std::once_flag>()});
}

const char* ForeignMemory::find(uint64_t address, size_t bytes) const {
    for (Block& block : blocks_) {
        const uint64_t offset = address - block.address;
        if (address < block.address || offset > block.bytes || bytes > block.bytes - offset) {
            continue;
        }
        if (block.made) {
            std::call_once(*block.made, [&] { block.here = static_cast<const char*>(block.make()); });
        }
        return block.here + offset;
    }
    return nullptr;
}

bool copy_sequence(KindRef kind, uint64_t* words, const ForeignMemory& from, KernelMemory& memory) {
    // Where empty sequences lie.
    static uint64_t nowhere = 0;
    // What is looked into are the copies, whose addresses are replaced as it goes.
    auto copy = [&](char* leaves, size_t at, size_t bytes) -> char* {
        char* place = reinterpret_cast<char*>(&nowhere);
        if (bytes != 0) {
            const char* items = from.find(word_at(leaves, at), bytes);
            const uint64_t reserved = items ? memory.reserve(&memory, bytes) : 0;
            if (reserved == 0) {
                return nullptr;
            }
            place = reinterpret_cast<char*>(static_cast<uintptr_t>(reserved));
            std::memcpy(place, items, bytes);
        }
        const auto address = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(place));
        std::memcpy(leaves + 8 * at, &address, sizeof address);
        return place;
    };
    size_t leaf = 0;
    return walk_sequences(kind, reinterpret_cast<char*>(words), leaf, copy);
}

}  // namespace pp::data
