/// See supervision.h.
#include "python/supervision.h"

#include "python/exceptions.h"

namespace pp::python {

bool Supervision::ask() noexcept {
    finish();
    if (stopped_) return true;
    let_others_run_ = true;
    try {
        columns_.own();
    } catch (...) {
        raise_current_exception();
        stopped_ = true;
        return true;
    }
    if (PyErr_CheckSignals() < 0) {
        stopped_ = true;
        return true;
    }
    released_ = PyEval_SaveThread();
    return false;
}

void Supervision::finish() noexcept {
    if (released_) PyEval_RestoreThread(std::exchange(released_, nullptr));
}

}  // namespace pp::python
