/// Logs of numbers that are combined with numbers in a GPU's memory, in no order: atomic operations.
#pragma once

#include <cstdint>
#include <span>

#include "device/cuda_memory.h"
#include "device/cuda_own_kernels.h"
#include "device/cuda_staging.h"

namespace pp::device::cuda {

class Combiner {
public:
    Combiner(const Session& session, DeviceMemory& memory, Staging& staging, OwnKernels& kernels) noexcept
        : session_(session), memory_(memory), staging_(staging), kernels_(kernels) {}

    /// Whether the driver takes the kernels.
    bool is_possible() const noexcept { return kernels_.is_possible(); }
    double bound(std::span<const CombineLog> logs, int64_t count, const CombineTarget& target);
    bool combine(const CombineLog& log, int64_t count, const CombineTarget& target);

private:
    int64_t blocks_for(int64_t count) const;

    const Session& session_;
    DeviceMemory& memory_;
    Staging& staging_;
    OwnKernels& kernels_;
};

}  // namespace pp::device::cuda
