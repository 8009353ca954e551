/// Contexts, and waiting without keeping a processor busy.
#include "device/cuda_session.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unistd.h>

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

}  // namespace

Session::Session(const Driver& driver, int ordinal) : driver_(driver) {
    driver_.call(driver_.cuDeviceGet, &handle_, ordinal);
    driver_.call(driver_.cuDevicePrimaryCtxRetain, &context_, handle_);
    const Scope scope(*this);
    driver_.call(driver_.cuStreamCreate, &stream_, kNonBlockingStream);
}

int Session::attribute(int number) const {
    int value = 0;
    driver_.call(driver_.cuDeviceGetAttribute, &value, number, handle_);
    return value;
}

void Session::require_own_process() const {
    if (getpid() != driver_.process) throw UserError(ErrorKind::Device, fork_message());
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
    return wait_until_done("cuStreamQuery", [&] { return driver_.cuStreamQuery.address(stream_); }, supervisor);
}

bool Session::wait_for(Event event, const Supervisor& supervisor) const {
    return wait_until_done("cuEventQuery", [&] { return driver_.cuEventQuery.address(event); }, supervisor);
}

Event make_event(const Session& session, unsigned flags) {
    const Session::Scope scope(session);
    Event event = nullptr;
    session.driver().call(session.driver().cuEventCreate, &event, flags);
    return event;
}

}  // namespace pp::device::cuda
