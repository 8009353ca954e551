/// See columns.h.
#include "python/columns.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace pp::python {

namespace {

constexpr int64_t kUnknown = -1;

/// True for the iterators of itertools that never end.
bool is_endless(PyObject* iterator) {
    const char* name = Py_TYPE(iterator)->tp_name;
    for (const char* endless : {"itertools.count", "itertools.cycle"}) {
        if (std::string_view(name) == endless) return true;
    }
    if (std::string_view(name) != "itertools.repeat") return false;
    Py_ssize_t hint = PyObject_LengthHint(iterator, kUnknown);  // of repeat without times: a TypeError
    if (hint < 0) PyErr_Clear();
    return hint < 0;
}

[[noreturn]] void not_iterable(size_t column, PyObject* object) {
    throw UserError(ErrorKind::Type, "column " + std::to_string(column + 1) + " is no iterable but of type '" +
                                         Py_TYPE(object)->tp_name +
                                         "'; give a list, or pass what is the same for all elements by keyword");
}

/// Length of a column that has one. Iterators have none, even those that offer `__len__`, since they are used up.
int64_t known_length(PyObject* column) {
    if (PyIter_Check(column)) return kUnknown;
    if (!PyObject_HasAttrString(column, "__len__")) return kUnknown;
    Py_ssize_t length = PyObject_Size(column);
    checked(length < 0 ? -1 : 0);
    return length;
}

[[noreturn]] void unequal(size_t column, bool shorter) {
    throw UserError(ErrorKind::Value, "strict=True: column " + std::to_string(column + 1) + " is " +
                                          (shorter ? "shorter" : "longer") + " than column " + (column ? "1" : "2"));
}

}  // namespace

Columns::Columns(PyObject* const* iterables, size_t count, bool strict)
    : owners_(count), is_private_(count, false), spans_(count) {
    std::vector<Object> iterators(count);
    std::vector<int64_t> lengths(count, kUnknown);
    bool runs_python = false;
    for (size_t i = 0; i < count; ++i) {
        PyObject* column = iterables[i];
        if (PyList_CheckExact(column) || PyTuple_CheckExact(column)) {
            owners_[i] = Object::borrow(column);
            is_private_[i] = PyTuple_CheckExact(column);
            lengths[i] = Py_SIZE(column);
            continue;
        }
        runs_python = true;
    }
    if (runs_python) own();
    int64_t bound = kUnknown;
    bool endless = count > 0;
    for (size_t i = 0; i < count; ++i) {
        PyObject* column = iterables[i];
        if (!owners_[i]) {
            lengths[i] = known_length(column);
            if (lengths[i] == kUnknown) {
                iterators[i] = Object::steal(PyObject_GetIter(column));
                if (!iterators[i]) {
                    if (!PyErr_ExceptionMatches(PyExc_TypeError)) throw PythonError{};
                    PyErr_Clear();
                    not_iterable(i, column);
                }
                endless &= is_endless(iterators[i].get());
                continue;
            }
            owners_[i] = checked(PySequence_List(column));
            is_private_[i] = true;
            lengths[i] = PyList_GET_SIZE(owners_[i].get());
        }
        endless = false;
        bound = bound == kUnknown ? lengths[i] : std::min(bound, lengths[i]);
    }
    if (endless) throw UserError(ErrorKind::Value, "every column is endless; give at least one that ends");
    if (strict && bound != kUnknown) {
        for (size_t i = 0; i < count; ++i) {
            if (lengths[i] != kUnknown && lengths[0] != kUnknown && lengths[i] != lengths[0]) {
                unequal(i, lengths[i] < lengths[0]);
            }
        }
    }
    count_ = bound == kUnknown ? INT64_MAX : bound;
    if (std::any_of(iterators.begin(), iterators.end(), [](const Object& iterator) { return bool(iterator); })) {
        pull(iterables, iterators, strict);
    }
    for (size_t i = 0; i < count; ++i)
        set_span(i, owners_[i].get());
    if (count == 0) count_ = 0;
}

void Columns::pull(PyObject* const*, std::vector<Object>& iterators, bool strict) {
    for (size_t i = 0; i < iterators.size(); ++i) {
        if (!iterators[i]) continue;
        owners_[i] = checked(PyList_New(0));
        is_private_[i] = true;
    }
    int64_t limit = count_;
    int64_t pulled = 0;
    bool ended = false;
    // Row by row, as zip does, so that no iterator loses more items than it would there.
    while (!ended && pulled < limit) {
        for (size_t i = 0; i < iterators.size() && !ended; ++i) {
            if (!iterators[i]) continue;
            Object item = Object::steal(PyIter_Next(iterators[i].get()));
            if (!item) {
                if (PyErr_Occurred()) throw PythonError{};
                ended = true;
                if (strict && (i > 0 || limit != INT64_MAX)) unequal(i, true);
                break;
            }
            checked(PyList_Append(owners_[i].get(), item.get()));
        }
        if (!ended) ++pulled;
    }
    count_ = pulled;
    if (!strict) return;
    for (size_t i = 0; i < iterators.size(); ++i) {
        if (!iterators[i] || (ended && i == 0)) continue;
        Object item = Object::steal(PyIter_Next(iterators[i].get()));
        if (item) unequal(i, false);
        if (PyErr_Occurred()) throw PythonError{};
    }
}

void Columns::set_span(size_t column, PyObject* list_or_tuple) {
    spans_[column].count = count_;
    spans_[column].items = PyList_CheckExact(list_or_tuple) ? reinterpret_cast<PyListObject*>(list_or_tuple)->ob_item
                                                            : reinterpret_cast<PyTupleObject*>(list_or_tuple)->ob_item;
}

void Columns::own() {
    for (size_t i = 0; i < owners_.size(); ++i) {
        if (is_private_[i] || !owners_[i]) continue;
        owners_[i] = checked(PyList_AsTuple(owners_[i].get()));
        is_private_[i] = true;
        if (spans_[i].items) set_span(i, owners_[i].get());
    }
}

}  // namespace pp::python
