/// The memory of GPUs, for what keeps copies of host memory there (data/residency.h). Counts the bytes that move.
#pragma once

#include <memory>

#include "device/cuda_device.h"
#include "device/remote_memory.h"

namespace pp::engine {

/// That of one GPU, which lives as long as the process. Blocks that are given back are kept for some time, to be used
/// again. Throws UserError(Device).
device::RemoteMemory& cuda_memory(int ordinal);
/// What a block of such memory is to the device.
const device::cuda::Buffer& cuda_buffer(const device::RemoteBlock& block);
/// Lets all go that is kept.
void trim_cuda_memories();

}  // namespace pp::engine
