/// See placement.h.
#include "engine/placement.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "data/column.h"
#include "device/thread_pool.h"

namespace pp::engine {

namespace {

// The first cost model. Rates are low estimates of what was measured through the driver on data-centre cards
// (docs/performance.md); they count what happens once for each element, reading and boxing cost the same on both sides.
constexpr double kCopyBytesPerNanosecond = 8;
constexpr double kGpuOperationsPerNanosecond = 400;
constexpr double kLaunchNanoseconds = 40'000;
constexpr double kFirstUseNanoseconds = 350e6;  // context, compiler and driver, paid once
constexpr double kCpuNanosecondsPerOperation = 0.4;
constexpr double kMargin = 1.25;  // the GPU must win clearly

std::string in_milliseconds(double nanoseconds) {
    char text[32];
    auto [end, error] = std::to_chars(text, text + sizeof text, nanoseconds / 1e6, std::chars_format::fixed, 2);
    return error == std::errc{} ? std::string(text, end) + " ms" : "?";
}

double cpu_nanoseconds(const Specialisation& specialisation, int64_t count) {
    double each = specialisation.measured_nanoseconds.load(std::memory_order_relaxed);
    if (each == 0) each = specialisation.estimated_operations() * kCpuNanosecondsPerOperation;
    return each * double(count) / device::ThreadPool::instance().thread_count();
}

/// Of columns and results, for each element.
size_t bytes_each(const Specialisation& specialisation) {
    size_t bytes = 1;
    for (auto type : specialisation.function().inputs)
        bytes += data::storage_bytes(type);
    for (auto type : specialisation.function().outputs)
        bytes += data::storage_bytes(type);
    return bytes;
}

// So much is copied, or computed, that dividing it pays: each GPU costs threads and launches of its own.
constexpr double kLeastBytes = 64 << 20, kLeastOperations = 4e9;
/// Where the data is divided already, each launch must be worth it.
constexpr int64_t kLeastElements = 1 << 16;

bool is_worth_several(const DeviceRequest& request, const Specialisation& specialisation, int64_t count) {
    const bool is_much = double(count) * double(bytes_each(specialisation)) >= kLeastBytes ||
                         double(count) * specialisation.estimated_operations() >= kLeastOperations ||
                         (request.is_divided && count >= kLeastElements);
    return request.is_any && is_much && !specialisation.is_dynamic() && device::cuda::usable_ordinals().size() > 1;
}

double gpu_nanoseconds(const Specialisation& specialisation, int64_t count) {
    const size_t bytes = bytes_each(specialisation);
    return kFirstUseNanoseconds + kLaunchNanoseconds + double(count) * double(bytes) / kCopyBytesPerNanosecond +
           double(count) * specialisation.estimated_operations() / kGpuOperationsPerNanosecond;
}

}  // namespace

int first_gpu() {
    const std::vector<int> ordinals = device::cuda::usable_ordinals();
    return ordinals.empty() ? 0 : ordinals.front();
}

DeviceRequest follow(DeviceRequest request, int home) {
    if (home < 0 || (request.kind != DeviceRequest::Kind::Auto && !request.is_any)) return request;
    if (home == kEveryGpu) return {DeviceRequest::Kind::Cuda, 0, true, true};
    return {DeviceRequest::Kind::Cuda, home};
}

int Placement::first_ordinal() const {
    return ordinal == kEveryGpu ? first_gpu() : ordinal;
}

std::vector<int> Placement::ordinals() const {
    if (!on_gpu) return {};
    return ordinal == kEveryGpu ? device::cuda::usable_ordinals() : std::vector<int>{ordinal};
}

bool is_divided_on_cuda(size_t bytes) {
    return double(bytes) >= kLeastBytes && device::cuda::usable_ordinals().size() > 1;
}

DeviceRequest parse_device(std::string_view text) {
    if (text == "auto") return {};
    if (text == "cpu") return {DeviceRequest::Kind::Cpu, 0};
    if (text == "cuda") return {DeviceRequest::Kind::Cuda, 0, true};
    if (text.starts_with("cuda:")) {
        int ordinal = -1;
        auto digits = text.substr(5);
        auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ordinal);
        if (error == std::errc{} && end == digits.data() + digits.size() && ordinal >= 0) {
            return {DeviceRequest::Kind::Cuda, ordinal};
        }
    }
    throw UserError(ErrorKind::Value,
                    "unknown device '" + std::string(text) + "': write \"auto\", \"cpu\", \"cuda\" or \"cuda:1\"");
}

Placement place(const DeviceRequest& request, const Specialisation& specialisation, int64_t count, bool explain) {
    Placement placement;
    auto stay = [&](auto&& why) {
        if (explain) placement.why = why();
        return placement;
    };
    if (request.kind == DeviceRequest::Kind::Cpu) {
        return stay([] { return std::string("the call asks for it"); });
    }
    if (specialisation.writes_shared()) {
        return stay([] { return std::string("elements that write to an Array run one after the other, on the CPU"); });
    }
    if (request.kind == DeviceRequest::Kind::Cuda) {
        std::string reason = device::cuda::unavailable_reason();
        if (!reason.empty()) throw UserError(ErrorKind::Device, "device \"cuda\" is not available: " + reason);
        placement.on_gpu = true;
        placement.ordinal = request.ordinal;
        if (is_worth_several(request, specialisation, count)) placement.ordinal = kEveryGpu;
        return stay([] { return std::string("the call asks for it"); });
    }
    if (specialisation.is_dynamic()) {
        return stay([] {
            return std::string("text, rows of any length and lists that grow are copied once more for a GPU, "
                               "which does not pay; device=\"cuda\" would take it");
        });
    }
    if (!specialisation.same_bits_on_gpu() && !specialisation.options().fast_math) {
        return stay([] {
            return std::string("the function calls math functions whose last bits differ on a GPU; "
                               "fast_math=True or device=\"cuda\" would allow that");
        });
    }
    double cpu = cpu_nanoseconds(specialisation, count), gpu = gpu_nanoseconds(specialisation, count);
    if (gpu * kMargin > cpu) {
        return stay([&] {
            const std::string reason = device::cuda::unavailable_reason();
            if (!reason.empty()) return "no GPU can be used: " + reason;
            return "estimated at " + in_milliseconds(cpu) + " on the CPU against " + in_milliseconds(gpu) +
                   " on a GPU, its start and copies included";
        });
    }
    std::string reason = device::cuda::unavailable_reason();
    if (!reason.empty()) return stay([&] { return "a GPU would pay, but " + reason; });
    placement.on_gpu = true;
    return stay([&] {
        return "estimated at " + in_milliseconds(gpu) + " on the GPU against " + in_milliseconds(cpu) + " on the CPU";
    });
}

}  // namespace pp::engine
