/// What the calling thread does every few milliseconds of a long run: serves signals, lets other threads have the GIL.
#pragma once

#include <Python.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace pp::python {

/// For long loops of the calling thread outside a run: every few milliseconds serves signals and lets other threads
/// have the GIL for a moment. GIL held.
class Breather {
public:
    /// Throws PythonError when a signal handler raised.
    void breathe() {
        if (++turns_ % kTurns == 0) look_at_clock();
    }
    /// The same for loops whose turns take long.
    void look_at_clock();

private:
    static constexpr uint32_t kTurns = 4096;

    uint32_t turns_ = 0;
    std::chrono::steady_clock::time_point due_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
};

/// While it lives the GIL is released, if `is_wanted`. Columns must be private by then.
class ReleasedLock {
public:
    explicit ReleasedLock(bool is_wanted) : state_(is_wanted ? PyEval_SaveThread() : nullptr) {}
    ~ReleasedLock();
    ReleasedLock(const ReleasedLock&) = delete;
    ReleasedLock& operator=(const ReleasedLock&) = delete;

private:
    PyThreadState* const state_;
};

/// Made with the GIL held, before a run; used as the run's supervisor on the calling thread only. The first time it is
/// asked after `patience`, it makes private what is needed later and releases the GIL until it is asked again or
/// `finish` is called.
class Supervision {
public:
    /// `own` makes private what other code could change and is needed later; it may throw. `patience` is about what it
    /// takes: shorter runs are not worth it. `keeps_lock`: the GIL is never released, since what is read cannot be made
    /// private.
    Supervision(std::function<void()> own, std::chrono::nanoseconds patience, bool keeps_lock = false)
        : own_(std::move(own)), due_(std::chrono::steady_clock::now() + patience), keeps_lock_(keeps_lock) {}
    ~Supervision() { finish(); }
    Supervision(const Supervision&) = delete;
    Supervision& operator=(const Supervision&) = delete;

    /// True stops the run: a signal handler raised. Never throws: a failure is kept as the Python exception.
    bool ask() noexcept;
    /// Takes the GIL back. Afterwards a Python exception is set where `ask` answered true.
    void finish() noexcept;
    /// Whether Python code may have run since the columns were read.
    bool let_others_run() const noexcept { return let_others_run_; }

private:
    std::function<void()> own_;
    std::chrono::steady_clock::time_point due_;
    bool keeps_lock_;
    PyThreadState* released_ = nullptr;
    bool let_others_run_ = false;
    bool stopped_ = false;
};

}  // namespace pp::python
