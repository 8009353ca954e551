/// Which device a call runs on, and why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/specialisation.h"

namespace pp::engine {

/// What `device=` asked for.
struct DeviceRequest {
    enum class Kind : uint8_t { Auto, Cpu, Cuda } kind = Kind::Auto;
    int ordinal = 0;
    bool is_any = false;      ///< "cuda" without a number: the first, or several for much data
    bool is_divided = false;  ///< with `is_any`: the data lies in pieces on several
};

/// Reads "auto", "cpu", "cuda" or "cuda:N". Throws UserError(Value) naming what is allowed.
DeviceRequest parse_device(std::string_view text);

/// Stands for the ordinals of all GPUs that can be used, also as the home of an Array (data/array_body.h).
inline constexpr int kEveryGpu = std::numeric_limits<int>::max();

/// The first that can be used; 0 where none can, which using it then says.
int first_gpu();

/// The request of a call whose columns are at home on a GPU, on all of them, or on none (-1): "auto" and "cuda" follow
/// them there.
DeviceRequest follow(DeviceRequest request, int home);

struct Placement {
    bool on_gpu = false;
    int ordinal = 0;  ///< or kEveryGpu
    std::string why;  ///< one sentence; filled only when asked for

    /// Of several GPUs the first.
    int first_ordinal() const;
    /// All that it runs on; none on the CPU.
    std::vector<int> ordinals() const;
};

/// Whether memory of so many bytes is divided among several GPUs where "cuda" is asked for; looks for these.
bool is_divided_on_cuda(size_t bytes);

/// Decides for `count` elements held in host memory. A request for "cuda" is obeyed, or throws UserError(Device) with
/// the reason why there is none. "auto" takes a GPU only where its results have the CPU's bits (or fast_math) and the
/// estimate says that it pays, never for values of dynamic length; it looks for a GPU only then.
Placement place(const DeviceRequest& request, const Specialisation& specialisation, int64_t count, bool explain);

}  // namespace pp::engine
