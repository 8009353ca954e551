/// See columns.h.
#include "python/columns.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "python/array_class.h"
#include "python/array_object.h"
#include "python/array_values.h"
#include "python/arrow_import.h"
#include "python/batched.h"
#include "python/ended_thread.h"
#include "python/exceptions.h"
#include "python/supervision.h"

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

/// An attribute of a range; false where it is beyond 64 bits.
bool range_part(PyObject* range, const char* name, int64_t& value) {
    Object part = checked(PyObject_GetAttrString(range, name));
    int overflow = 0;
    value = PyLong_AsLongLongAndOverflow(part.get(), &overflow);
    return overflow == 0;
}

[[noreturn]] void unequal(size_t column, bool shorter) {
    throw UserError(ErrorKind::Value, "strict=True: column " + std::to_string(column + 1) + " is " +
                                          (shorter ? "shorter" : "longer") + " than column " + (column ? "1" : "2"));
}

/// What an iterator raised, which is raised again when the elements before it are done. Ctrl-C does not wait for them.
Object postponed_error() {
    if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) throw PythonError{};
    return take_current_error();
}

}  // namespace

Columns::Columns(PyObject* const* iterables, size_t count, bool strict)
    : given_(iterables, iterables + count), owners_(count), is_private_(count, false), spans_(count),
      lengths_(count, kUnknown) {
    if (!take_rows(iterables)) own();
    std::vector<Object> iterators(count);
    bool endless = count > 0, has_iterators = false;
    for (size_t i = 0; i < count; ++i) {
        if (!owners_[i]) iterators[i] = open(i, iterables[i]);
        has_iterators |= bool(iterators[i]);
        endless &= iterators[i] && is_endless(iterators[i].get());
    }
    if (endless) throw UserError(ErrorKind::Value, "every column is endless; give at least one that ends");
    if (strict) check_lengths();
    count_ = count == 0 ? 0 : INT64_MAX;
    for (int64_t length : lengths_) {
        if (length != kUnknown) count_ = std::min(count_, length);
    }
    if (has_iterators) pull(iterators, strict);
    list_ranges();
    for (size_t i = 0; i < count; ++i)
        set_span(i, owners_[i].get());
}

void Columns::raise_failure() {
    if (!failure_) return;
    set_error(std::move(failure_));
    throw PythonError{};
}

bool Columns::take_rows(PyObject* const* iterables) {
    bool all = true;
    for (size_t i = 0; i < owners_.size(); ++i) {
        PyObject* column = iterables[i];
        if (!PyList_CheckExact(column) && !PyTuple_CheckExact(column)) {
            all = false;
            continue;
        }
        owners_[i] = Object::borrow(column);
        is_private_[i] = PyTuple_CheckExact(column);
        lengths_[i] = Py_SIZE(column);
    }
    return all;
}

Object Columns::open(size_t column, PyObject* iterable) {
    if (is_batched(iterable)) {
        owners_[column] = rows_of(take_batched(iterable));
        is_private_[column] = true;
        lengths_[column] = PyList_GET_SIZE(owners_[column].get());
        return {};
    }
    if (is_array(iterable)) {
        owners_[column] = array_to_list(iterable);
        is_private_[column] = true;
        lengths_[column] = PyList_GET_SIZE(owners_[column].get());
        return {};
    }
    if (ForeignArrow::is_table(iterable)) {
        ArrayValues rows = take_values(iterable, nullptr);
        owners_[column] = array_to_list(new_array(std::move(rows.block), rows.first, rows.count).get());
        is_private_[column] = true;
        lengths_[column] = PyList_GET_SIZE(owners_[column].get());
        return {};
    }
    Range range{column, 0, 0};
    int64_t stop = 0;
    if (PyRange_Check(iterable) && range_part(iterable, "start", range.start) && range_part(iterable, "stop", stop) &&
        range_part(iterable, "step", range.step)) {
        const Py_ssize_t length = PyObject_Size(iterable);
        if (length >= 0) {
            lengths_[column] = length;
            ranges_.push_back(range);
            return {};
        }
        PyErr_Clear();  // more items than a size can say: taken one by one
    }
    if (!Py_TYPE(iterable)->tp_iter && !PySequence_Check(iterable)) not_iterable(column, iterable);
    return checked(PyObject_GetIter(iterable));
}

