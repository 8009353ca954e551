/// Device memory, from a pool of ours where the driver has pools.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "device/cuda_session.h"

namespace pp::device::cuda {

/// Allocations in the order of the session's work. Up to a quarter of the device's memory stays with us when freed.
class DeviceMemory {
public:
    explicit DeviceMemory(const Session& session);

    /// Address of `bytes`, which must not be 0. When memory runs out, what the pool keeps is given up first.
    uint64_t allocate(size_t bytes);
    /// `bytes` as they were asked for. Does nothing in a forked child, and when the process is ending.
    void free(uint64_t address, size_t bytes) noexcept;
    /// Bytes that were asked for and not given back.
    uint64_t bytes_held() const noexcept { return held_.load(std::memory_order_relaxed); }
    /// Gives back what the pool keeps.
    void trim();
    size_t bytes_free() const;

private:
    Result try_allocate(size_t bytes, DeviceAddress& address);

    const Session& session_;
    MemoryPool pool_ = nullptr;  ///< null where the device has no pools
    std::atomic<uint64_t> held_{0};
};

/// A block of device memory for the time of one operation.
class ScratchMemory {
public:
    ScratchMemory(DeviceMemory& memory, size_t bytes)
        : memory_(memory), bytes_(bytes), address_(memory.allocate(bytes)) {}
    ~ScratchMemory() { memory_.free(address_, bytes_); }
    uint64_t address() const noexcept { return address_; }

    ScratchMemory(const ScratchMemory&) = delete;
    ScratchMemory& operator=(const ScratchMemory&) = delete;

private:
    DeviceMemory& memory_;
    const size_t bytes_;
    const uint64_t address_;
};

}  // namespace pp::device::cuda
