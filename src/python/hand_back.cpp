/// See hand_back.h.
#include "python/hand_back.h"

#include <algorithm>
#include <string>

#include "engine/statistics.h"
#include "python/ended_thread.h"
#include "python/exceptions.h"
#include "python/function_cache.h"

namespace pp::python {

namespace {

constexpr int64_t kRunWorthWarning = 10'000;
constexpr int64_t kShareWorthWarning = 100;  // one in so many

}  // namespace

Object HandBack::call(int64_t index, const Argument& argument) {
    size_t keywords = arguments_.keyword_names.size();
    if (keywords > 0 && !keyword_tuple_) {
        keyword_tuple_ = checked(PyTuple_New(static_cast<Py_ssize_t>(keywords)));
        for (size_t i = 0; i < keywords; ++i) {
            PyTuple_SET_ITEM(keyword_tuple_.get(), static_cast<Py_ssize_t>(i), Py_NewRef(arguments_.keyword_names[i]));
        }
    }
    // Slot 0 is scratch for a bound method (PY_VECTORCALL_ARGUMENTS_OFFSET); the owned references outlive the call.
    std::vector<Object> owned;
    std::vector<PyObject*> values{nullptr};
    for (size_t c = 0; c < columns_; ++c) {
        owned.push_back(argument(c, index));
        values.push_back(owned.back().get());
        if (journal_) journal_->keep(values.back());
    }
    values.insert(values.end(), arguments_.keyword_values.begin(), arguments_.keyword_values.end());
    PyObject* result = outlasting_the_interpreter([&] {
        return PyObject_Vectorcall(arguments_.function, values.data() + 1, columns_ | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                   keyword_tuple_.get());
    });
    if (!result) {
        add_note_to_current_error(("parallel_party: raised by element " + std::to_string(index)).c_str());
        throw PythonError{};
    }
    return Object::steal(result);
}

void HandBack::evaluate_added(PyObject** target, const Argument& argument) {
    std::sort(added_.begin(), added_.end());
    added_.erase(std::unique(added_.begin(), added_.end()), added_.end());  // there may be several reasons for one
    int64_t since_signals = 0;
    for (int64_t index : added_) {
        put(call(index, argument), target, index);
        if (++since_signals % 64 == 0) checked(PyErr_CheckSignals());
    }
    engine::statistics().handed_back.fetch_add(added_.size(), std::memory_order_relaxed);
}

void HandBack::evaluate(int64_t index, PyObject** target) {
    put(call(index), target, index);
}

void HandBack::evaluate_all(PyObject** target, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
        evaluate(i, target);
}

void HandBack::warn_if_many(int64_t count) const {
    auto handed_back = static_cast<int64_t>(added_.size());
    if (count < kRunWorthWarning || handed_back * kShareWorthWarning <= count) return;
    FunctionEntry& entry = FunctionCache::instance().entry(arguments_.shape.root);
    if (entry.warned) return;
    entry.warned = true;
    std::string message = std::to_string(handed_back) + " of " + std::to_string(count) +
                          " elements were handed back to CPython, one by one; parallel_party.explain() tells why";
    checked(PyErr_WarnEx(error_class("PerformanceWarning"), message.c_str(), 1));
}

}  // namespace pp::python
