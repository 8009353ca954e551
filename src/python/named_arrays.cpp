/// See named_arrays.h.
#include "python/named_arrays.h"

#include <unordered_set>

#include "python/array_object.h"

namespace pp::python {

namespace {

/// Beyond this many functions nothing is looked for.
constexpr size_t kMostFunctions = 64;

class Finder {
public:
    void add(PyObject* value) {
        if (!value) return;
        if (is_array(value)) {
            if (seen_.insert(value).second) found_.push_back(value);
        } else if (PyFunction_Check(value) && functions_ < kMostFunctions && seen_.insert(value).second) {
            ++functions_;
            add_function(value);
        }
    }
    std::vector<PyObject*> take() { return std::move(found_); }

private:
    void add_function(PyObject* function) {
        add_names(PyFunction_GET_CODE(function), PyFunction_GET_GLOBALS(function));
        add_items(PyFunction_GET_DEFAULTS(function));
        if (PyObject* cells = PyFunction_GET_CLOSURE(function)) {
            for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(cells); ++i)
                add(PyCell_GET(PyTuple_GET_ITEM(cells, i)));
        }
        PyObject *key = nullptr, *value = nullptr, *defaults = PyFunction_GET_KW_DEFAULTS(function);
        for (Py_ssize_t position = 0; defaults && PyDict_Next(defaults, &position, &key, &value);)
            add(value);
    }

    void add_names(PyObject* code, PyObject* globals) {
        const auto* object = reinterpret_cast<PyCodeObject*>(code);
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object->co_names); ++i)
            add(PyDict_GetItemWithError(globals, PyTuple_GET_ITEM(object->co_names, i)));
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object->co_consts); ++i) {
            PyObject* inner = PyTuple_GET_ITEM(object->co_consts, i);  // a comprehension's, a lambda's
            if (PyCode_Check(inner)) add_names(inner, globals);
        }
    }

    void add_items(PyObject* tuple) {
        for (Py_ssize_t i = 0; tuple && i < PyTuple_GET_SIZE(tuple); ++i)
            add(PyTuple_GET_ITEM(tuple, i));
    }

    std::vector<PyObject*> found_;
    std::unordered_set<PyObject*> seen_;
    size_t functions_ = 0;
};

}  // namespace

std::vector<PyObject*> named_arrays(const CallShape& shape) {
    Finder finder;
    finder.add(shape.root);
    for (PyObject* value : shape.leading)
        finder.add(value);
    for (PyObject* value : shape.keyword_values)
        finder.add(value);
    return finder.take();
}

}  // namespace pp::python