void Columns::check_lengths() const {
    for (size_t i = 0; i < lengths_.size(); ++i) {
        if (lengths_[i] != kUnknown && lengths_[0] != kUnknown && lengths_[i] != lengths_[0])
            unequal(i, lengths_[i] < lengths_[0]);
    }
}

void Columns::pull(const std::vector<Object>& iterators, bool strict) {
    for (size_t i = 0; i < iterators.size(); ++i) {
        if (!iterators[i]) continue;
        owners_[i] = checked(PyList_New(0));
        is_private_[i] = true;
    }
    // Row by row, as zip does, so that no iterator loses more items than it would there.
    const int64_t limit = count_;
    size_t stopped = iterators.size();
    Breather breather;
    for (count_ = 0; count_ < limit; ++count_) {
        breather.breathe();
        stopped = pull_row(iterators);
        if (stopped < iterators.size()) break;
    }
    if (!strict && stopped == iterators.size()) ask_once_more(iterators);
    if (!strict || failure_) return;
    if (stopped < iterators.size() && (stopped > 0 || limit != INT64_MAX)) unequal(stopped, true);
    for (size_t i = 0; i < iterators.size() && !failure_; ++i) {
        if (!iterators[i] || i == stopped) continue;
        if (next(iterators[i].get())) unequal(i, false);
    }
}

void Columns::ask_once_more(const std::vector<Object>& iterators) {
    for (size_t i = 0; i < iterators.size() && lengths_[i] != count_; ++i) {
        if (iterators[i] && !next(iterators[i].get())) return;
    }
}

size_t Columns::pull_row(const std::vector<Object>& iterators) {
    for (size_t i = 0; i < iterators.size(); ++i) {
        if (!iterators[i]) continue;
        Object item = next(iterators[i].get());
        if (!item) return i;
        checked(PyList_Append(owners_[i].get(), item.get()));
    }
    return iterators.size();
}

Object Columns::next(PyObject* iterator) {
    Object item = Object::steal(outlasting_the_interpreter([iterator] { return PyIter_Next(iterator); }));
    if (!item && PyErr_Occurred()) failure_ = postponed_error();
    return item;
}

void Columns::list_ranges() {
    Breather breather;
    for (const Range& range : ranges_) {
        Object list = checked(PyList_New(count_));
        PyObject_GC_UnTrack(list.get());  // it has holes while others have the GIL
        for (int64_t i = 0; i < count_; ++i) {
            breather.breathe();
            PyList_SET_ITEM(list.get(), i, checked(PyLong_FromLongLong(range.start + i * range.step)).release());
        }
        PyObject_GC_Track(list.get());
        owners_[range.column] = std::move(list);
        is_private_[range.column] = true;
    }
}

void Columns::set_span(size_t column, PyObject* list_or_tuple) {
    spans_[column].count = count_;
    spans_[column].items = PyList_CheckExact(list_or_tuple) ? reinterpret_cast<PyListObject*>(list_or_tuple)->ob_item
                                                            : reinterpret_cast<PyTupleObject*>(list_or_tuple)->ob_item;
}

std::chrono::nanoseconds Columns::owning_takes() const {
    constexpr int64_t kElement = 25, kMost = 50'000'000;  // a tuple of the elements made and let go; nanoseconds
    int64_t lists = 0;
    for (size_t i = 0; i < owners_.size(); ++i)
        lists += !is_private_[i] && owners_[i];
    return std::chrono::nanoseconds(std::min(kMost, kElement * lists * count()));
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
