/// What the GPUs have of captured data: each version is sent to a device once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/captured.h"
#include "data/foreign_memory.h"
#include "device/cuda_device.h"
#include "engine/statistics.h"

namespace pp::engine {

/// Captured data on one device, for one run.
struct CapturedOnDevice {
    /// What was sent of one.
    struct Kept {
        std::shared_ptr<const data::Captured> data;
        std::shared_ptr<const device::cuda::Buffer> buffer;
    };
    std::vector<uint64_t> uniforms;  ///< the run's, with the device's addresses
    std::vector<Kept> kept;          ///< what these lead to

    /// Adds it to what results may lead to. `memory` must not outlive this object.
    void add_to(data::ForeignMemory& memory) const;
};

/// Uploads what the device does not have yet. Thread-safe.
CapturedOnDevice put_on_device(device::cuda::Device& device, int ordinal, std::span<const data::CapturedUse> captured,
                               std::span<const uint64_t> uniforms, Timings& timings);

/// Lets go what the devices keep; how many bytes. Runs in progress keep theirs.
size_t trim_captured_on_devices();

}  // namespace pp::engine
