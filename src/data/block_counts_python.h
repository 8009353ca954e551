/// How many blocks some objects need, before any of them is made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/pools_python.h"

namespace pp::data {

/// Blocks of each class, and the sizes of those too large for pools in the order in which their objects are written.
struct BlockCounts {
    std::array<int64_t, kBlockClasses> of_class{};
    std::vector<size_t> large;

    int64_t& operator[](size_t size_class) noexcept { return of_class[size_class]; }
    int64_t operator[](size_t size_class) const noexcept { return of_class[size_class]; }

    /// Throws std::bad_alloc.
    void add(size_t bytes) {
        if (bytes <= kLargestBlock) {
            ++of_class[block_class(bytes)];
        } else {
            large.push_back(bytes);
        }
    }
};

}  // namespace pp::data
