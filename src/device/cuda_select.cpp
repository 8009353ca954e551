/// Three launches and two copies; or one copy and a search.
#include "device/cuda_select.h"

#include <array>

namespace pp::device::cuda {

std::vector<int64_t> FlagSelector::select(uint64_t flags, int64_t count) {
    if (count <= 0) return {};
    return kernels_.is_possible() ? select_on_device(flags, count) : select_on_host(flags, count);
}

std::vector<int64_t> FlagSelector::select_on_device(uint64_t flags, int64_t count) {
    const OwnKernels::Functions& kernels = kernels_.functions();
    const int64_t tiles = (count - 1) / kSelectTile + 1;
    const uint64_t items = static_cast<uint64_t>(count);
    const ScratchMemory offsets(memory_, static_cast<size_t>(tiles + 1) * sizeof(int64_t));
    const std::array counting{flags, items, offsets.address()};
    const std::array scanning{offsets.address(), static_cast<uint64_t>(tiles)};
    {
        const Session::Queue queue(session_);
        launch_blocks(session_, queue, kernels.count_flags, tiles, kSelectThreads, counting);
        launch_blocks(session_, queue, kernels.scan_tiles, 1, kScanThreads, scanning);
    }
    int64_t found = 0;
    staging_.download(&found, offsets.address() + static_cast<size_t>(tiles) * sizeof(int64_t), sizeof found);
    std::vector<int64_t> indices(static_cast<size_t>(found));
    if (found == 0) return indices;
    const size_t bytes = indices.size() * sizeof(int64_t);
    const ScratchMemory target(memory_, bytes);
    const std::array writing{flags, items, offsets.address(), target.address()};
    launch_blocks(session_, Session::Queue(session_), kernels.write_flagged, tiles, kSelectThreads, writing);
    staging_.download(indices.data(), target.address(), bytes);
    return indices;
}

std::vector<int64_t> FlagSelector::select_on_host(uint64_t flags, int64_t count) {
    std::vector<uint8_t> copy(static_cast<size_t>(count));
    staging_.download(copy.data(), flags, copy.size());
    std::vector<int64_t> indices;
    for (int64_t i = 0; i < count; ++i) {
        if (copy[static_cast<size_t>(i)] != 0) indices.push_back(i);
    }
    return indices;
}

}  // namespace pp::device::cuda
