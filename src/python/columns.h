/// The columns of a call: any iterables, seen as spans of elements that stay as they were at the call.
#pragma once

#include <Python.h>

#include <chrono>
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
    /// unequal lengths are a ValueError. All unbounded (itertools.count and the like): a ValueError. What an iterator
    /// raises is kept for `raise_failure`: there are then as many elements as were complete before it.
    Columns(PyObject* const* iterables, size_t count, bool strict);

    /// Elements of the shortest column.
    int64_t count() const noexcept { return count_; }
    size_t size() const noexcept { return spans_.size(); }
    std::span<const data::ElementSpan> spans() const noexcept { return spans_; }
    /// What the caller gave, who keeps it.
    PyObject* given(size_t column) const noexcept { return given_[column]; }
    /// Whether the elements are still the items of what was given, a list or tuple, not of a copy of it.
    bool is_given(size_t column) const noexcept { return owners_[column].get() == given_[column]; }
    PyObject* element(size_t column, int64_t index) const noexcept { return spans_[column].items[index]; }

    /// Whether an iterator raised behind the last element: a loop would get there once the elements are done.
    bool has_failure() const noexcept { return bool(failure_); }
    /// Throws PythonError with what the iterator raised, if one did.
    void raise_failure();

    /// Makes private what the caller could still change: to be called before any Python code may run or the GIL is
    /// released. Elements that are rows remain the caller's.
    void own();
    /// About how long that is going to take, at most 50 ms.
    std::chrono::nanoseconds owning_takes() const;

private:
    /// Lists and tuples as they are now. False: there are other columns, and reading those may run Python code.
    bool take_rows(PyObject* const* iterables);
    /// Makes `owners_` of a column that is neither and whose items need no Python code, or answers its iterator.
    Object open(size_t column, PyObject* iterable);
    void check_lengths() const;
    void pull(const std::vector<Object>& iterators, bool strict);
    /// Takes one item of each iterator; answers the number of the one that ended or raised, else their count.
    size_t pull_row(const std::vector<Object>& iterators);
    /// A loop asks the columns before the one that it finds ended for one more item: they lose it, or raise.
    void ask_once_more(const std::vector<Object>& iterators);
    Object next(PyObject* iterator);
    void list_ranges();
    void set_span(size_t column, PyObject* list_or_tuple);

    std::vector<PyObject*> given_;
    std::vector<Object> owners_;  ///< lists or tuples; the span's items belong to them
    std::vector<bool> is_private_;
    std::vector<data::ElementSpan> spans_;
    /// A range is listed only as far as the columns go.
    struct Range {
        size_t column;
        int64_t start, step;
    };

    std::vector<int64_t> lengths_;
    std::vector<Range> ranges_;
    int64_t count_ = 0;
    Object failure_;  ///< what the iterator raised that ended the columns
};

}  // namespace pp::python
