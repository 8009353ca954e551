/// See sent_column.h.
#include "engine/sent_column.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "data/column.h"
#include "device/cuda_remote_memory.h"

namespace pp::engine {

namespace {

constexpr size_t kAlignment = 256;  // as the driver's own allocations

size_t leaf_bytes(ir::Type type, int64_t count) noexcept {
    return (data::storage_bytes(type) * static_cast<size_t>(count) + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

size_t SentColumn::bytes_of(std::span<const ir::Type> types, int64_t count) noexcept {
    size_t bytes = 0;
    for (const ir::Type type : types)
        bytes += leaf_bytes(type, count);
    return std::max(bytes, kAlignment);
}

SentColumn::SentColumn(int ordinal, std::span<const ir::Type> types, int64_t count)
    : memory_(device::cuda::remote_memory(ordinal)), count_(count), bytes_(bytes_of(types, count)) {
    size_t offset = 0;
    for (const ir::Type type : types) {
        leaves_.push_back({offset, data::storage_bytes(type)});
        offset += leaf_bytes(type, count);
    }
    block_ = memory_.allocate(bytes_);
}

void SentColumn::send(std::span<void* const> leaves, Timings& timings) {
    const auto start = std::chrono::steady_clock::now();
    for (size_t i = 0; i < leaves_.size(); ++i)
        memory_.upload(*block_, leaves_[i].offset, leaves[i], leaves_[i].value_bytes * static_cast<size_t>(count_));
    timings.upload += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

std::unique_ptr<device::ChunkedUpload> SentColumn::send_in_chunks(std::span<void* const> leaves) {
    std::vector<device::ChunkedUpload::Part> parts;
    for (size_t i = 0; i < leaves_.size(); ++i)
        parts.push_back({static_cast<const std::byte*>(leaves[i]), leaves_[i].value_bytes, leaves_[i].offset});
    return memory_.upload_in_chunks(*block_, std::move(parts), count_);
}

}  // namespace pp::engine
