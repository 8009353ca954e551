/// The process's GPUs, made when first asked for, and ownership of their memory.
#include "device/cuda_device.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "device/cuda_discovery.h"
#include "device/cuda_driver_device.h"

namespace pp::device::cuda {

namespace {

/// Devices are never destroyed: buffers may be given back while the process ends.
struct Registry {
    std::mutex mutex;
    std::map<int, DriverDevice*> devices;
};

Registry& registry() {
    static auto* const only = new Registry;
    return *only;
}

/// Asked before the lock, which a forked child may have inherited locked.
std::atomic<bool> any_device_used{false};

/// Of the first few, to be found without a lock.
constexpr int kQuick = 16;
std::array<std::atomic<DriverDevice*>, kQuick> quick_devices{};

DriverDevice* find_device(int ordinal) {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    const auto found = all.devices.find(ordinal);
    return found == all.devices.end() ? nullptr : found->second;
}

}  // namespace

std::string unavailable_reason() {
    const Discovery& discovery = process_discovery();
    return discovery.is_stale() ? fork_message() : discovery.reason;
}

std::vector<DeviceInfo> devices() {
    const Discovery& discovery = process_discovery();
    if (discovery.is_stale()) return {};
    std::vector<DeviceInfo> described = discovery.devices;
    for (DeviceInfo& info : described) {
        const DriverDevice* device = find_device(info.ordinal);
        if (device == nullptr) continue;
        try {
            info.memory_free = device->memory_free();
        } catch (const UserError& error) {
            // An earlier kernel has spoilt the context.
            info.usable = false;
            info.reason = error.what();
        }
    }
    return described;
}

Device& Device::get(int ordinal) {
    const Discovery& discovery = process_discovery();
    // Before the lock, which a forked child may have inherited locked.
    if (discovery.is_stale()) throw UserError(ErrorKind::Device, fork_message());
    if (ordinal >= 0 && ordinal < kQuick) {
        if (DriverDevice* known = quick_devices[static_cast<size_t>(ordinal)].load(std::memory_order_acquire))
            return *known;
    }
    if (discovery.devices.empty()) throw UserError(ErrorKind::Device, discovery.reason);
    if (ordinal < 0 || static_cast<size_t>(ordinal) >= discovery.devices.size()) {
        throw UserError(ErrorKind::Device, "there is no GPU " + std::to_string(ordinal) + ": the driver sees " +
                                               std::to_string(discovery.devices.size()));
    }
    const DeviceInfo& info = discovery.devices[static_cast<size_t>(ordinal)];
    if (!info.usable) throw UserError(ErrorKind::Device, info.name + " cannot be used: " + info.reason);
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    DriverDevice*& device = all.devices[ordinal];
    if (device == nullptr) device = new DriverDevice(*discovery.load.driver, info);
    any_device_used.store(true, std::memory_order_release);
    if (ordinal < kQuick) quick_devices[static_cast<size_t>(ordinal)].store(device, std::memory_order_release);
    return *device;
}

std::vector<int> usable_ordinals() {
    const Discovery& discovery = process_discovery();
    std::vector<int> ordinals;
    if (discovery.is_stale()) return ordinals;
    for (const DeviceInfo& info : discovery.devices)
        if (info.usable) ordinals.push_back(info.ordinal);
    return ordinals;
}

std::vector<std::pair<int, uint64_t>> held_bytes() {
    std::vector<std::pair<int, uint64_t>> held;
    if (!any_device_used.load(std::memory_order_acquire) || process_discovery().is_stale()) return held;
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    for (const auto& [ordinal, device] : all.devices)
        held.emplace_back(ordinal, device->bytes_held());
    return held;
}

int ordinal_of(uint64_t address) {
    const Discovery& discovery = process_discovery();
    if (discovery.is_stale()) throw UserError(ErrorKind::Device, fork_message());
    if (!discovery.load.driver) throw UserError(ErrorKind::Device, discovery.reason);
    const Driver& driver = *discovery.load.driver;
    int ordinal = 0;
    driver.call(driver.cuPointerGetAttribute, static_cast<void*>(&ordinal), kPointerDeviceOrdinal,
                static_cast<DeviceAddress>(address));
    return ordinal;
}

bool synchronize_used_devices(const Supervisor& supervisor) {
    if (!any_device_used.load(std::memory_order_acquire) || process_discovery().is_stale()) return true;
    std::vector<DriverDevice*> used;
    {
        Registry& all = registry();
        const std::lock_guard lock(all.mutex);
        for (const auto& [ordinal, device] : all.devices)
            used.push_back(device);
    }
    bool wanted = true;
    for (DriverDevice* device : used)
        wanted &= device->synchronize(wanted ? supervisor : Supervisor{});
    return wanted;
}

bool are_used_devices_idle() {
    if (!any_device_used.load(std::memory_order_acquire) || process_discovery().is_stale()) return true;
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    return std::ranges::all_of(all.devices, [](const auto& used) { return used.second->is_idle(); });
}

void trim_used_devices() {
    if (!any_device_used.load(std::memory_order_acquire) || process_discovery().is_stale()) return;
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    for (auto& [ordinal, device] : all.devices)
        device->trim();
}

Buffer::Buffer(Buffer&& other) noexcept
    : device_(std::exchange(other.device_, nullptr)), address_(std::exchange(other.address_, 0)),
      bytes_(std::exchange(other.bytes_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
    if (this == &other) return *this;
    if (device_ != nullptr) device_->free(address_, bytes_);
    device_ = std::exchange(other.device_, nullptr);
    address_ = std::exchange(other.address_, 0);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
}

Buffer::~Buffer() {
    if (device_ != nullptr) device_->free(address_, bytes_);
}

}  // namespace pp::device::cuda
