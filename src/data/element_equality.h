/// Which elements of Arrays are equal, told by their leaves: no objects are made.
#pragma once

#include <cstdint>
#include <span>

#include "data/element_type.h"
#include "data/leaf_view.h"

namespace pp::data {

/// Whether elements of the type are equal exactly where their numbers and texts are: nothing may be None, there are no
/// rows of any length, and no instances, whose classes say what is equal.
bool has_plain_equality(const ElementType& type);

// `left` and `right` have the leaves of elements of `type`, which has plain equality; no NaN equals another. Any
// thread.

/// Whether element i of the one equals element i of the other, for i in [0, count). By all threads: GIL held.
bool are_equal(const ElementType& type, std::span<const LeafView> left, std::span<const LeafView> right, int64_t count);
/// The first of elements [begin, end) that equals element 0 of `one`, or `end`.
int64_t find_equal(const ElementType& type, std::span<const LeafView> leaves, int64_t begin, int64_t end,
                   std::span<const LeafView> one);
/// How many of elements [0, count) do.
int64_t count_equal(const ElementType& type, std::span<const LeafView> leaves, int64_t count,
                    std::span<const LeafView> one);

}  // namespace pp::data
