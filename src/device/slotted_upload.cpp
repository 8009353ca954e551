/// See slotted_upload.h.
#include "device/slotted_upload.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "device/futex.h"

namespace pp::device {

namespace {

/// Parts begin at such places of a slot; so many values of any size end at one.
constexpr int64_t kValues = 64;

}  // namespace

SlottedUpload::SlottedUpload(SlotSender& sender, std::span<std::byte> memory, size_t slots, std::vector<Part> parts,
                             int64_t count)
    : sender_(sender), memory_(memory), slots_(slots), slot_bytes_(memory.size() / slots), parts_(std::move(parts)),
      count_(count) {
    size_t value_bytes = 0;
    for (const Part& part : parts_)
        value_bytes += part.value_bytes;
    PP_CHECK(value_bytes > 0 && count > 0);
    each_ = static_cast<int64_t>(slot_bytes_ / value_bytes) / kValues * kValues;
    PP_CHECK(each_ > 0);
    size_t place = 0;
    for (const Part& part : parts_) {
        places_.push_back(place);
        place += part.value_bytes * static_cast<size_t>(each_);
    }
    pieces_ = std::vector<Piece>(static_cast<size_t>((count + each_ - 1) / each_));
    for (int64_t piece = 0; piece < static_cast<int64_t>(pieces_.size()); ++piece)
        pieces_[static_cast<size_t>(piece)].missing = end_of(piece) - begin_of(piece);
}

void SlottedUpload::take(int64_t begin, int64_t end) noexcept {
    try {
        for (int64_t piece = begin / each_; piece * each_ < end; ++piece)
            take_of(piece, std::max(begin, begin_of(piece)), std::min(end, end_of(piece)));
    } catch (...) {
        const std::lock_guard lock(failing_);
        if (!failure_) failure_ = std::current_exception();
        has_failed_.store(true, std::memory_order_release);
    }
}

void SlottedUpload::take_of(int64_t piece, int64_t begin, int64_t end) {
    if (!open(piece)) return;
    const auto values = static_cast<size_t>(end - begin);
    for (size_t i = 0; i < parts_.size(); ++i) {
        const Part& part = parts_[i];
        std::memcpy(place_of(piece) + places_[i] + part.value_bytes * static_cast<size_t>(begin - begin_of(piece)),
                    part.source + part.value_bytes * static_cast<size_t>(begin), part.value_bytes * values);
    }
    std::atomic<int64_t>& missing = pieces_[static_cast<size_t>(piece)].missing;
    if (missing.fetch_sub(end - begin, std::memory_order_acq_rel) == end - begin) send(piece);
}

bool SlottedUpload::open(int64_t piece) {
    std::atomic<Stage>& stage = pieces_[static_cast<size_t>(piece)].stage;
    Stage seen = Stage::Closed;
    if (!stage.compare_exchange_strong(seen, Stage::Opening, std::memory_order_acquire))
        return comes_to(piece, Stage::Open);
    if (const int64_t before = piece - static_cast<int64_t>(slots_); before >= 0) {
        // All of it is in the hands of threads that wait for none of the later ones.
        if (!comes_to(before, Stage::Sent)) return false;
        sender_.wait_for(slot_of(piece));
    }
    stage.store(Stage::Open, std::memory_order_release);
    return true;
}

bool SlottedUpload::comes_to(int64_t piece, Stage wanted) const noexcept {
    const std::atomic<Stage>& stage = pieces_[static_cast<size_t>(piece)].stage;
    for (int turn = 0; stage.load(std::memory_order_acquire) < wanted; ++turn) {
        if (has_failed_.load(std::memory_order_acquire)) return false;
        if (turn % 64 == 63)
            std::this_thread::yield();
        else
            spin_pause();
    }
    return true;
}

void SlottedUpload::send(int64_t piece) {
    const auto values = static_cast<size_t>(end_of(piece) - begin_of(piece));
    std::vector<SlotSender::Copy> copies;
    for (size_t i = 0; i < parts_.size(); ++i) {
        const Part& part = parts_[i];
        copies.push_back({part.offset + part.value_bytes * static_cast<size_t>(begin_of(piece)),
                          place_of(piece) + places_[i], part.value_bytes * values});
    }
    sender_.send(slot_of(piece), copies);
    pieces_[static_cast<size_t>(piece)].stage.store(Stage::Sent, std::memory_order_release);
}

void SlottedUpload::finish() {
    if (failure_) std::rethrow_exception(failure_);
    for (const Piece& piece : pieces_)
        PP_CHECK(piece.stage == Stage::Sent);
}

}  // namespace pp::device
