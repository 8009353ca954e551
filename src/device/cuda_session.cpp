/// Contexts, and waiting without keeping a processor busy.
#include "device/cuda_session.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unistd.h>
#include <utility>

#include "base/error.h"
#include "device/futex.h"

namespace pp::device::cuda {

namespace {

using Clock = std::chrono::steady_clock;

/// Most launches and copies that are waited for end within this; a sleep costs 50-250 us more than it says.
constexpr auto kSpin = std::chrono::microseconds(200);
constexpr auto kShortestSleep = std::chrono::microseconds(20);
constexpr auto kLongestSleep = std::chrono::microseconds(1000);
constexpr auto kSupervision = std::chrono::milliseconds(5);

thread_local const Session::ChosenStream* innermost = nullptr;

}  // namespace

Session::Session(const Driver& driver, int ordinal) : driver_(driver) {
    driver_.call(driver_.cuDeviceGet, &handle_, ordinal);
    driver_.call(driver_.cuDevicePrimaryCtxRetain, &context_, handle_);
    const Scope scope(*this);
    driver_.call(driver_.cuStreamCreate, &stream_, kNonBlockingStream);
    driver_.call(driver_.cuEventCreate, &change_, kEventWithoutTiming);
    last_ = stream_;
}

int Session::attribute(int number) const {
    int value = 0;
    driver_.call(driver_.cuDeviceGetAttribute, &value, number, handle_);
    return value;
}

bool Session::is_own_process() const noexcept {
    return getpid() == driver_.process;
}

void Session::require_own_process() const {
    if (!is_own_process()) throw UserError(ErrorKind::Device, fork_message());
}

Session::Scope::Scope(const Session& session) : driver_(session.driver_) {
    session.require_own_process();
    driver_.call(driver_.cuCtxPushCurrent, session.context_);
}

Session::Scope::Scope(const Session& session, std::nothrow_t) noexcept
    : driver_(session.driver_),
      is_entered_(getpid() == driver_.process && driver_.cuCtxPushCurrent.address(session.context_) == kSuccess) {}

Session::Scope::~Scope() {
    Context popped = nullptr;
    if (is_entered_) driver_.cuCtxPopCurrent.address(&popped);
}

Session::Queue::Queue(const Session& session) : scope_(session), lock_(session.order_) {
    stream_ = session.chosen_stream();
    ++session.queued_;
    session.change_to(stream_);
}

Session::Queue::Queue(const Session& session, std::nothrow_t) noexcept : scope_(session, std::nothrow) {
    if (!scope_.is_entered()) return;
    lock_ = std::unique_lock(session.order_);
    ++session.queued_;
    stream_ = session.last_;
}

Session::ChosenStream::ChosenStream(const Session& session, StreamHandle stream) noexcept
    : session_(session), stream_(stream), outer_(std::exchange(innermost, this)) {}

Session::ChosenStream::~ChosenStream() {
    innermost = outer_;
}

StreamHandle Session::chosen_stream() const noexcept {
    for (const ChosenStream* chosen = innermost; chosen != nullptr; chosen = chosen->outer_) {
        if (&chosen->session_ == this) return chosen->stream_;
    }
    return stream_;
}

void Session::change_to(StreamHandle stream) const {
    if (stream == last_) return;
    // Also where this fails, as it does when somebody has destroyed his stream: it is not to fail for ever.
    const StreamHandle before = std::exchange(last_, stream);
    driver_.call(driver_.cuEventRecord, change_, before);
    driver_.call(driver_.cuStreamWaitEvent, stream, change_, 0u);
}

void Session::note_done(uint64_t ticket) const noexcept {
    uint64_t known = done_.load(std::memory_order_relaxed);
    while (known < ticket && !done_.compare_exchange_weak(known, ticket, std::memory_order_relaxed)) {
    }
}

bool Session::is_done(uint64_t ticket) const noexcept {
    if (ticket <= done_.load(std::memory_order_relaxed)) return true;
    const Scope scope(*this, std::nothrow);
    if (!scope.is_entered()) return false;
    const std::lock_guard lock(order_);
    if (driver_.cuStreamQuery.address(last_) != kSuccess) return false;
    note_done(queued_);
    return true;
}

void Session::require_context_of(StreamHandle stream) const {
    const Scope scope(*this);
    Context context = nullptr;
    driver_.call(driver_.cuStreamGetCtx, stream, &context);
    if (context == context_) return;
    throw UserError(ErrorKind::Value, "the stream belongs to another device, or to a context of its own: only streams "
                                      "of the primary context of cuda:" +
                                          std::to_string(handle_) + " can be used there");
}

void Session::wait_behind(StreamHandle stream) const {
    const Scope scope(*this);
    const std::lock_guard lock(order_);
    if (stream == last_) return;
    ++queued_;
    driver_.call(driver_.cuEventRecord, change_, stream);
    driver_.call(driver_.cuStreamWaitEvent, last_, change_, 0u);
}

void Session::go_before(StreamHandle stream) const {
    const Scope scope(*this);
    const std::lock_guard lock(order_);
    if (stream == last_) return;
    driver_.call(driver_.cuEventRecord, change_, last_);
    driver_.call(driver_.cuStreamWaitEvent, stream, change_, 0u);
}

void Session::leave(StreamHandle stream) const noexcept {
    const Scope scope(*this, std::nothrow);
    if (!scope.is_entered()) return;
    const std::lock_guard lock(order_);
    if (stream != last_) return;
    // A failure here is one of earlier work, which the next call reports.
    last_ = stream_;
    driver_.cuEventRecord.address(change_, stream);
    driver_.cuStreamWaitEvent.address(stream_, change_, 0u);
}

template <typename Query>
bool Session::wait_until_done(const char* function, const Query& query, const Supervisor& supervisor) const {
    const auto start = Clock::now();
    auto due = start + kSupervision;
    bool wanted = true;
    for (;;) {
        const Result result = [&] {
            const Scope scope(*this);
            return query();
        }();
        if (result == kSuccess) return wanted;
        if (result != kNotReady) driver_.fail(function, result);
        const auto now = Clock::now();
        if (now - start < kSpin) {
            spin_pause();
            continue;
        }
        if (supervisor && wanted && now >= due) {
            wanted = !supervisor();
            due = Clock::now() + kSupervision;
            continue;
        }
        // A sixteenth of the time waited so far, so that a long wait is late by little of its length.
        const auto sixteenth = std::chrono::duration_cast<std::chrono::microseconds>((now - start) / 16);
        std::this_thread::sleep_for(std::clamp(sixteenth, kShortestSleep, kLongestSleep));
    }
}

bool Session::wait(const Supervisor& supervisor) const {
    require_own_process();
    uint64_t ticket = 0;
    const StreamHandle last = [&] {
        const std::lock_guard lock(order_);
        ticket = queued_;
        return last_;
    }();
    if (ticket <= done_.load(std::memory_order_relaxed)) return true;
    const bool is_wanted = wait_for(last, supervisor);
    note_done(ticket);
    return is_wanted;
}

bool Session::wait_for(StreamHandle stream, const Supervisor& supervisor) const {
    return wait_until_done("cuStreamQuery", [&] { return driver_.cuStreamQuery.address(stream); }, supervisor);
}

bool Session::wait_for(EventHandle event, const Supervisor& supervisor) const {
    return wait_until_done("cuEventQuery", [&] { return driver_.cuEventQuery.address(event); }, supervisor);
}

EventHandle make_event(const Session& session, unsigned flags) {
    const Session::Scope scope(session);
    EventHandle event = nullptr;
    session.driver().call(session.driver().cuEventCreate, &event, flags);
    return event;
}

}  // namespace pp::device::cuda
