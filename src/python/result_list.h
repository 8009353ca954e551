/// The list that a call returns while it is being made.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "data/boxer_python.h"
#include "data/few_boxer_python.h"
#include "data/tracked_rows_python.h"
#include "python/evaluation.h"
#include "python/flow.h"
#include "python/object.h"

namespace pp::python {

/// GIL held for every member; throws PythonError.
class ResultList : public Flow {
public:
    explicit ResultList(int64_t count);
    ~ResultList() override { drop(); }

    /// One place for each element, null where there is no result yet.
    PyObject** items();
    /// Boxes everything that was computed.
    void box(Evaluation& evaluation);
    /// What it has by now; borrowed.
    PyObject* list() const noexcept { return list_.get(); }
    /// The list. Collects what has become due through its rows, so any Python code may run.
    Object finish();

    // New floats and rows of them are made while others are still being computed.
    bool open(const GroupRun& group, const Columns& columns) override;
    void begin() noexcept override { boxer_->claim(); }
    bool take(int64_t begin, int64_t end, data::FewResults& few) override { return boxer_->take(begin, end, few); }
    bool close() override;
    void drop() noexcept override;

    ResultList(const ResultList&) = delete;
    ResultList& operator=(const ResultList&) = delete;

private:
    int64_t count_;
    data::TrackedRows rows_;  ///< those that the collector does not have yet
    Object list_;             ///< dies before `rows_`, from which its rows then unlink themselves
    bool is_blank_ = true;    ///< its slots have not been written to
    bool has_rows_ = false;
    std::optional<data::CollectorPause> pause_;
    std::unique_ptr<data::FewBoxer> boxer_;  ///< from `open` on, until `close` or `drop`
};

}  // namespace pp::python
