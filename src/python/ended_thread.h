/// Threads that CPython ends while they are inside the library: daemon threads, when the interpreter is finalised.
#pragma once

#include <cxxabi.h>
#include <utility>

namespace pp::python {

/// To be called once before any other function here. CPython's unwinding comes from the process's libgcc and meets the
/// copy that is linked into this library, which aborts unless an exception of its own has made it fill its tables.
void prepare_for_ended_threads() noexcept;

/// Sleeps until the process is gone.
[[noreturn]] void stay_for_ever() noexcept;

/// Runs `body`, which enters the interpreter or takes the GIL. Before 3.14 CPython ends a daemon thread that wants the
/// GIL of a finalised interpreter by unwinding its stack: through destructors that need that GIL, and to functions that
/// must not throw, where the process aborts. Such a thread stays asleep here instead, as it does since 3.14.
template <typename Body> decltype(auto) outlasting_the_interpreter(Body&& body) {
    try {
        return std::forward<Body>(body)();
    } catch (abi::__forced_unwind&) {
        stay_for_ever();
    }
}

}  // namespace pp::python
