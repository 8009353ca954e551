/// What devices there are, found without making a context on any.
#pragma once

#include <string>
#include <vector>

#include "device/cuda_device.h"
#include "device/cuda_driver.h"

namespace pp::device::cuda {

/// What one look at the machine found. Immutable.
struct Discovery {
    DriverLoad load;
    std::vector<DeviceInfo> devices;
    std::string reason;  ///< why none is usable, empty when one is

    /// Whether this process was forked from one that had initialised the driver.
    bool is_stale() const noexcept;
};

/// Asks an initialised driver for its devices, or says why there is none.
Discovery discover(DriverLoad load);
/// The process's own, looked for on first use.
const Discovery& process_discovery();

/// The oldest generation that the kernels are made for, as DeviceInfo::sm.
inline constexpr int kOldestCapability = 75;

}  // namespace pp::device::cuda
