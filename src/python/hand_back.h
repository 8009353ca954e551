/// Elements that CPython evaluates: by calling the user's function on the calling thread, lowest index first.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "python/columns.h"
#include "python/journal.h"
#include "python/map_arguments.h"

namespace pp::python {

class HandBack {
public:
    HandBack(const MapArguments& arguments, const Columns& columns) : arguments_(arguments), columns_(columns) {}

    /// From now on everything that an element may change is copied before it is evaluated.
    void use(Journal& journal) { journal_ = &journal; }

    void add(int64_t index) { added_.push_back(index); }
    void add(const std::vector<int64_t>& indices) { added_.insert(added_.end(), indices.begin(), indices.end()); }
    bool empty() const noexcept { return added_.empty(); }
    const std::vector<int64_t>& added() const noexcept { return added_; }

    /// The argument of a column for an element.
    using Argument = std::function<Object(size_t column, int64_t index)>;

    /// Calls the function for the elements added, ascending, and stores the results, new references, in `target`,
    /// whose slots for them are null; without a `target` they are dropped.
    /// An exception of the user's is left as it is, with a note naming the element. Throws PythonError.
    void evaluate_added(PyObject** target, const Argument& argument);
    /// Calls it for one element, or for all; these do not count as handed back.
    void evaluate(int64_t index, PyObject** target);
    void evaluate_all(PyObject** target);

    /// Gives the PerformanceWarning when more than one in a hundred of 10,000 or more was handed back, once for each
    /// function. Throws PythonError where warnings are errors.
    void warn_if_many(int64_t count) const;

private:
    void call(int64_t index, PyObject** target, const Argument* argument);

    const MapArguments& arguments_;
    const Columns& columns_;
    Journal* journal_ = nullptr;
    std::vector<int64_t> added_;
    Object keyword_tuple_;
};

}  // namespace pp::python
