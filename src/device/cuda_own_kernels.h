/// The library's own kernels on one device, those of gpu_kernels.cu.
#pragma once

#include <memory>
#include <mutex>

#include "device/cuda_kernel.h"
#include "device/gpu_kernels.h"

namespace pp::device::cuda {

/// Loaded when the first of them is asked for, all at once. Thread-safe.
class OwnKernels {
public:
    struct Functions {
        explicit Functions(const LoadedModule& module);

        Function count_flags, scan_tiles, write_flagged;
        Function combine, combine_few, total_of_log, most_of_numbers;
    };

    /// `session` must live as long.
    explicit OwnKernels(const Session& session) noexcept : session_(session) {}

    /// Whether the driver takes them.
    bool is_possible() const noexcept { return session_.driver().version >= kKernelsOldestDriver; }
    /// Throws UserError(Device) where the driver refuses them, and in a forked child.
    const Functions& functions();

private:
    struct Loaded {
        explicit Loaded(const Session& session);

        LoadedModule module;
        Functions functions{module};
    };

    const Session& session_;
    std::mutex loading_;
    std::unique_ptr<const Loaded> loaded_;
};

}  // namespace pp::device::cuda
