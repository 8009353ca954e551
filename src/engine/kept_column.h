/// The leaves of a column of Python objects that stay on a GPU for calls to come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "device/remote_memory.h"
#include "engine/statistics.h"
#include "ir/ir.h"

namespace pp::engine {

/// Any thread.
class KeptColumn {
public:
    /// Sends `count` values of each leaf. Throws UserError.
    KeptColumn(int ordinal, std::span<const ir::Type> types, std::span<void* const> leaves, int64_t count,
               Timings& timings);
    KeptColumn(const KeptColumn&) = delete;

    /// Where a leaf begins on the device.
    uint64_t address(size_t leaf) const noexcept { return block_->address() + offsets_[leaf]; }
    size_t leaves() const noexcept { return offsets_.size(); }
    /// Of the device's memory.
    size_t bytes() const noexcept { return bytes_; }

private:
    std::vector<size_t> offsets_;
    size_t bytes_ = 0;
    std::unique_ptr<device::RemoteBlock> block_;
};

}  // namespace pp::engine
