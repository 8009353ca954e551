/// Where the elements of one block of host memory also are, and which of them each place lacks.
///
/// The host and every device that has a copy are places. An element is valid in at least one of them. Writing on the
/// host makes it missing on all devices; results computed on a device are missing everywhere else until somebody looks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "data/range_set.h"
#include "device/remote_memory.h"

namespace pp::data {

/// How a block's elements lie in its memory: calls `visit(offset, bytes)` for each run of bytes that [begin, end)
/// takes.
using ByteRuns =
    std::function<void(IndexRange elements, const std::function<void(size_t offset, size_t bytes)>& visit)>;

/// Not thread-safe: the GIL guards it. Devices' errors leave everything as it was, but for what was copied.
class Residency {
public:
    /// The block: `elements` of them in `bytes` at `memory`.
    Residency(char* memory, size_t bytes, int64_t elements, ByteRuns runs)
        : memory_(memory), bytes_(bytes), elements_(elements), runs_(std::move(runs)) {}

    /// The host is about to write these elements, all of them or some.
    void mark_written(int64_t begin, int64_t end) {
        if (!copies_.empty()) {
            mark_copies(begin, end);
        }
    }
    /// Makes elements [begin, end) valid on the host: to be called before anybody looks at or writes part of them.
    void fetch(int64_t begin, int64_t end) {
        if (!host_lacks_.empty()) {
            fetch_missing(begin, end);
        }
    }
    /// The copy on a device with all of [begin, end) valid there; made if there is none.
    const device::RemoteBlock& use(device::RemoteMemory& place, int64_t begin, int64_t end);
    /// The copy on a device, of which a kernel is about to write all of [begin, end): nothing is uploaded for these,
    /// and they are then missing everywhere else.
    const device::RemoteBlock& overwrite(device::RemoteMemory& place, int64_t begin, int64_t end);
    /// Whether some device has a copy.
    bool has_copies() const noexcept { return !copies_.empty(); }
    /// Drops a device's copy; what only it has is fetched first.
    void drop(device::RemoteMemory& place);

private:
    struct Copy {
        device::RemoteMemory* place;
        std::unique_ptr<device::RemoteBlock> block;
        RangeSet missing;
    };

    Copy& copy_on(device::RemoteMemory& place);
    void mark_copies(int64_t begin, int64_t end);
    void fetch_missing(int64_t begin, int64_t end);
    void download(const Copy& copy, IndexRange elements);

    char* memory_;
    size_t bytes_;
    int64_t elements_;
    ByteRuns runs_;
    RangeSet host_lacks_;
    std::vector<Copy> copies_;  ///< few: one for each device
};

}  // namespace pp::data
