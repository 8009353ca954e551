/// See map_call.h.
#include "python/map_call.h"

#include <cstdlib>
#include <new>

#include "python/evaluation.h"
#include "python/exceptions.h"
#include "python/out_target.h"
#include "python/result_list.h"

namespace pp::python {

namespace {

/// Results of elements that CPython evaluated, by element; null elsewhere. Costs nothing where it is not touched.
class Others {
public:
    explicit Others(int64_t count)
        : count_(count), items_(static_cast<PyObject**>(std::calloc(static_cast<size_t>(count) + 1, sizeof(void*)))) {
        if (!items_) throw std::bad_alloc();
    }
    ~Others() {
        for (int64_t i = 0; is_used && i < count_; ++i)
            Py_XDECREF(items_[i]);
        std::free(items_);
    }
    Others(const Others&) = delete;
    PyObject** items() const { return items_; }
    bool is_used = false;

private:
    int64_t count_;
    PyObject** items_;
};

class MapCall {
public:
    explicit MapCall(MapArguments arguments) : evaluation_(std::move(arguments)) {}

    Object run() {
        // Columns that an exception ends have no length that `out` could have, and nothing to write there.
        return evaluation_.arguments().out && !evaluation_.columns().has_failure() ? fill() : make();
    }

private:
    /// A new list.
    Object make() {
        ResultList result(evaluation_.count());
        if (evaluation_.count() > 0) {
            if (Evaluation::is_all_in_python()) {
                evaluation_.call_all(result.items());
            } else {
                compute(result);
            }
        }
        finish();
        return result.finish();
    }

    void compute(ResultList& result) {
        evaluation_.read([&result] { return result.items(); });
        evaluation_.run();
        result.box(evaluation_);
        if (!evaluation_.handed_back().empty()) evaluation_.hand_back(result.items());
    }

    /// The list given as `out`.
    Object fill() {
        OutTarget out(evaluation_.arguments().out, evaluation_.count());
        Others others(evaluation_.count());
        others.is_used = true;
        if (evaluation_.count() > 0) {
            if (!Evaluation::is_all_in_python()) {
                evaluation_.use(out);
                evaluation_.read([&others] { return others.items(); });
                evaluation_.run();
            }
            evaluate_others(others.items());
        }
        finish();
        out.fill(evaluation_, others.items());
        others.is_used = evaluation_.python_may_have_run();
        return Object::borrow(evaluation_.arguments().out);
    }

    void evaluate_others(PyObject** items) {
        if (Evaluation::is_all_in_python()) {
            evaluation_.call_all(items);
        } else {
            evaluation_.hand_back(items);
        }
    }

    void finish() {
        evaluation_.columns().raise_failure();
        evaluation_.finish();
        // Before anything is written: where warnings are errors, a call that raises has changed nothing.
        evaluation_.handed_back().warn_if_many(evaluation_.count());
    }

    Evaluation evaluation_;
};

constexpr PublicFunction kMap{"map", true, true, false};

}  // namespace

PyObject* map_function(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names) {
    return guarded([&] { return MapCall(parse_arguments(kMap, args, count, keyword_names)).run().release(); });
}

}  // namespace pp::python
