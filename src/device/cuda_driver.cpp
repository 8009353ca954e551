/// Loading libcuda and wording its failures.
#include "device/cuda_driver.h"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

#include "base/error.h"

namespace pp::device::cuda {

namespace {

std::string version_text(int version) {
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

/// Failures after which every call on the context fails, until the process ends.
bool loses_context(Result result) {
    constexpr Result kLosing[] = {214, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719};
    return std::find(std::begin(kLosing), std::end(kLosing), result) != std::end(kLosing);
}

std::string visible_devices_hint() {
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    return visible ? " (CUDA_VISIBLE_DEVICES is '" + std::string(visible) + "')" : "";
}

template <typename... Parameters>
bool find(EntryPoint<Parameters...>& entry, const char* symbol, const SymbolLookup& lookup) {
    entry.address = reinterpret_cast<typename EntryPoint<Parameters...>::Address>(lookup(symbol));
    return entry.address != nullptr;
}

/// The first symbol that is missing, or null.
const char* find_all(Driver& driver, const SymbolLookup& lookup) {
    const char* missing = nullptr;
#define PP_CUDA_FUNCTION(name, symbol, ...)                                                                            \
    if (!find(driver.name, symbol, lookup) && missing == nullptr) missing = symbol;
#define PP_CUDA_OPTIONAL_FUNCTION(name, symbol, ...) find(driver.name, symbol, lookup);
#include "device/cuda_functions.inc"
#undef PP_CUDA_FUNCTION
    return missing;
}

}  // namespace

bool Driver::has_graphs() const noexcept {
    return cuGraphCreate.address && cuGraphAddKernelNode.address && cuGraphInstantiateWithFlags.address &&
           cuGraphExecKernelNodeSetParams.address && cuGraphLaunch.address && cuGraphExecDestroy.address &&
           cuGraphDestroy.address;
}

std::string Driver::describe(const char* function, Result result) const {
    const char* words = nullptr;
    const char* name = nullptr;
    if (cuGetErrorString.address(result, &words) != kSuccess || words == nullptr) words = "unknown error";
    const bool has_name = cuGetErrorName.address(result, &name) == kSuccess && name != nullptr;
    return std::string(function) + " failed: " + words + " (" + (has_name ? name : std::to_string(result)) + ")";
}

void Driver::fail(const char* function, Result result, const std::string& detail) const {
    std::string message = describe(function, result) + detail;
    if (loses_context(result)) message += "; the GPU's context is lost: restart the process to use this GPU again";
    throw UserError(result == kOutOfMemory ? ErrorKind::Memory : ErrorKind::Device, message);
}

DriverLoad initialise_driver(const SymbolLookup& lookup) {
    auto driver = std::make_unique<Driver>();
    const char* missing = find_all(*driver, lookup);
    // Asked first, since a driver that lacks something usually is too old, and its version says more than a symbol.
    if (driver->cuDriverGetVersion.address != nullptr &&
        driver->cuDriverGetVersion.address(&driver->version) == kSuccess && driver->version < kOldestDriver) {
        return {nullptr, "the NVIDIA driver is too old: it supports CUDA " + version_text(driver->version) +
                             ", a driver for CUDA " + version_text(kOldestDriver) + " or newer is needed"};
    }
    if (missing != nullptr) {
        return {nullptr, "the NVIDIA driver is incomplete: it has no function " + std::string(missing)};
    }
    const Result result = driver->cuInit.address(0);
    if (result == kNoDevice) return {nullptr, "the NVIDIA driver sees no GPU" + visible_devices_hint()};
    if (result != kSuccess) return {nullptr, "the NVIDIA driver does not work: " + driver->describe("cuInit", result)};
    driver->process = getpid();
    return {std::move(driver), ""};
}

DriverLoad load_driver(const char* library) {
    // Never closed: the driver starts threads and registers handlers of its own.
    void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        const char* words = dlerror();
        return {nullptr, "the NVIDIA driver cannot be loaded: " + std::string(words ? words : library)};
    }
    return initialise_driver([handle](const char* symbol) { return dlsym(handle, symbol); });
}

std::string fork_message() {
    return "CUDA does not survive a fork: this process was forked from one that had used the GPU; start workers with "
           "multiprocessing's \"spawn\" or \"forkserver\", or use the GPU only after the fork";
}

}  // namespace pp::device::cuda
