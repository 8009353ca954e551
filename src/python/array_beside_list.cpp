/// See array_beside_list.h.
#include "python/array_beside_list.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "data/boxer_python.h"
#include "data/column.h"
#include "data/result_list_python.h"
#include "python/array_object.h"
#include "python/collector.h"
#include "python/evaluation.h"
#include "python/function_cache.h"
#include "python/hand_back.h"
#include "python/typed_columns.h"
#include "python/typed_run.h"

namespace pp::python {

namespace {

/// Below it, a function without a kernel may be called instead: that is decided for lists.
constexpr int64_t kFewElements = 4096;

class BesideLists {
public:
    BesideLists(MapArguments& arguments, TypedColumns& columns, const std::vector<Object>& lists)
        : arguments_(arguments), columns_(columns), lists_(lists),
          hand_back_(arguments, columns.size(),
                     [this](size_t column, int64_t index) { return argument(column, index); }) {}

    std::optional<Object> run() {
        std::vector<KindRef> kinds;
        for (size_t c = 0; c < columns_.size(); ++c)
            kinds.push_back(columns_.type(c)->kind);
        const std::vector<PyObject*> example(kinds.size(), nullptr);
        Surroundings seen;
        call_ = FunctionCache::instance().find_or_analyse(arguments_.shape, kinds, example, arguments_.options, seen,
                                                          [] {});
        if (!call_->specialisation || !call_->specialisation->has_results() || !take_variants()) return std::nullopt;
        const ir::Function& function = call_->specialisation->function();
        const data::Arrays outputs(function.outputs, columns_.count());
        std::optional<data::Arenas> memory;
        engine::RunAnswer answer = run_typed(*call_->specialisation, arguments_, columns_,
                                             {.outputs = outputs.pointers()}, seen, timings_, memory);
        engine::statistics().elements.fetch_add(static_cast<uint64_t>(columns_.count()), std::memory_order_relaxed);
        Object list = box(outputs, answer.flagged);
        call_->remember(timings_);
        hand_back_.warn_if_many(columns_.count());
        return list;
    }

private:
    /// Results as new objects; false where some are those of a list.
    bool take_variants() {
        const data::ResultShape shape = call_->result_shape();
        for (const ir::Variant& variant : shape.variants) {
            variants_.push_back(variant);
            for (ir::Origin& origin : variants_.back().origins) {
                if (origin == ir::kFresh) continue;
                if (origin == ir::kDynamicOrigin || is_object(shape.origins[origin - 1].column)) return false;
                origin = ir::kFresh;
            }
        }
        return true;
    }

    /// Whether a column's elements are objects that results may be. A range makes its anew, too.
    bool is_object(size_t column) const { return lists_[column] && !PyRange_Check(lists_[column].get()); }

    Object box(const data::Arrays& outputs, const std::vector<int64_t>& flagged) {
        const int64_t count = columns_.count();
        std::vector<uint8_t> skip(flagged.empty() ? 0 : static_cast<size_t>(count));
        for (const int64_t index : flagged)
            skip[static_cast<size_t>(index)] = 1;
        data::TrackedRows rows;  // dies after the list, whose rows then unlink themselves
        Object list = checked(data::new_result_list(count));
        data::fill_with_nulls(list.get(), count);
        {
            const data::CollectorPause pause;
            data::BoxJob job{};
            job.shape = call_->result_shape();
            job.shape.variants = variants_;
            job.slots = outputs.pointers();
            job.count = count;
            job.skip = flagged.empty() ? nullptr : skip.data();
            job.target = data::result_slots(list.get());
            const bool is_made = data::box_results(job, rows);
            if (rows.count() > 0) Collector::current().adopt(rows);
            if (!is_made) throw PythonError{};
        }
        evaluate(flagged, data::result_slots(list.get()));
        PyObject_GC_Track(list.get());
        if (rows.count() > 0) Collector::current().settle();
        return list;
    }

    void evaluate(const std::vector<int64_t>& flagged, PyObject** target) {
        for (const int64_t index : flagged) {
            target[index] = hand_back_.call(index).release();
            if (index % 64 == 0) checked(PyErr_CheckSignals());
        }
        hand_back_.add(flagged);
        engine::statistics().handed_back.fetch_add(flagged.size(), std::memory_order_relaxed);
    }

    Object argument(size_t column, int64_t index) const {
        return lists_[column] ? checked(PySequence_GetItem(lists_[column].get(), index))
                              : columns_.element(column, index);
    }

    MapArguments& arguments_;
    TypedColumns& columns_;
    const std::vector<Object>& lists_;  ///< by column, as they were at the call; null: an Array's or a buffer's
    HandBack hand_back_;
    std::shared_ptr<CompiledCall> call_;
    std::vector<ir::Variant> variants_;
    engine::Timings timings_;
};

bool is_list_like(PyObject* column) {
    return PyList_CheckExact(column) || PyTuple_CheckExact(column) || PyRange_Check(column);
}

}  // namespace

std::optional<Object> map_beside_lists(MapArguments& arguments) {
    if (arguments.out || Evaluation::is_all_in_python() || !std::ranges::any_of(arguments.columns, is_array) ||
        !std::ranges::any_of(arguments.columns, is_list_like))
        return std::nullopt;
    for (PyObject* column : arguments.columns) {
        if (is_list_like(column) ? PyObject_Size(column) < kFewElements
                                 : is_array(column) && ArrayAccess(column).count() < kFewElements)
            return std::nullopt;
    }
    TypedColumns columns;
    std::vector<Object> lists;
    // Others may change the lists while the GIL is let go, and the function may where an element is handed back.
    for (PyObject* column : arguments.columns)
        lists.push_back(PyRange_Check(column)  ? Object::borrow(column)
                        : is_list_like(column) ? checked(PySequence_Tuple(column))
                                               : Object());
    if (!columns.take(arguments.columns, arguments.strict, true) || columns.has_gaps() || columns.has_foreign_memory())
        return std::nullopt;
    const bool reads_all = arguments.shape.reads_all;
    arguments.shape.reads_all = true;  // values are boxed, whatever they were taken from
    std::optional<Object> result = BesideLists(arguments, columns, lists).run();
    arguments.shape.reads_all = reads_all;
    return result;
}

}  // namespace pp::python
