/// The memory of GPUs as a RemoteMemory. Counts the bytes that move.
#pragma once

#include <memory>

#include "device/cuda_device.h"
#include "device/remote_memory.h"

namespace pp::device::cuda {

/// That of one GPU, which lives as long as the process. Blocks that are given back are kept for some time, to be used
/// again. Throws UserError(Device).
RemoteMemory& remote_memory(int ordinal);
/// Memory of somebody else's on that GPU as a block of it, which keeps `owner` alive.
std::unique_ptr<RemoteBlock> adopt_block(int ordinal, uint64_t address, size_t bytes,
                                         std::shared_ptr<const void> owner);
/// What a block of such memory is to the device.
const Buffer& buffer_of(const RemoteBlock& block);
/// Lets all go that is kept for use by blocks to come.
void trim_remote_memories();

}  // namespace pp::device::cuda
