/// Finding the flagged elements on the GPU.
#pragma once

#include <cstdint>
#include <vector>

#include "device/cuda_memory.h"
#include "device/cuda_own_kernels.h"
#include "device/cuda_staging.h"

namespace pp::device::cuda {

/// A driver that is too old for the kernels has the flags searched here.
class FlagSelector {
public:
    FlagSelector(const Session& session, DeviceMemory& memory, Staging& staging, OwnKernels& kernels) noexcept
        : session_(session), memory_(memory), staging_(staging), kernels_(kernels) {}

    /// Indices of the nonzero bytes among `count` at `flags`, ascending.
    std::vector<int64_t> select(uint64_t flags, int64_t count);

private:
    std::vector<int64_t> select_on_device(uint64_t flags, int64_t count);
    std::vector<int64_t> select_on_host(uint64_t flags, int64_t count);

    const Session& session_;
    DeviceMemory& memory_;
    Staging& staging_;
    OwnKernels& kernels_;
};

}  // namespace pp::device::cuda
