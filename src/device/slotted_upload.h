/// Uploads through a few slots of memory by many threads, each of which writes there what it has at hand.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <span>
#include <vector>

#include "device/chunked_upload.h"

namespace pp::device {

/// Who sends what is in the slots. Any thread; a slot is in the hands of one at a time.
class SlotSender {
public:
    struct Copy {
        size_t offset;  ///< in the block of the device's
        const std::byte* source;
        size_t bytes;
    };

    virtual ~SlotSender() = default;
    virtual void send(size_t slot, std::span<const Copy> copies) = 0;
    /// Until what was sent from the slot last has been read.
    virtual void wait_for(size_t slot) = 0;
};

/// Cuts the values into pieces, each of which has a slot until it has been sent.
class SlottedUpload final : public ChunkedUpload {
public:
    /// `memory` is cut into `slots` of equal size, which nobody else uses as long as this lives.
    SlottedUpload(SlotSender& sender, std::span<std::byte> memory, size_t slots, std::vector<Part> parts,
                  int64_t count);

    void take(int64_t begin, int64_t end) noexcept override;
    void finish() override;

private:
    enum class Stage : uint8_t { Closed, Opening, Open, Sent };
    struct Piece {
        std::atomic<Stage> stage{Stage::Closed};
        std::atomic<int64_t> missing{0};  ///< values that are to come
    };

    int64_t begin_of(int64_t piece) const noexcept { return piece * each_; }
    int64_t end_of(int64_t piece) const noexcept { return std::min(count_, (piece + 1) * each_); }
    size_t slot_of(int64_t piece) const noexcept { return static_cast<size_t>(piece) % slots_; }
    std::byte* place_of(int64_t piece) const noexcept { return memory_.data() + slot_of(piece) * slot_bytes_; }

    void take_of(int64_t piece, int64_t begin, int64_t end);
    /// Waits until its slot is free. False: something has gone wrong.
    bool open(int64_t piece);
    bool comes_to(int64_t piece, Stage wanted) const noexcept;
    void send(int64_t piece);

    SlotSender& sender_;
    const std::span<std::byte> memory_;
    const size_t slots_, slot_bytes_;
    const std::vector<Part> parts_;
    std::vector<size_t> places_;  ///< of each part within a slot
    const int64_t count_;
    int64_t each_ = 0;  ///< values of a piece
    std::vector<Piece> pieces_;
    std::atomic<bool> has_failed_{false};
    std::mutex failing_;
    std::exception_ptr failure_;
};

}  // namespace pp::device
