/// The order in which Python sorts elements of an Array.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/element_type.h"
#include "data/leaf_view.h"

namespace pp::data {

/// Sorts scalars where they are, stably; by all threads. False, and nothing has happened, where there is a NaN among
/// them: the order then depends on the algorithm. Throws std::bad_alloc.
bool sort_scalars(const LeafView& leaf, int64_t count, bool is_reversed);

/// The numbers of rows of numbers and texts, or of texts, in the order of their values; equal ones in the order in
/// which they are. By all threads. Nothing for elements of other types, and where there is a NaN among them. Throws
/// std::bad_alloc.
std::optional<std::vector<int64_t>> sorted_order(const ElementType& type, std::span<const LeafView> leaves,
                                                 int64_t count, bool is_reversed);

}  // namespace pp::data
