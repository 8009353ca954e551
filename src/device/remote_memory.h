/// Memory that kernels of another device work in, as far as keeping copies of host memory there needs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "device/chunked_upload.h"

namespace pp::device {

/// A block of it; given back when destroyed.
class RemoteBlock {
public:
    virtual ~RemoteBlock() = default;
    virtual uint64_t address() const noexcept = 0;
};

/// One for each device, living as long as the process. Failures are UserErrors; all members may be called by any
/// thread, none touches Python.
class RemoteMemory {
public:
    virtual ~RemoteMemory() = default;
    /// `bytes` is not 0.
    virtual std::unique_ptr<RemoteBlock> allocate(size_t bytes) = 0;
    /// Ordered after the device's earlier work; `source` may be used again on return.
    virtual void upload(const RemoteBlock& target, size_t offset, const void* source, size_t bytes) = 0;
    /// The same for `count` values of each part, which come in chunks. Null where `upload` is the only way.
    virtual std::unique_ptr<ChunkedUpload> upload_in_chunks(const RemoteBlock&, std::vector<ChunkedUpload::Part>,
                                                            int64_t) {
        return nullptr;
    }
    /// Complete on return.
    virtual void download(void* target, const RemoteBlock& source, size_t offset, size_t bytes) = 0;
    /// Between two addresses there; ordered as uploads are.
    virtual void copy(uint64_t target, uint64_t source, size_t bytes) = 0;
    struct Steps {
        uint64_t address;
        int64_t step;  ///< bytes from item to item; may be negative
    };
    /// `count` items of `bytes` each.
    virtual void copy_strided(Steps target, Steps source, size_t bytes, int64_t count) = 0;
    /// Later work waits for what other libraries have queued on the device so far, on streams that wait for its default
    /// one.
    virtual void wait_for_others() = 0;
};

}  // namespace pp::device
