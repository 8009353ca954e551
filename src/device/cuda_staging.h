/// Copies between host and device through pinned memory, so that pageable memory moves at the speed of the bus.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "device/chunked_upload.h"
#include "device/cuda_session.h"

namespace pp::device::cuda {

/// A few equal pieces of pinned memory, made on first use and used in turn. For one thread at a time.
class StagingRing {
public:
    StagingRing(const Session& session, size_t slot_bytes, size_t slots);

    /// Makes the memory; false when the system refuses so much pinned memory.
    bool try_reserve();
    /// `source` may be reused on return; the copy to the device is ordered in the stream.
    void upload(uint64_t target, const std::byte* source, size_t bytes);
    /// Complete on return.
    void download(std::byte* target, uint64_t source, size_t bytes);

    /// All of its memory, of which nothing is under way any more, for somebody else until `give_back`.
    std::span<std::byte> lend();
    /// Copies that are queued may still read it.
    void give_back() const;
    /// Events for whoever has the memory: more than slots, so that pieces may be smaller.
    std::span<const EventHandle> lent_events();

private:
    struct Slot {
        std::byte* memory = nullptr;
        EventHandle done = nullptr;  ///< the last copy from or to the slot
    };
    /// Part of a download that lands in one half of the ring while the other half is copied from.
    struct Batch {
        size_t begin, bytes, piece;
        std::byte* memory;
        EventHandle* landed;  ///< of each piece
        size_t pieces() const noexcept { return (bytes + piece - 1) / piece; }
        size_t piece_end(size_t index) const noexcept { return std::min((index + 1) * piece, bytes); }
    };
    static constexpr size_t kPieces = 8;  ///< of a batch

    /// Small enough that copying by processors and by the bus overlap, large enough to be worth a call.
    size_t piece_bytes(size_t bytes) const noexcept;
    Slot& next_slot() noexcept;
    Batch request(uint64_t source, size_t begin, size_t bytes, size_t half);
    void copy_as_it_lands(std::byte* target, const Batch& batch) const;

    const Session& session_;
    const size_t slot_bytes_;
    std::vector<Slot> slots_;
    std::vector<EventHandle> landed_;  ///< kPieces for each half
    std::vector<EventHandle> lent_;
    size_t next_ = 0;
    bool is_refused_ = false;
};

/// Thread-safe copies of any size: small ones through small slots, so that they do not cost megabytes of pinned memory.
class Staging {
public:
    explicit Staging(const Session& session);
    void upload(uint64_t target, const void* source, size_t bytes);
    void download(void* target, uint64_t source, size_t bytes);
    /// Others wait until it is finished or destroyed. Null where pinned memory is refused.
    std::unique_ptr<ChunkedUpload> upload_in_chunks(uint64_t target, std::vector<ChunkedUpload::Part> parts,
                                                    int64_t count);

private:
    class LentRing;

    /// The ring for copies of this size; null when pinned memory is refused: then the driver copies pageable memory.
    StagingRing* ring_for(size_t bytes);

    const Session& session_;
    std::mutex mutex_;
    StagingRing small_, large_;
};

/// memcpy on as many threads as are worth it.
void copy_in_parallel(std::byte* target, const std::byte* source, size_t bytes);

}  // namespace pp::device::cuda
