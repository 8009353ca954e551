/// The one place where C++ exceptions become Python exceptions.
#pragma once

#include <Python.h>

#include <exception>
#include <utility>

#include "base/error.h"
#include "python/ended_thread.h"
#include "python/object.h"

namespace pp::python {

/// Sets the Python exception that stands for the C++ exception in flight; call it in a catch block. Returns nullptr.
PyObject* raise_current_exception() noexcept;

/// The class of `parallel_party._errors` called `name`; borrowed: the interpreter keeps it. Throws PythonError.
PyObject* error_class(const char* name);

/// Takes the exception that is set, which then no longer is; GIL held. One must be set.
Object take_current_error() noexcept;
/// Sets what `take_current_error` took, with the traceback it had.
void set_error(Object exception) noexcept;

/// Adds `note` to the exception that is set, unless it has that note. What goes wrong in between is chained, not lost.
void add_note_to_current_error(const char* note) noexcept;

/// Runs `body`, turning its C++ exceptions into Python ones; `body` returns a new reference.
template <typename Body> PyObject* guarded(Body&& body) noexcept {
    try {
        return outlasting_the_interpreter(std::forward<Body>(body));
    } catch (...) {
        return raise_current_exception();
    }
}

}  // namespace pp::python
