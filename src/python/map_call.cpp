/// See map_call.h.
#include "python/map_call.h"

#include "python/evaluation.h"
#include "python/exceptions.h"

namespace pp::python {

namespace {

class MapCall {
public:
    explicit MapCall(MapArguments arguments) : evaluation_(std::move(arguments)) {}

    Object run() {
        check_out();
        result_ = checked(PyList_New(evaluation_.count()));
        // It has holes until the end: user code that runs meanwhile must not find it through the collector.
        PyObject_GC_UnTrack(result_.get());
        if (evaluation_.count() > 0) compute();
        PyObject_GC_Track(result_.get());
        return deliver();
    }

private:
    PyObject** items() const { return reinterpret_cast<PyListObject*>(result_.get())->ob_item; }

    void check_out() {
        PyObject* out = evaluation_.arguments().out;
        if (!out) return;
        if (!PyList_CheckExact(out)) {
            throw UserError(ErrorKind::Type, std::string("out must be a list, not '") + Py_TYPE(out)->tp_name + "'");
        }
        if (PyList_GET_SIZE(out) != evaluation_.count()) {
            throw UserError(ErrorKind::Value, "out has " + std::to_string(PyList_GET_SIZE(out)) +
                                                  " items, the result " + std::to_string(evaluation_.count()));
        }
    }

    void compute() {
        if (Evaluation::is_all_in_python()) {
            evaluation_.call_all(items());
            return;
        }
        evaluation_.read(items());
        evaluation_.run();
        {
            data::CollectorPause pause;
            for (GroupRun& group : evaluation_.groups())
                group.box(evaluation_.columns(), items(), evaluation_.timings());
        }
        evaluation_.hand_back(items());
    }

    Object deliver() {
        evaluation_.finish();
        // Before anything is written: where warnings are errors, a call that raises has changed nothing.
        evaluation_.handed_back().warn_if_many(evaluation_.count());
        if (PyObject* out = evaluation_.arguments().out) {
            checked(PyList_SetSlice(out, 0, PyList_GET_SIZE(out), result_.get()));
            result_ = Object::borrow(out);
        }
        return std::move(result_);
    }

    Evaluation evaluation_;
    Object result_;
};

constexpr PublicFunction kMap{"map", true, true, false};

}  // namespace

PyObject* map_function(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keyword_names) {
    return guarded([&] { return MapCall(parse_arguments(kMap, args, count, keyword_names)).run().release(); });
}

}  // namespace pp::python
