/// What `out=` names: a list of the caller's that results are written into when all of them are there.
#pragma once

#include <Python.h>

#include <cstdint>

#include "python/evaluation.h"

namespace pp::python {

/// GIL held for every member. Throws UserError, PythonError; nothing has been written then.
class OutTarget {
public:
    /// `out` must be a list of `count` items: looked at before anything runs.
    OutTarget(PyObject* out, int64_t count);

    /// Writes compiled results, and `others`, which are taken over: one place for each element, null where the result
    /// is a compiled one.
    void fill(Evaluation& evaluation, PyObject** others);

private:
    void check_length() const;

    PyObject* out_;
    int64_t count_;
};

}  // namespace pp::python
