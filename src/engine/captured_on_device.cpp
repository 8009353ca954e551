/// See captured_on_device.h.
#include "engine/captured_on_device.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "data/captured_image.h"
#include "device/cuda_remote_memory.h"
#include "device/transfers.h"

namespace pp::engine {

namespace {

using SharedBuffer = std::shared_ptr<const device::cuda::Buffer>;

struct Sent {
    std::weak_ptr<const data::Captured> data;  ///< gone: nobody will ask for this version again
    SharedBuffer buffer;
    std::vector<uint64_t> words;
};

struct Devices {
    std::mutex mutex;
    std::map<std::pair<int, uint64_t>, Sent> sent;  ///< by ordinal and version
};

/// Never destroyed: buffers must not outlive the driver, which goes at exit.
Devices& devices() {
    static auto* const all = new Devices;
    return *all;
}

Sent send(device::cuda::Device& device, const std::shared_ptr<const data::Captured>& captured) {
    device::cuda::Buffer buffer = device.allocate(std::max<size_t>(data::image_bytes(*captured), 256));
    data::CapturedImage image = data::make_image(*captured, buffer.address());
    const size_t bytes = 8 * image.block.size();
    if (bytes != 0) device.upload(buffer, 0, image.block.data(), bytes);
    device::transfers().add_upload(bytes);
    return {captured, std::make_shared<const device::cuda::Buffer>(std::move(buffer)), std::move(image.words)};
}

}  // namespace

void CapturedOnDevice::add_to(data::ForeignMemory& memory) const {
    for (const Kept& each : kept) {
        const uint64_t address = each.buffer->address();
        auto image = std::make_shared<data::CapturedImage>();
        memory.add(address, each.buffer->bytes(), [image, address, &each] {
            *image = data::make_image(*each.data, address);
            return image->block.data();
        });
    }
}

CapturedOnDevice put_on_device(device::cuda::Device& device, int ordinal, std::span<const data::CapturedUse> captured,
                               std::span<const uint64_t> uniforms, Timings& timings) {
    CapturedOnDevice result{{uniforms.begin(), uniforms.end()}, {}};
    if (captured.empty()) return result;
    const auto start = std::chrono::steady_clock::now();
    Devices& all = devices();
    std::lock_guard lock(all.mutex);
    std::erase_if(all.sent, [](const auto& entry) { return entry.second.data.expired(); });
    for (const data::CapturedUse& use : captured) {
        if (const auto words = use.data->words_on(device::cuda::remote_memory(ordinal))) {
            std::ranges::copy(*words, result.uniforms.begin() + use.first_uniform);
            continue;
        }
        const std::pair key{ordinal, use.data->version()};
        auto found = all.sent.find(key);
        if (found == all.sent.end()) found = all.sent.emplace(key, send(device, use.data)).first;
        std::ranges::copy(found->second.words, result.uniforms.begin() + use.first_uniform);
        result.kept.push_back({use.data, found->second.buffer});
    }
    timings.upload += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    return result;
}

size_t trim_captured_on_devices() {
    device::cuda::trim_remote_memories();
    Devices& all = devices();
    std::lock_guard lock(all.mutex);
    size_t bytes = 0;
    for (const auto& [key, sent] : all.sent)
        bytes += sent.buffer->bytes();
    all.sent.clear();
    return bytes;
}

}  // namespace pp::engine
