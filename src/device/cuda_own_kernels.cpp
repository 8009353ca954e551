/// See cuda_own_kernels.h.
#include "device/cuda_own_kernels.h"

/// The fat binary made of gpu_kernels.cu.
extern "C" const unsigned char pp_gpu_kernels[];

namespace pp::device::cuda {

OwnKernels::Functions::Functions(const LoadedModule& module)
    : count_flags(module.function("pp_count_flags")), scan_tiles(module.function("pp_scan_tiles")),
      write_flagged(module.function("pp_write_flagged")), combine(module.function("pp_combine")),
      combine_few(module.function("pp_combine_few")), total_of_log(module.function("pp_total_of_log")),
      most_of_numbers(module.function("pp_most_of_numbers")) {}

OwnKernels::Loaded::Loaded(const Session& session) : module(session, pp_gpu_kernels) {}

const OwnKernels::Functions& OwnKernels::functions() {
    session_.require_own_process();
    const std::lock_guard lock(loading_);
    if (!loaded_) loaded_ = std::make_unique<const Loaded>(session_);
    return loaded_->functions;
}

}  // namespace pp::device::cuda
