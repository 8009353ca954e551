/// The one place where C++ exceptions become Python exceptions.
#pragma once

#include <Python.h>

#include <exception>

#include "base/error.h"
#include "python/object.h"

namespace pp::python {

/// Sets the Python exception that stands for the C++ exception in flight; call it in a catch block. Returns nullptr.
PyObject* raise_current_exception() noexcept;

/// The class of `parallel_party._errors` called `name`; borrowed, kept for ever. Throws PythonError.
PyObject* error_class(const char* name);

/// Adds `note` to the exception that is set. What goes wrong in between is chained, not lost.
void add_note_to_current_error(const char* note) noexcept;

/// Runs `body`, turning its C++ exceptions into Python ones; `body` returns a new reference.
template <typename Body> PyObject* guarded(Body&& body) noexcept {
    try {
        return body();
    } catch (...) {
        return raise_current_exception();
    }
}

}  // namespace pp::python
