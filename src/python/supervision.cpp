/// See supervision.h.
#include "python/supervision.h"

#include "python/ended_thread.h"
#include "python/exceptions.h"

namespace pp::python {

void Breather::look_at_clock() {
    if (std::chrono::steady_clock::now() < due_) return;
    outlasting_the_interpreter([] {
        checked(PyErr_CheckSignals());
        PyEval_RestoreThread(PyEval_SaveThread());
    });
    due_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
}

ReleasedLock::~ReleasedLock() {
    if (state_) outlasting_the_interpreter([this] { PyEval_RestoreThread(state_); });
}

bool Supervision::ask() noexcept {
    finish();
    if (stopped_) return true;
    if (!let_others_run_ && std::chrono::steady_clock::now() < due_) return false;
    let_others_run_ = true;
    try {
        own_();
    } catch (...) {
        raise_current_exception();
        stopped_ = true;
        return true;
    }
    if (outlasting_the_interpreter(PyErr_CheckSignals) < 0) {
        stopped_ = true;
        return true;
    }
    if (!keeps_lock_) released_ = PyEval_SaveThread();
    return false;
}

void Supervision::finish() noexcept {
    if (released_) outlasting_the_interpreter([this] { PyEval_RestoreThread(std::exchange(released_, nullptr)); });
}

}  // namespace pp::python
