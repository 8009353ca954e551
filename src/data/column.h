/// Columns: elements of one kind as a structure of arrays, one array for each scalar leaf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ir/ir.h"
#include "ir/kind.h"

namespace pp::data {

/// Bytes of one stored scalar: 8, 8, 4 (I32: origins), 1 (Bool: also tags).
size_t storage_bytes(ir::Type type);

/// A block of memory aligned to 64 bytes, not initialised, that is recycled through a per-process cache, so that
/// repeated calls do not pay page faults again. Move-only. Thread-safe cache, capped at 256 MiB.
class Storage {
public:
    Storage() = default;
    /// Throws std::bad_alloc.
    explicit Storage(size_t bytes);
    Storage(Storage&&) noexcept;
    Storage& operator=(Storage&&) noexcept;
    ~Storage();
    void* data() const noexcept { return data_; }
    size_t bytes() const noexcept { return bytes_; }
    /// Returns cached blocks to the system; how many bytes.
    static size_t trim();

private:
    void* data_ = nullptr;
    size_t bytes_ = 0, capacity_ = 0;
};

/// Arrays of `types`, each of `count` scalars and aligned to 64 bytes, in one Storage. Not initialised.
class Arrays {
public:
    Arrays() = default;
    Arrays(std::span<const ir::Type> types, int64_t count);
    std::span<void* const> pointers() const noexcept { return pointers_; }
    template <typename T> T* as(size_t index) const noexcept { return static_cast<T*>(pointers_[index]); }
    int64_t count() const noexcept { return count_; }

private:
    Storage storage_;
    std::vector<void*> pointers_;
    int64_t count_ = 0;
};

/// Gives the elements `gaps`, ascending positions below `count` which have no values, those of the first element that
/// has some: kernels run over all elements, and with values of nobody's a loop might never end. Whether there is one.
bool fill_gaps(std::span<const ir::Type> types, std::span<void* const> leaves, std::span<const int64_t> gaps,
               int64_t count);

}  // namespace pp::data
