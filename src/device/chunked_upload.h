/// Uploads of what comes in chunks, while it comes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pp::device {

/// Values of some arrays that go to a device as soon as they are there. Given up when it is destroyed.
class ChunkedUpload {
public:
    /// An array of the host's, and where it goes in the block of the device's.
    struct Part {
        const std::byte* source;
        size_t value_bytes;
        size_t offset;
    };

    virtual ~ChunkedUpload() = default;
    /// Values [begin, end) of every part lie in its source, which may be changed when this returns. Any thread; each
    /// value once. The lower ones must be on their way: those with room for no more wait until others have been sent.
    /// What goes wrong is told by `finish`.
    virtual void take(int64_t begin, int64_t end) noexcept = 0;
    /// All values were taken: what is queued later on the device finds them there. Throws UserError.
    virtual void finish() = 0;
};

}  // namespace pp::device
