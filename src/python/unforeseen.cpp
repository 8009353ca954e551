/// See unforeseen.h.
#include "python/unforeseen.h"

#include <algorithm>

#include "data/reader_python.h"

namespace pp::python {

namespace {

/// Objects with attributes are left out: whatever else changes in them would be a change of kind.
bool can_be_uniform(KindRef kind) {
    return !kind->has_carried && !kind->is_dynamic && !kind->is_record(RecordForm::Object) &&
           std::all_of(kind->items.begin(), kind->items.end(), can_be_uniform);
}

class Finder {
public:
    PyObject* find(PyObject* value) {
        // Rows may share items: what is visited is counted, not what exists.
        if (++visited_ > data::kMaximumNodes) return nullptr;
        if (PyTuple_CheckExact(value) || PyList_CheckExact(value)) return find_in_row(value);
        // No type can be derived from bool.
        bool is_like_a_kind =
            PyLong_Check(value) || PyFloat_Check(value) || PyTuple_Check(value) || PyList_Check(value);
        return is_like_a_kind && !uniform_kind(value) ? value : nullptr;
    }

private:
    PyObject* find_in_row(PyObject* row) {
        Py_ssize_t size = PySequence_Fast_GET_SIZE(row);
        if (size > Py_ssize_t{data::kMaximumRow}) return nullptr;
        PyObject* found = nullptr;
        for (Py_ssize_t i = 0; i < size; ++i) {
            PyObject* item = PySequence_Fast_GET_ITEM(row, i);
            if (uniform_kind(item)) continue;
            PyObject* part = find(item);
            if (!part) return nullptr;
            if (!found) found = part;
        }
        return found;
    }

    size_t visited_ = 0;
};

}  // namespace

PyObject* unforeseen_part(PyObject* value) {
    return Finder().find(value);
}

KindRef uniform_kind(PyObject* value) {
    KindRef kind = data::kind_of(value);
    return can_be_uniform(kind) ? kind : nullptr;
}

}  // namespace pp::python
