/// See cuda_stream.h.
#include "device/cuda_stream.h"

#include "base/error.h"

namespace pp::device::cuda {

namespace {

class ChosenUse final : public Stream::Use {
public:
    ChosenUse(const Session& session, StreamHandle stream) noexcept : chosen_(session, stream) {}

private:
    const Session::ChosenStream chosen_;
};

StreamHandle create(const Session& session) {
    const Session::Scope scope(session);
    StreamHandle stream = nullptr;
    session.driver().call(session.driver().cuStreamCreate, &stream, kNonBlockingStream);
    return stream;
}

/// Of the driver's answer to a query.
bool is_done(const Driver& driver, const char* function, Result result) {
    if (result != kSuccess && result != kNotReady) driver.fail(function, result);
    return result == kSuccess;
}

}  // namespace

DriverStream::DriverStream(const Session& session, Device& device, uint64_t handle)
    : session_(session), device_(device), stream_(reinterpret_cast<StreamHandle>(handle)) {
    session.require_context_of(stream_);
}

DriverStream::~DriverStream() {
    session_.leave(stream_);
}

std::unique_ptr<Stream::Use> DriverStream::use() {
    return std::make_unique<ChosenUse>(session_, stream_);
}

void DriverStream::wait_for(const Event& event) {
    const Session::Scope scope(session_);
    const Driver& driver = session_.driver();
    driver.call(driver.cuStreamWaitEvent, stream_, static_cast<const DriverEvent&>(event).handle(), 0u);
}

bool DriverStream::is_done() {
    const Session::Scope scope(session_);
    const Driver& driver = session_.driver();
    return cuda::is_done(driver, driver.cuStreamQuery.name, driver.cuStreamQuery.address(stream_));
}

OwnStream::OwnStream(const Session& session, Device& device)
    : DriverStream(session, device, reinterpret_cast<uintptr_t>(create(session))) {}

OwnStream::~OwnStream() {
    session_.leave(stream_);
    const Session::Scope scope(session_, std::nothrow);
    // What is queued to it is done all the same.
    if (scope.is_entered()) session_.driver().cuStreamDestroy.address(stream_);
}

DriverEvent::DriverEvent(const Session& session) : session_(session), event_(make_event(session, kEventWithTiming)) {}

DriverEvent::~DriverEvent() {
    const Session::Scope scope(session_, std::nothrow);
    if (scope.is_entered()) session_.driver().cuEventDestroy.address(event_);
}

void DriverEvent::record(Stream* stream) {
    const Driver& driver = session_.driver();
    if (stream != nullptr) {
        const Session::Scope scope(session_);
        driver.call(driver.cuEventRecord, event_, static_cast<DriverStream*>(stream)->raw());
        return;
    }
    const Session::Queue queue(session_);
    driver.call(driver.cuEventRecord, event_, queue.stream());
}

bool DriverEvent::is_done() {
    const Session::Scope scope(session_);
    const Driver& driver = session_.driver();
    return cuda::is_done(driver, driver.cuEventQuery.name, driver.cuEventQuery.address(event_));
}

double DriverEvent::milliseconds_since(Event& start) {
    start.synchronize();
    synchronize({});
    const Session::Scope scope(session_);
    float milliseconds = 0;
    session_.driver().call(session_.driver().cuEventElapsedTime, &milliseconds, static_cast<DriverEvent&>(start).event_,
                           event_);
    return milliseconds;
}

}  // namespace pp::device::cuda
