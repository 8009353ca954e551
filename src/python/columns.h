/// The columns of a call: any iterables, seen as spans of elements that stay as they were at the call.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/reader_python.h"
#include "python/object.h"

namespace pp::python {

/// GIL held for every member. Throws PythonError and UserError.
class Columns {
public:
    /// Pulls iterators in the order `zip` would, and only as far as columns of known length allow. With `strict`,
    /// unequal lengths are a ValueError. All unbounded (itertools.count and the like): a ValueError.
    Columns(PyObject* const* iterables, size_t count, bool strict);

    /// Elements of the shortest column.
    int64_t count() const noexcept { return count_; }
    size_t size() const noexcept { return spans_.size(); }
    std::span<const data::ElementSpan> spans() const noexcept { return spans_; }
    PyObject* element(size_t column, int64_t index) const noexcept { return spans_[column].items[index]; }

    /// Makes private what the caller could still change: to be called before any Python code may run or the GIL is
    /// released. Elements that are rows remain the caller's.
    void own();

private:
    void pull(PyObject* const* iterables, std::vector<Object>& iterators, bool strict);
    void set_span(size_t column, PyObject* list_or_tuple);

    std::vector<Object> owners_;  ///< lists or tuples; the span's items belong to them
    std::vector<bool> is_private_;
    std::vector<data::ElementSpan> spans_;
    int64_t count_ = 0;
};

}  // namespace pp::python
