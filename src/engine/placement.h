/// Which device a call runs on, and why.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/specialisation.h"

namespace pp::engine {

/// What `device=` asked for.
struct DeviceRequest {
    enum class Kind : uint8_t { Auto, Cpu, Cuda } kind = Kind::Auto;
    int ordinal = 0;
    bool is_any = false;  ///< "cuda" without a number: the first, or several for much data
};

/// Reads "auto", "cpu", "cuda" or "cuda:N". Throws UserError(Value) naming what is allowed.
DeviceRequest parse_device(std::string_view text);

/// Stands for the ordinals of all GPUs that can be used.
inline constexpr int kEveryGpu = -1;

struct Placement {
    bool on_gpu = false;
    int ordinal = 0;  ///< or kEveryGpu
    std::string why;  ///< one sentence; filled only when asked for
};

/// Decides for `count` elements held in host memory. A request for "cuda" is obeyed, or throws UserError(Device) with
/// the reason why there is none. "auto" takes a GPU only where its results have the CPU's bits (or fast_math) and the
/// estimate says that it pays, never for values of dynamic length; it looks for a GPU only then.
Placement place(const DeviceRequest& request, const Specialisation& specialisation, int64_t count, bool explain);

}  // namespace pp::engine
