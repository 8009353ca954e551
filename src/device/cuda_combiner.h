/// Logs of numbers that are combined with numbers in a GPU's memory, in no order: atomic operations.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "device/cuda_kernel.h"
#include "device/cuda_memory.h"
#include "device/cuda_staging.h"
#include "device/gpu_kernels.h"

namespace pp::device::cuda {

/// The kernels of gpu_kernels.cu, loaded on first use.
class Combiner {
public:
    Combiner(const Session& session, DeviceMemory& memory, Staging& staging) noexcept;
    ~Combiner();

    /// Whether the driver takes the kernels.
    bool is_possible() const noexcept { return session_.driver().version >= kKernelsOldestDriver; }
    double bound(std::span<const CombineLog> logs, int64_t count, const CombineTarget& target);
    bool combine(const CombineLog& log, int64_t count, const CombineTarget& target);

private:
    struct Kernels;
    const Kernels& kernels();
    int64_t blocks_for(int64_t count) const;

    const Session& session_;
    DeviceMemory& memory_;
    Staging& staging_;
    std::mutex loading_;
    std::unique_ptr<const Kernels> kernels_;
};

}  // namespace pp::device::cuda
