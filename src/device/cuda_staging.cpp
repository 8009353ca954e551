/// The pinned rings.
#include "device/cuda_staging.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <exception>

#include "base/error.h"
#include "device/futex.h"
#include "device/slotted_upload.h"
#include "device/thread_pool.h"

namespace pp::device::cuda {

namespace {

constexpr size_t kSmallSlot = size_t{64} << 10;
constexpr size_t kSmallSlots = 16;
constexpr size_t kLargeSlot = size_t{8} << 20;
constexpr size_t kLargeSlots = 4;
constexpr size_t kSmallestPiece = size_t{1} << 20;
/// Pieces of two megabytes: short enough for the last one not to be waited for, long enough for the bus.
constexpr size_t kLentPieces = 16;
/// One core copies this in some 25 us, about what waking another one costs the waker.
constexpr size_t kCopyChunk = size_t{256} << 10;

}  // namespace

void copy_in_parallel(std::byte* target, const std::byte* source, size_t bytes) {
    if (bytes <= 2 * kCopyChunk) {
        std::memcpy(target, source, bytes);
        return;
    }
    ThreadPool::instance().parallel_for(
        static_cast<int64_t>(bytes), static_cast<int64_t>(kCopyChunk), [=](int64_t begin, int64_t end, int) {
            std::memcpy(target + begin, source + begin, static_cast<size_t>(end - begin));
        });
}

StagingRing::StagingRing(const Session& session, size_t slot_bytes, size_t slots)
    : session_(session), slot_bytes_(slot_bytes), slots_(slots) {}

bool StagingRing::try_reserve() {
    if (is_refused_) return false;
    if (slots_.front().memory != nullptr) return true;
    const Driver& driver = session_.driver();
    std::vector<Slot> fresh(slots_.size());
    for (Slot& slot : fresh)
        slot.done = make_event(session_, kEventWithoutTiming);
    while (landed_.size() < 2 * kPieces)
        landed_.push_back(make_event(session_, kEventWithoutTiming));
    const Session::Scope scope(session_);
    void* memory = nullptr;
    const Result result = driver.cuMemHostAlloc.address(&memory, slot_bytes_ * fresh.size(), 0u);
    if (result == kOutOfMemory || result == kRefusedBySystem) {
        is_refused_ = true;
        return false;
    }
    if (result != kSuccess) driver.fail(driver.cuMemHostAlloc.name, result);
    for (size_t i = 0; i < fresh.size(); ++i)
        fresh[i].memory = static_cast<std::byte*>(memory) + i * slot_bytes_;
    slots_ = std::move(fresh);
    return true;
}

size_t StagingRing::piece_bytes(size_t bytes) const noexcept {
    const size_t eighth = (bytes / 8 + 4095) & ~size_t{4095};
    return std::min(slot_bytes_, std::max(eighth, kSmallestPiece));
}

StagingRing::Slot& StagingRing::next_slot() noexcept {
    next_ = (next_ + 1) % slots_.size();
    return slots_[next_];
}

void StagingRing::upload(uint64_t target, const std::byte* source, size_t bytes) {
    const Driver& driver = session_.driver();
    const size_t piece = piece_bytes(bytes);
    for (size_t done = 0; done < bytes; done += piece) {
        const size_t size = std::min(piece, bytes - done);
        const Slot& slot = next_slot();
        session_.wait_for(slot.done);
        copy_in_parallel(slot.memory, source + done, size);
        const Session::Queue queue(session_);
        driver.call(driver.cuMemcpyHtoDAsync, target + done, slot.memory, size, queue.stream());
        driver.call(driver.cuEventRecord, slot.done, queue.stream());
    }
}

void StagingRing::download(std::byte* target, uint64_t source, size_t bytes) {
    const size_t half = slots_.size() / 2 * slot_bytes_;
    const size_t batches = (bytes + half - 1) / half;
    const size_t each = std::min(half, (bytes / batches + 4095) & ~size_t{4095});
    Batch landing = request(source, 0, std::min(each, bytes), 0);
    for (size_t begin = each, turn = 1;; begin += each, ++turn) {
        const Batch here = landing;
        if (begin < bytes) landing = request(source, begin, std::min(each, bytes - begin), turn % 2);
        copy_as_it_lands(target + here.begin, here);
        if (begin >= bytes) return;
    }
}

/// An upload that still reads a slot comes earlier in the stream, so that nothing must be waited for here.
StagingRing::Batch StagingRing::request(uint64_t source, size_t begin, size_t bytes, size_t half) {
    const Driver& driver = session_.driver();
    const size_t eighth = (bytes / kPieces + 4095) & ~size_t{4095};
    const Batch batch{begin, bytes, std::max(eighth, kSmallestPiece),
                      slots_.front().memory + half * (slots_.size() / 2 * slot_bytes_), &landed_[half * kPieces]};
    for (size_t index = 0; index < batch.pieces(); ++index) {
        const size_t at = index * batch.piece;
        const Session::Queue queue(session_);
        driver.call(driver.cuMemcpyDtoHAsync, batch.memory + at, source + begin + at, batch.piece_end(index) - at,
                    queue.stream());
        driver.call(driver.cuEventRecord, batch.landed[index], queue.stream());
    }
    return batch;
}

/// The calling thread sees pieces land, the others copy them meanwhile; it helps them when all are there.
void StagingRing::copy_as_it_lands(std::byte* target, const Batch& batch) const {
    // Others wait for what the bus takes, which is short, not for work that comes earlier in the stream.
    session_.wait_for(batch.landed[0]);
    if (batch.bytes <= 2 * kCopyChunk) {
        std::memcpy(target, batch.memory, batch.bytes);
        return;
    }
    std::atomic<size_t> there{batch.piece_end(0)};
    std::exception_ptr failure;
    const auto watch = [&]() noexcept {
        try {
            for (size_t index = 1; index < batch.pieces(); ++index) {
                session_.wait_for(batch.landed[index]);
                there.store(batch.piece_end(index), std::memory_order_release);
            }
        } catch (...) {
            failure = std::current_exception();
            there.store(SIZE_MAX, std::memory_order_release);
        }
    };
    ThreadPool::instance().parallel_for(
        static_cast<int64_t>(batch.bytes), static_cast<int64_t>(kCopyChunk),
        [&](int64_t begin, int64_t end, int) {
            size_t landed = there.load(std::memory_order_acquire);
            while (landed < static_cast<size_t>(end)) {
                spin_pause();
                landed = there.load(std::memory_order_acquire);
            }
            if (landed != SIZE_MAX) std::memcpy(target + begin, batch.memory + begin, static_cast<size_t>(end - begin));
        },
        {}, true, watch);
    if (failure) std::rethrow_exception(failure);
}

std::span<std::byte> StagingRing::lend() {
    for (const Slot& slot : slots_)
        session_.wait_for(slot.done);
    return {slots_.front().memory, slot_bytes_ * slots_.size()};
}

void StagingRing::give_back() const {
    const Session::Queue queue(session_);
    for (const Slot& slot : slots_)
        session_.driver().call(session_.driver().cuEventRecord, slot.done, queue.stream());
}

std::span<const EventHandle> StagingRing::lent_events() {
    while (lent_.size() < kLentPieces)
        lent_.push_back(make_event(session_, kEventWithoutTiming));
    return lent_;
}

/// Keeps others away from the ring.
class Staging::LentRing final : public ChunkedUpload, private SlotSender {
public:
    LentRing(const Session& session, std::unique_lock<std::mutex> lock, StagingRing& ring, uint64_t target,
             std::vector<Part> parts, int64_t count)
        : session_(session), lock_(std::move(lock)), ring_(ring), sent_(ring.lent_events()), target_(target),
          upload_(*this, ring.lend(), sent_.size(), std::move(parts), count) {}
    ~LentRing() override {
        try {
            give_back();
        } catch (const UserError&) {
            // The context is spoilt, which whoever uses the ring next is told.
        }
    }

