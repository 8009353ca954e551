/// One GPU's primary context and our stream in it: what every call on the GPU needs around it.
#pragma once

#include <new>

#include "device/cuda_device.h"
#include "device/cuda_driver.h"

namespace pp::device::cuda {

/// Retains the primary context, which the application may be using too, and keeps it for the life of the process.
class Session {
public:
    /// Takes a third of a second where nobody has used the GPU in this process.
    Session(const Driver& driver, int ordinal);

    const Driver& driver() const noexcept { return driver_; }
    Stream stream() const noexcept { return stream_; }
    DeviceHandle handle() const noexcept { return handle_; }
    int attribute(int number) const;
    /// Throws in a forked child. To be asked before any lock is taken: a child may have inherited it locked.
    void require_own_process() const;

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

    /// Waits until all of the stream is done, or what was recorded in `event`. The context must not be current: the
    /// supervisor is asked outside of it. False when the supervisor, which is asked until then, answered true.
    bool wait(const Supervisor& supervisor = {}) const;
    bool wait_for(Event event, const Supervisor& supervisor = {}) const;

    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

private:
    template <typename Query>
    bool wait_until_done(const char* function, const Query& query, const Supervisor& supervisor) const;

    const Driver& driver_;
    DeviceHandle handle_ = 0;
    Context context_ = nullptr;
    Stream stream_ = nullptr;
};

/// An event of the driver. Never destroyed: it lives as long as the session, which lives as long as the process.
Event make_event(const Session& session, unsigned flags);

}  // namespace pp::device::cuda
