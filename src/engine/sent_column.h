/// The leaves of a column of Python objects on a GPU: for one call, or kept for calls to come.
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

/// Any thread, one at a time until all is sent.
class SentColumn {
public:
    /// Room for `count` values of each leaf. Throws UserError.
    SentColumn(int ordinal, std::span<const ir::Type> types, int64_t count);
    SentColumn(const SentColumn&) = delete;

    /// Sends all values, for whatever is queued later on the device; `leaves` may then be changed. Throws UserError.
    void send(std::span<void* const> leaves, Timings& timings);
    /// The same for values that come in chunks. Null where `send` is the only way.
    std::unique_ptr<device::ChunkedUpload> send_in_chunks(std::span<void* const> leaves);

    /// Where a leaf begins on the device.
    uint64_t address(size_t leaf) const noexcept { return block_->address() + leaves_[leaf].offset; }
    /// Of the device's memory.
    size_t bytes() const noexcept { return bytes_; }
    /// What so many values of each leaf take there.
    static size_t bytes_of(std::span<const ir::Type> types, int64_t count) noexcept;

private:
    struct Leaf {
        size_t offset, value_bytes;
    };

    device::RemoteMemory& memory_;
    const int64_t count_;
    std::vector<Leaf> leaves_;
    const size_t bytes_;
    std::unique_ptr<device::RemoteBlock> block_;
};

}  // namespace pp::engine
