/// Names, capabilities and attributes of devices.
#include "device/cuda_discovery.h"

#include <array>
#include <atomic>
#include <unistd.h>

#include "base/error.h"

namespace pp::device::cuda {

namespace {

struct Attribute {
    const char* name;
    int number;
};

constexpr Attribute kAttributes[] = {
#define PP_CUDA_ATTRIBUTE(name, number) {#name, number},
#include "device/cuda_attributes.inc"
#undef PP_CUDA_ATTRIBUTE
};

std::string capability_text(int sm) {
    return std::to_string(sm / 10) + "." + std::to_string(sm % 10);
}

DeviceInfo describe_device(const Driver& driver, int ordinal) {
    DeviceInfo info;
    info.ordinal = ordinal;
    DeviceHandle handle = 0;
    driver.call(driver.cuDeviceGet, &handle, ordinal);
    std::array<char, 256> name{};
    driver.call(driver.cuDeviceGetName, name.data(), static_cast<int>(name.size() - 1), handle);
    info.name = name.data();
    size_t total = 0;
    driver.call(driver.cuDeviceTotalMem, &total, handle);
    info.memory_total = total;
    for (const Attribute& attribute : kAttributes) {
        int value = 0;
        // A driver refuses the attributes that are younger than it.
        if (driver.cuDeviceGetAttribute.address(&value, attribute.number, handle) != kSuccess) continue;
        info.attributes.emplace_back(attribute.name, value);
        if (attribute.number == kAttributeCapabilityMajor) info.sm += 10 * value;
        if (attribute.number == kAttributeCapabilityMinor) info.sm += value;
    }
    info.usable = info.sm >= kOldestCapability;
    if (!info.usable) {
        info.reason = "compute capability " + capability_text(info.sm) + " is below " +
                      capability_text(kOldestCapability) + ", the oldest that is supported";
    }
    return info;
}

/// Why none of `devices` will do.
std::string reason_of(const std::vector<DeviceInfo>& devices) {
    std::string reason;
    for (const DeviceInfo& device : devices) {
        if (device.usable) return "";
        reason += (reason.empty() ? "" : "; ") + device.name + ": " + device.reason;
    }
    return reason.empty() ? "the NVIDIA driver sees no GPU" : reason;
}

std::atomic<const Discovery*> the_discovery{nullptr};

}  // namespace

bool Discovery::is_stale() const noexcept {
    return load.driver && load.driver->process != getpid();
}

Discovery discover(DriverLoad load) {
    Discovery found{std::move(load), {}, ""};
    if (!found.load.driver) {
        found.reason = found.load.failure;
        return found;
    }
    const Driver& driver = *found.load.driver;
    try {
        int count = 0;
        driver.call(driver.cuDeviceGetCount, &count);
        for (int ordinal = 0; ordinal < count; ++ordinal)
            found.devices.push_back(describe_device(driver, ordinal));
        found.reason = reason_of(found.devices);
    } catch (const UserError& error) {
        // Said by `unavailable_reason` and by every attempt to use a device.
        found.devices.clear();
        found.reason = error.what();
    }
    return found;
}

const Discovery& process_discovery() {
    // No function-local static: a child forked while another thread looks would wait for that thread for ever. Two
    // threads that look at once find the same, and the driver may be initialised twice.
    if (const Discovery* known = the_discovery.load(std::memory_order_acquire)) return *known;
    auto fresh = std::make_unique<const Discovery>(discover(load_driver("libcuda.so.1")));
    const Discovery* current = nullptr;
    if (the_discovery.compare_exchange_strong(current, fresh.get())) return *fresh.release();
    return *current;
}

}  // namespace pp::device::cuda
