/// Sequences whose addresses are those of another memory, a device's, copied into that of a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/kernel_abi.h"
#include "ir/kind.h"

namespace pp::data {

/// Where what lies in blocks of another memory can be read here.
class ForeignMemory {
public:
    /// `here` must live as long as this object. Not thread-safe.
    void add(uint64_t address, size_t bytes, const void* here);
    /// The same, for what is seldom needed: `make` is called once, when something in it is looked for.
    void add(uint64_t address, size_t bytes, std::function<const void*()> make);
    /// Where these bytes lie here; null where they are in none of the blocks. Thread-safe.
    const char* find(uint64_t address, size_t bytes) const;

private:
    struct Block {
        uint64_t address;
        size_t bytes;
        const char* here;
        std::function<const void*()> make;
        std::unique_ptr<std::once_flag> made;
    };
    mutable std::vector<Block> blocks_;
};

/// Copies a sequence (or text) of `kind` and all that its items lead to, into blocks of `memory`; `words`, its address
/// and its length, then say where the copy lies. False where there is no memory left, or where it leads out of the
/// blocks.
bool copy_sequence(KindRef kind, uint64_t* words, const ForeignMemory& from, KernelMemory& memory);

}  // namespace pp::data
