/// One GPU's primary context and the order of our work in it: what every call on the GPU needs around it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>

#include "device/cuda_device.h"
#include "device/cuda_driver.h"

namespace pp::device::cuda {

/// Retains the primary context, which the application may be using too, and keeps it for the life of the process.
///
/// The library's work on a device is done in the order in which it was queued, whatever streams it went to: where the
/// stream changes, the new one first waits for the old one. So memory may be used again as soon as whatever used it
/// last has been queued.
class Session {
public:
    /// Takes a third of a second where nobody has used the GPU in this process.
    Session(const Driver& driver, int ordinal);

    const Driver& driver() const noexcept { return driver_; }
    DeviceHandle handle() const noexcept { return handle_; }
    int attribute(int number) const;
    /// Throws in a forked child. To be asked before any lock is taken: a child may have inherited it locked.
    void require_own_process() const;
    bool is_own_process() const noexcept;

    /// Makes the context current on this thread for as long as it lives, then the one before.
    class Scope {
    public:
        /// Throws when it cannot, as in a forked child.
        explicit Scope(const Session& session);
        /// For giving things back: `is_entered` is false where they are gone already, in a forked child or at the end
        /// of the process.
        Scope(const Session& session, std::nothrow_t) noexcept;
        ~Scope();
        bool is_entered() const noexcept { return is_entered_; }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        const Driver& driver_;
        bool is_entered_ = true;
    };

    /// Queues work. As long as it lives, the context is current on this thread and no other thread queues anything: not
    /// to be nested, nor held while waiting for anything.
    class Queue {
    public:
        /// To this thread's stream (`ChosenStream`), behind all earlier work.
        explicit Queue(const Session& session);
        /// For what is the same to any stream, without changing to another one.
        Queue(const Session& session, std::nothrow_t) noexcept;
        StreamHandle stream() const noexcept { return stream_; }
        bool is_entered() const noexcept { return scope_.is_entered(); }

    private:
        const Scope scope_;
        std::unique_lock<std::mutex> lock_;
        StreamHandle stream_ = nullptr;
    };

    /// As long as it lives, what this thread queues goes to the stream, which is one of the session's context. Nested
    /// ones go before.
    class ChosenStream {
    public:
        ChosenStream(const Session& session, StreamHandle stream) noexcept;
        ~ChosenStream();
        ChosenStream(const ChosenStream&) = delete;

    private:
        friend class Session;
        const Session& session_;
        const StreamHandle stream_;
        const ChosenStream* const outer_;
    };

    /// Throws UserError(Value) where a stream belongs to another device or context.
    void require_context_of(StreamHandle stream) const;
    /// Later work waits for what is in the stream now, or later work of the stream for all that was queued here.
    void wait_behind(StreamHandle stream) const;
    void go_before(StreamHandle stream) const;
    /// The stream, which is about to end, is not used any more: what was queued to it goes before later work.
    void leave(StreamHandle stream) const noexcept;

    /// How much was queued so far: for `note_done`, within a Queue.
    uint64_t ticket() const noexcept { return queued_; }
    /// Everything up to a ticket is known to be done.
    void note_done(uint64_t ticket) const noexcept;
    /// Whether that is so; asks the driver where it is not known.
    bool is_done(uint64_t ticket) const noexcept;
    /// Whether all that was queued is known to be done; does not ask the driver.
    bool is_idle() const noexcept {
        const std::lock_guard lock(order_);
        return queued_ <= done_.load(std::memory_order_relaxed);
    }

    /// Waits until all that was queued is done, or all of one stream, or what was recorded in `event`. The context must
    /// not be current: the supervisor is asked outside of it. False when the supervisor, which is asked until then,
    /// answered true.
    bool wait(const Supervisor& supervisor = {}) const;
    bool wait_for(StreamHandle stream, const Supervisor& supervisor = {}) const;
    bool wait_for(EventHandle event, const Supervisor& supervisor = {}) const;

    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

private:
    template <typename Query>
    bool wait_until_done(const char* function, const Query& query, const Supervisor& supervisor) const;

    const Driver& driver_;
    DeviceHandle handle_ = 0;
    /// This thread's, or the one that all work goes to where none was chosen.
    StreamHandle chosen_stream() const noexcept;
    /// Makes `stream` wait for all that was queued. `order_` is held.
    void change_to(StreamHandle stream) const;

    Context context_ = nullptr;
    StreamHandle stream_ = nullptr;
    EventHandle change_ = nullptr;  ///< what the next stream waits for, recorded anew at each change
    mutable std::mutex order_;      ///< held while anything is queued; guards what follows
    mutable StreamHandle last_ = nullptr;
    mutable uint64_t queued_ = 0;            ///< grows with whatever is queued
    mutable std::atomic<uint64_t> done_{0};  ///< known to be done, as `queued_` counts
};

/// An event of the driver. Never destroyed: it lives as long as the session, which lives as long as the process.
EventHandle make_event(const Session& session, unsigned flags);

}  // namespace pp::device::cuda
