/// The list that a call returns while it is being made.
#pragma once

#include <Python.h>

#include <cstdint>

#include "data/tracked_rows_python.h"
#include "python/evaluation.h"
#include "python/object.h"

namespace pp::python {

/// GIL held for every member; throws PythonError.
class ResultList {
public:
    explicit ResultList(int64_t count);

    /// One place for each element, null where there is no result yet.
    PyObject** items();
    /// Boxes everything that was computed.
    void box(Evaluation& evaluation);
    /// What it has by now; borrowed.
    PyObject* list() const noexcept { return list_.get(); }
    /// The list. Collects what has become due through its rows, so any Python code may run.
    Object finish();

    ResultList(const ResultList&) = delete;
    ResultList& operator=(const ResultList&) = delete;

private:
    int64_t count_;
    data::TrackedRows rows_;  ///< those that the collector does not have yet
    Object list_;             ///< dies before `rows_`, from which its rows then unlink themselves
    bool is_blank_ = true;    ///< its slots have not been written to
    bool has_rows_ = false;
};

}  // namespace pp::python