    void take(int64_t begin, int64_t end) noexcept override { upload_.take(begin, end); }
    void finish() override {
        upload_.finish();
        give_back();
    }

private:
    void give_back() {
        if (!lock_.owns_lock()) return;
        const std::unique_lock mine = std::move(lock_);
        ring_.give_back();
    }
    void send(size_t slot, std::span<const Copy> copies) override {
        const Driver& driver = session_.driver();
        const Session::Queue queue(session_);
        for (const Copy& copy : copies)
            driver.call(driver.cuMemcpyHtoDAsync, target_ + copy.offset, copy.source, copy.bytes, queue.stream());
        driver.call(driver.cuEventRecord, sent_[slot], queue.stream());
    }
    void wait_for(size_t slot) override { session_.wait_for(sent_[slot]); }

    const Session& session_;
    std::unique_lock<std::mutex> lock_;
    StagingRing& ring_;
    const std::span<const EventHandle> sent_;
    const uint64_t target_;
    SlottedUpload upload_;
};

Staging::Staging(const Session& session)
    : session_(session), small_(session, kSmallSlot, kSmallSlots), large_(session, kLargeSlot, kLargeSlots) {}

StagingRing* Staging::ring_for(size_t bytes) {
    StagingRing& ring = bytes <= kSmallSlot ? small_ : large_;
    return ring.try_reserve() ? &ring : nullptr;
}

void Staging::upload(uint64_t target, const void* source, size_t bytes) {
    session_.require_own_process();
    const std::lock_guard lock(mutex_);
    if (StagingRing* ring = ring_for(bytes)) {
        ring->upload(target, static_cast<const std::byte*>(source), bytes);
        return;
    }
    // The driver returns once it has read pageable memory.
    const Driver& driver = session_.driver();
    const Session::Queue queue(session_);
    driver.call(driver.cuMemcpyHtoDAsync, target, source, bytes, queue.stream());
}

void Staging::download(void* target, uint64_t source, size_t bytes) {
    session_.require_own_process();
    const std::lock_guard lock(mutex_);
    if (StagingRing* ring = ring_for(bytes)) {
        ring->download(static_cast<std::byte*>(target), source, bytes);
        return;
    }
    {
        const Driver& driver = session_.driver();
        const Session::Queue queue(session_);
        driver.call(driver.cuMemcpyDtoHAsync, target, source, bytes, queue.stream());
    }
    session_.wait();
}

std::unique_ptr<ChunkedUpload> Staging::upload_in_chunks(uint64_t target, std::vector<ChunkedUpload::Part> parts,
                                                         int64_t count) {
    session_.require_own_process();
    std::unique_lock lock(mutex_);
    if (!large_.try_reserve()) return nullptr;
    return std::make_unique<LentRing>(session_, std::move(lock), large_, target, std::move(parts), count);
}

}  // namespace pp::device::cuda
