/// `pp.batched` as the call sees it: flat data and how many items make a row.
#pragma once

#include <Python.h>

#include <cstdint>

#include "data/number_format.h"
#include "python/object.h"

namespace pp::python {

struct Batched {
    Object data;
    int64_t n;
};

/// Whether the object is exactly a `parallel_party.batched`. GIL held.
bool is_batched(PyObject* object);
/// What it holds. Throws PythonError.
Batched take_batched(PyObject* object);
/// Its rows as a list of tuples. Throws PythonError.
Object rows_of(const Batched& batched);

/// A buffer of numbers in one run; one that is written may have two dimensions. Throws PythonError where the object has
/// none, UserError where it holds something else or cannot be written.
class NumberBuffer {
public:
    NumberBuffer(PyObject* object, bool is_written);
    ~NumberBuffer() { PyBuffer_Release(&view_); }
    NumberBuffer(const NumberBuffer&) = delete;

    data::NumberFormat format() const noexcept { return format_; }
    char* memory() const noexcept { return static_cast<char*>(view_.buf); }
    int64_t count() const noexcept { return view_.len / view_.itemsize; }
    /// Items of a row where it has two dimensions; else 0.
    int64_t width() const noexcept { return view_.ndim == 2 ? view_.shape[1] : 0; }
    int64_t item_bytes() const noexcept { return view_.itemsize; }

private:
    Py_buffer view_;
    data::NumberFormat format_;
};

}  // namespace pp::python
