/// Sorting stably by all threads.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "device/thread_pool.h"

namespace pp::data {

/// Fewer are sorted by the calling thread.
inline constexpr int64_t kSortedByOne = 1 << 15;

/// Of the first `count` of two sorted runs merged stably, how many come from the left one.
template <typename T, typename Less>
int64_t merged_from_left(std::span<const T> left, std::span<const T> right, int64_t count, Less less) {
    int64_t low = std::max<int64_t>(0, count - std::ssize(right)), high = std::min<int64_t>(count, std::ssize(left));
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const T& other = right[static_cast<size_t>(count - middle - 1)];
        if (less(other, left[static_cast<size_t>(middle)])) {
            high = middle;
        } else {
            low = middle + 1;  // equal ones of the left run come first
        }
    }
    return low;
}

/// As std::stable_sort. `less` runs in any thread and does not throw. Throws std::bad_alloc.
template <typename T, typename Less> void sort_by_all(std::vector<T>& values, Less less) {
    device::ThreadPool& pool = device::ThreadPool::instance();
    const auto count = static_cast<int64_t>(values.size());
    if (count < kSortedByOne || pool.thread_count() == 1) {
        std::stable_sort(values.begin(), values.end(), less);
        return;
    }
    // Pieces are sorted, then merged in pairs, each pair by as many threads as there are pieces in it.
    const auto pieces = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(2 * pool.thread_count())));
    const auto begin_of = [=](int64_t piece) { return count * piece / pieces; };
    pool.parallel_for(pieces, 1, [&](int64_t first, int64_t last, int) {
        for (int64_t piece = first; piece < last; ++piece)
            std::stable_sort(values.begin() + begin_of(piece), values.begin() + begin_of(piece + 1), less);
    });
    std::vector<T> merged(values.size());
    for (int64_t width = 1; width < pieces; width *= 2) {
        pool.parallel_for(pieces, 1, [&](int64_t first, int64_t last, int) {
            for (int64_t piece = first; piece < last; ++piece) {
                const int64_t pair = piece / (2 * width) * (2 * width), begin = begin_of(pair);
                const auto part = [&](int64_t from, int64_t to) {
                    return std::span<const T>(values).subspan(static_cast<size_t>(from),
                                                              static_cast<size_t>(to - from));
                };
                const std::span<const T> left = part(begin, begin_of(pair + width));
                const std::span<const T> right = part(begin_of(pair + width), begin_of(pair + 2 * width));
                const int64_t from = begin_of(piece) - begin, to = begin_of(piece + 1) - begin;
                const int64_t left_from = merged_from_left(left, right, from, less);
                const int64_t left_to = merged_from_left(left, right, to, less);
                std::merge(left.begin() + left_from, left.begin() + left_to, right.begin() + (from - left_from),
                           right.begin() + (to - left_to), merged.begin() + begin + from, less);
            }
        });
        values.swap(merged);
    }
}

}  // namespace pp::data
