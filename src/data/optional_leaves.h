/// What may be None in elements, as their leaves have it: kernels know values that are there, and None, but nothing
/// that may be either.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/element_type.h"

namespace pp::data {

/// Something in an element that may be None.
struct Gap {
    uint32_t leaf;  ///< the bool that says whether it is there
    int outer;      ///< the number of the gap that it is part of; -1: none. Where that is None, this bool means nothing
};

/// All in elements of an array kind, outer ones before what is in them.
std::vector<Gap> gaps_of(KindRef kind);

/// The kind of those elements of which gap number i is there where bit i of `present` is set, and None where it is not;
/// the numbers of the leaves that it has are appended to `leaves`.
KindRef kind_of_present(KindRef kind, uint64_t present, std::vector<uint32_t>& leaves);

/// What goes into a leaf of an element where a result is stored: that leaf of the result's, or one of these.
inline constexpr uint32_t kLeafIsThere = ~uint32_t{0};      ///< true: of something that may be None, and is not
inline constexpr uint32_t kLeafIsEmpty = kLeafIsThere - 1;  ///< nothing: it stays zero

/// For each leaf of the type what goes there of a result of `kind`; nothing where it does not take such results (see
/// `takes_kind`). None goes where something may be None, `()` also where rows of any length are.
std::optional<std::vector<uint32_t>> leaf_sources(const ElementType& type, KindRef kind);

}  // namespace pp::data
