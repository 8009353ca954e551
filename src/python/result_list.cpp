/// See result_list.h.
#include "python/result_list.h"

#include "data/result_list_python.h"
#include "python/collector.h"

namespace pp::python {

ResultList::ResultList(int64_t count)
    // It has holes until the end: user code that runs meanwhile must not find it through the collector.
    : count_(count), list_(checked(data::new_result_list(count))) {}

PyObject** ResultList::items() {
    if (is_blank_) data::fill_with_nulls(list_.get(), count_);
    is_blank_ = false;
    return data::result_slots(list_.get());
}

bool ResultList::open(const GroupRun& group, const Columns& columns) {
    if (!is_blank_) return false;
    pause_.emplace();
    const data::BoxJob job{group.results(columns, true), data::result_slots(list_.get()), true};
    try {
        boxer_ = data::FewBoxer::open(job, kFlowBlock, rows_);
    } catch (...) {
        pause_.reset();
        throw;
    }
    if (!boxer_) pause_.reset();
    return boxer_ != nullptr;
}

bool ResultList::close() {
    boxer_->close();
    boxer_.reset();
    data::set_filled(list_.get(), count_);
    is_blank_ = false;
    pause_.reset();
    return true;
}

void ResultList::drop() noexcept {
    if (!boxer_) return;
    boxer_->drop();
    boxer_.reset();
    pause_.reset();
}

void ResultList::box(Evaluation& evaluation) {
    const data::CollectorPause pause;
    for (GroupRun& group : evaluation.groups()) {
        if (evaluation.has_flowed()) break;  // there is one group
        // A group that fills every slot need not find nulls there, which would be a walk over the whole list.
        const bool fills_all = is_blank_ && group.is_for_all();
        PyObject** target = fills_all ? data::result_slots(list_.get()) : items();
        const bool boxed = group.box(evaluation.columns(), !evaluation.python_may_have_run(), target, fills_all, rows_,
                                     evaluation.timings());
        if (fills_all) data::set_filled(list_.get(), count_);
        is_blank_ = false;
        if (!boxed) throw PythonError{};
    }
    has_rows_ = rows_.count() > 0;
    if (has_rows_) Collector::current().adopt(rows_);
}

Object ResultList::finish() {
    items();
    PyObject_GC_Track(list_.get());
    if (has_rows_) Collector::current().settle();
    return std::move(list_);
}

}  // namespace pp::python
