/// Python's lists, tuples, dicts and sets as data that kernels read, and whether they have changed since.
#pragma once

#include <Python.h>

#include <memory>

#include "data/captured.h"

namespace pp::data {

class CapturedObject : public Captured {
public:
    /// Reads `object`; null where it is not of `kind`. GIL held; runs no Python code. Throws std::bad_alloc.
    static std::shared_ptr<CapturedObject> read(PyObject* object, KindRef kind);

    /// Whether reading `object` now would give the same. GIL held and kept; wakes the thread pool only where the
    /// objects are many; runs no Python code.
    virtual bool is_current(PyObject* object) const = 0;

protected:
    using Captured::Captured;
};

}  // namespace pp::data
