/// See out_target.h.
#include "python/out_target.h"

#include <new>
#include <string>
#include <utility>
#include <vector>

#include "data/list_filler_python.h"
#include "data/place_python.h"

namespace pp::python {

namespace {

bool prepare(data::ListFiller& filler) {
    try {
        return filler.prepare();
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
        return false;
    }
}

}  // namespace

OutTarget::OutTarget(PyObject* out, int64_t count) : out_(out), count_(count) {
    if (!PyList_CheckExact(out)) {
        throw UserError(ErrorKind::Type, std::string("out must be a list, not '") + Py_TYPE(out)->tp_name + "'");
    }
    if (PyList_GET_SIZE(out) != count) {
        throw UserError(ErrorKind::Value, "out has " + std::to_string(PyList_GET_SIZE(out)) + " items, the result " +
                                              std::to_string(count));
    }
}

/// Python code that ran meanwhile may have changed it.
void OutTarget::check_length() const {
    if (PyList_GET_SIZE(out_) == count_) return;
    PyErr_SetString(PyExc_RuntimeError, "out changed its length while map() was running; nothing has been written");
    throw PythonError{};
}

void OutTarget::fill(Evaluation& evaluation, PyObject** others) {
    check_length();
    std::vector<data::ListFiller> fillers;  // let go of what was there when everything is written
    for (const GroupRun& group : evaluation.groups())
        fillers.emplace_back(out_, group.results(evaluation.columns()));
    for (size_t i = 0; i < fillers.size(); ++i) {
        if (prepare(fillers[i])) continue;
        while (i > 0)
            fillers[--i].undo();
        throw PythonError{};
    }
    for (data::ListFiller& filler : fillers)
        filler.commit();
    if (!evaluation.python_may_have_run()) return;
    for (int64_t i = 0; i < count_; ++i) {
        if (others[i]) others[i] = data::exchange_item(out_, i, others[i]);
    }
}

}  // namespace pp::python
