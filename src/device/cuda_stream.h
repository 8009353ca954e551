/// Streams and events of the driver.
#pragma once

#include <cstdint>
#include <memory>

#include "device/cuda_device.h"
#include "device/cuda_session.h"

namespace pp::device::cuda {

/// Somebody else's stream.
class DriverStream : public Stream {
public:
    /// Throws UserError(Value) where it belongs to another context than the device's primary one.
    DriverStream(const Session& session, Device& device, uint64_t handle);
    ~DriverStream() override;
    DriverStream(const DriverStream&) = delete;

    Device& device() const noexcept override { return device_; }
    uint64_t handle() const noexcept override { return reinterpret_cast<uintptr_t>(stream_); }
    StreamHandle raw() const noexcept { return stream_; }
    std::unique_ptr<Use> use() override;
    void leave() noexcept override { session_.leave(stream_); }
    void wait_behind() override { session_.wait_behind(stream_); }
    void go_before() override { session_.go_before(stream_); }
    void wait_for(const Event& event) override;
    bool is_done() override;
    bool synchronize(const Supervisor& supervisor) override { return session_.wait_for(stream_, supervisor); }

protected:
    const Session& session_;
    Device& device_;
    StreamHandle stream_;
};

/// A stream that is destroyed with the object.
class OwnStream final : public DriverStream {
public:
    OwnStream(const Session& session, Device& device);
    ~OwnStream() override;
};

class DriverEvent final : public Event {
public:
    explicit DriverEvent(const Session& session);
    ~DriverEvent() override;
    DriverEvent(const DriverEvent&) = delete;

    EventHandle handle() const noexcept { return event_; }
    void record(Stream* stream) override;
    bool is_done() override;
    bool synchronize(const Supervisor& supervisor) override { return session_.wait_for(event_, supervisor); }
    double milliseconds_since(Event& start) override;

private:
    const Session& session_;
    EventHandle event_ = nullptr;
};

}  // namespace pp::device::cuda
