/// Copies between host memory and devices, of which several are busy at the same time.
#pragma once

#include <cstddef>
#include <span>

#include "device/remote_memory.h"

namespace pp::data {

/// `bytes` from `offset` of a device's block on, and the host's memory that they come from or go to.
struct HostCopy {
    device::RemoteMemory* place;
    const device::RemoteBlock* block;
    size_t offset;
    char* host;
    size_t bytes;
};

/// Each device's in their order; where they are many bytes, by a thread for each device, of which the caller is one.
/// Touches neither Python nor the GIL. Throws the UserError of the first device that failed when all are done: any of
/// the copies may then have been made.
void upload_all(std::span<const HostCopy> copies);
void download_all(std::span<const HostCopy> copies);

}  // namespace pp::data
