/// Elements that CPython evaluates: by calling the user's function on the calling thread, lowest index first.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "python/journal.h"
#include "python/map_arguments.h"

namespace pp::python {

class HandBack {
public:
    /// The argument of a column for an element.
    using Argument = std::function<Object(size_t column, int64_t index)>;

    /// `argument` gives what elements are called with where nothing else is said.
    HandBack(const MapArguments& arguments, size_t columns, Argument argument)
        : arguments_(arguments), columns_(columns), argument_(std::move(argument)) {}

    /// From now on everything that an element may change is copied before it is evaluated.
    void use(Journal& journal) { journal_ = &journal; }

    void add(int64_t index) { added_.push_back(index); }
    void add(const std::vector<int64_t>& indices) { added_.insert(added_.end(), indices.begin(), indices.end()); }
    bool empty() const noexcept { return added_.empty(); }
    const std::vector<int64_t>& added() const noexcept { return added_; }

    /// Calls the function for the elements added, ascending, and stores the results, new references, in `target`,
    /// whose slots for them are null; without a `target` they are dropped.
    /// An exception of the user's is left as it is, with a note naming the element. Throws PythonError.
    void evaluate_added(PyObject** target, const Argument& argument);
    /// Calls it for one element, or for all; these do not count as handed back.
    void evaluate(int64_t index, PyObject** target);
    void evaluate_all(PyObject** target, int64_t count);
    /// Calls it for one element and answers the result.
    Object call(int64_t index) { return call(index, argument_); }

    /// Gives the PerformanceWarning when more than one in a hundred of 10,000 or more was handed back, once for each
    /// function. Throws PythonError where warnings are errors.
    void warn_if_many(int64_t count) const;

private:
    Object call(int64_t index, const Argument& argument);
    static void put(Object result, PyObject** target, int64_t index) {
        if (target) target[index] = result.release();
    }

    const MapArguments& arguments_;
    size_t columns_;
    Argument argument_;
    Journal* journal_ = nullptr;
    std::vector<int64_t> added_;
    Object keyword_tuple_;
};

}  // namespace pp::python
