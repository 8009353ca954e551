/// See map_call.h.

#include "python/map_call.h"
#include "base/error.h"
#include "python/array_beside_list.h"
#include "python/array_map.h"
#include "python/array_object.h"
#include "python/array_values.h"
#include "python/evaluation.h"
#include "python/exceptions.h"
#include "python/known_columns.h"
#include "python/out_target.h"
#include "python/result_list.h"
#include <cstdlib>
#include <new>
#include <optional>
#include <string>

namespace pp::python {

namespace {

/// Results of elements that CPython evaluated, by element; null elsewhere. Costs nothing where none are asked for.
class Others {
public:
    explicit Others(int64_t count) : count_(count) {}
    ~Others() {
        for (int64_t i = 0; items_ && i < count_; ++i)
            Py_XDECREF(items_[i]);
        std::free(items_);
    }
    Others(const Others&) = delete;

    /// Throws std::bad_alloc.
    PyObject** items() {
        if (!items_) items_ = static_cast<PyObject**>(std::calloc(static_cast<size_t>(count_) + 1, sizeof(void*)));
        if (!items_) throw std::bad_alloc();
        return items_;
    }

private:
    int64_t count_;
    PyObject** items_ = nullptr;
};

class MapCall {
public:
    explicit MapCall(MapArguments arguments) : evaluation_(std::move(arguments)) {}

    Object run() {
        // Columns that an exception ends have no length that `out` could have, and nothing to write there.
        PyObject* out = evaluation_.columns().has_failure() ? nullptr : evaluation_.arguments().out;
        if (out && is_array(out)) return fill_array();
        return out ? fill() : make();
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
        evaluation_.use(result);
        evaluation_.read([&result] { return result.items(); });
        evaluation_.run();
        result.box(evaluation_);
        if (!evaluation_.handed_back().empty()) evaluation_.hand_back(result.items());
    }

    /// The list given as `out`.
    Object fill() {
        OutTarget out(evaluation_.arguments().out, evaluation_.count());
        Others others(evaluation_.count());
        if (evaluation_.count() > 0) {
            if (!Evaluation::is_all_in_python()) {
                evaluation_.use(out);
                evaluation_.read([&others] { return others.items(); });
                evaluation_.run();
            }
            evaluate_others(others);
        }
        finish();
        out.fill(evaluation_, evaluation_.python_may_have_run() ? others.items() : nullptr);
        return Object::borrow(evaluation_.arguments().out);
    }

    /// The Array given as `out`, for columns that are none.
    Object fill_array() {
        PyObject* out = evaluation_.arguments().out;
        const auto check_length = [&] {
            if (ArrayAccess(out).count() == evaluation_.count()) return;
            throw UserError(ErrorKind::Value, "out has " + std::to_string(ArrayAccess(out).count()) +
                                                  " elements, the result " + std::to_string(evaluation_.count()));
        };
        check_length();
        const Object list = make();
        const ArrayValues values = take_values_for(out, list.get());
        check_length();  // Python code that ran meanwhile may have changed it
        ArrayAccess(out).widen_text_for(*values.type());
        ArrayAccess(out).leave(0, values.count);
        if (values.count > 0)
            data::copy_elements(values.leaves(), ArrayAccess(out).write(0, values.count), values.count);
        ArrayAccess(out).own_items(0, values.count);
        return Object::borrow(out);
    }

    void evaluate_others(Others& others) {
        if (Evaluation::is_all_in_python()) {
            evaluation_.call_all(others.items());
        } else if (!evaluation_.handed_back().empty()) {
            evaluation_.hand_back(others.items());
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
    return guarded([&] {
        MapArguments arguments = parse_arguments(kMap, args, count, keyword_names);
        OfList of_list;
        std::optional<Object> array = map_arrays(arguments, of_list);
        if (!array && !of_list.is_array) array = map_beside_lists(arguments);
        Object result = array ? std::move(*array) : MapCall(std::move(arguments)).run();
        if (of_list.is_array && PyList_CheckExact(result.get())) result = array_of_results(result, of_list);
        Captures::instance().settle();
        KnownColumns::instance().settle();
        return result.release();
    });
}

}  // namespace pp::python
