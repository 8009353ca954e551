/// See kept_column.h.
#include "engine/kept_column.h"

#include <algorithm>
#include <chrono>

#include "data/column.h"
#include "device/cuda_remote_memory.h"

namespace pp::engine {

KeptColumn::KeptColumn(int ordinal, std::span<const ir::Type> types, std::span<void* const> leaves, int64_t count,
                       Timings& timings) {
    constexpr size_t kAlignment = 256;  // as the driver's own allocations
    const auto start = std::chrono::steady_clock::now();
    for (const ir::Type type : types) {
        offsets_.push_back(bytes_);
        bytes_ += (data::storage_bytes(type) * static_cast<size_t>(count) + kAlignment - 1) / kAlignment * kAlignment;
    }
    device::RemoteMemory& memory = device::cuda::remote_memory(ordinal);
    block_ = memory.allocate(std::max(bytes_, kAlignment));
    for (size_t i = 0; i < types.size(); ++i) {
        memory.upload(*block_, offsets_[i], leaves[i], data::storage_bytes(types[i]) * static_cast<size_t>(count));
    }
    timings.upload += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace pp::engine
