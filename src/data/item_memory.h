/// The memory that texts and rows of any length in an Array lead to.
///
/// Such an element is an address and a count, among the Array's leaves. What is there is never written again: an
/// element that is replaced leads to another place. So blocks that copy elements from each other share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "data/column.h"
#include "data/element_type.h"
#include "data/leaf_view.h"

namespace pp::data {

/// Of one block. The GIL guards it.
class ItemMemory {
public:
    /// Keeps alive what another block's elements lead to.
    void share(const ItemMemory& other);
    /// Copies what elements [begin, end) of these leaves lead to, so that nothing else is needed for them. Addresses
    /// and counts lie densely. Throws std::bad_alloc, and nothing has changed.
    void own(const ElementType& type, std::vector<LeafView> leaves, int64_t begin, int64_t end);
    /// The same for all elements there are, and lets go of everything else.
    void own_all(const ElementType& type, std::vector<LeafView> leaves, int64_t begin, int64_t end);
    /// Whether most of it is likely to be of elements that are gone.
    bool is_wasteful() const noexcept { return bytes_ > 2 * used_at_last_ + kSpare; }
    /// What it holds.
    size_t bytes() const noexcept { return bytes_; }

private:
    static constexpr size_t kSpare = size_t{1} << 16;

    char* take(size_t bytes);

    std::vector<std::shared_ptr<const Storage>> kept_;
    std::shared_ptr<Storage> open_;  ///< the last one, which has room; nobody else writes to it
    size_t open_used_ = 0;
    size_t bytes_ = 0;         ///< of all that is kept
    size_t used_at_last_ = 0;  ///< when everything else was let go
};

/// Makes texts of elements [0, count), of one byte a character as `narrow` says, ones of 4 bytes: these live as long as
/// this object. What is in rows of any length is copied with its row. Addresses and counts lie densely.
class WideTexts {
public:
    WideTexts(const ElementType& narrow, std::vector<LeafView> leaves, int64_t count);

private:
    void widen(KindRef kind, char* address, char* count);

    std::vector<std::unique_ptr<char[]>> made_;
};

/// The items of a row of any length, one behind the other, as the columns of an Array of them are.
std::vector<LeafView> item_leaves(KindRef item, const char* items);

}  // namespace pp::data
