/// Finding the flagged elements on the GPU.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "device/cuda_kernel.h"
#include "device/cuda_memory.h"
#include "device/cuda_staging.h"

namespace pp::device::cuda {

/// The kernels of gpu_kernels.cu, loaded on first use. A driver that is too old for them has the flags searched here.
class FlagSelector {
public:
    FlagSelector(const Session& session, DeviceMemory& memory, Staging& staging) noexcept;
    ~FlagSelector();

    /// Indices of the nonzero bytes among `count` at `flags`, ascending.
    std::vector<int64_t> select(uint64_t flags, int64_t count);

private:
    struct Kernels;
    const Kernels& kernels();
    std::vector<int64_t> select_on_device(uint64_t flags, int64_t count);
    std::vector<int64_t> select_on_host(uint64_t flags, int64_t count);

    const Session& session_;
    DeviceMemory& memory_;
    Staging& staging_;
    std::mutex loading_;
    std::unique_ptr<const Kernels> kernels_;
};

}  // namespace pp::device::cuda
