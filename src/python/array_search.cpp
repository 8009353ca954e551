/// See array_search.h.
#include "python/array_search.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/element_equality.h"
#include "data/element_object_python.h"
#include "data/record_place_python.h"
#include "python/array_class.h"
#include "python/array_object.h"

namespace pp::python {

namespace {

/// Whether it is equal to what has the same numbers and texts, and to nothing else: no class of the user's has a say.
bool is_plain(PyObject* value, int depth) {
    constexpr int kDeepest = 32;
    if (PyFloat_CheckExact(value) || PyLong_CheckExact(value) || PyBool_Check(value) || PyUnicode_CheckExact(value))
        return true;
    if (depth == kDeepest) return false;
    if (PyTuple_Check(value) && Py_TYPE(value)->tp_richcompare == PyTuple_Type.tp_richcompare) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
            if (!is_plain(PyTuple_GET_ITEM(value, i), depth + 1)) return false;
        }
        return true;
    }
    if (!PyDict_CheckExact(value)) return false;
    PyObject *key = nullptr, *item = nullptr;
    for (Py_ssize_t position = 0; PyDict_Next(value, &position, &key, &item);) {
        if (!PyUnicode_CheckExact(key) || !is_plain(item, depth + 1)) return false;
    }
    return true;
}

/// What shows a dict of an Array is equal to that dict.
Object without_place(PyObject* value) {
    const data::RecordPlace* place = data::record_place(value);
    const bool is_dict = place && place->ref->type()->kind->record->is_dict();
    return is_dict ? checked(data::record_at(*place)) : Object::borrow(value);
}

}  // namespace

ArraySearch::ArraySearch(PyObject* array, PyObject* value) : array_(array), value_(value) {
    if (ArrayAccess(array).count() > 0 && data::has_plain_equality(*ArrayAccess(array).type())) pack();
}

void ArraySearch::pack() {
    data::ElementTypeRef type = ArrayAccess(array_).type();
    Object value = without_place(value_);
    if (!is_plain(value.get(), 0)) return;
    if (type->is_scalar() && type->kind->tag != Tag::Float && PyFloat_CheckExact(value.get())) {
        const double number = PyFloat_AS_DOUBLE(value.get());
        is_none_ = !std::isfinite(number) || number != std::trunc(number);
        if (is_none_) return;
        value = checked(PyLong_FromDouble(number));
    }
    try {
        packed_.emplace(value.get(), *type);
    } catch (const UserError&) {
        return;  // of another kind, which may be equal for all that
    } catch (const data::TextIsWide&) {
        is_none_ = true;  // of the elements' kind but for that
        return;
    }
    auto block = std::make_shared<data::ArrayBlock>(type, 1);
    packed_->store(block->leaves(), 0);
    // Stored as an element it may have been rounded; then it is equal to none.
    const Object element = checked(data::element_object(*type, block->leaves(), 0));
    const int is_equal = PyObject_RichCompareBool(element.get(), value.get(), Py_EQ);
    checked(is_equal);
    is_none_ = is_equal == 0;
    block_ = std::move(block);
}

Py_ssize_t ArraySearch::find(Py_ssize_t start, Py_ssize_t stop) const {
    if (is_none_) return -1;
    if (block_) {
        const ArrayAccess access(array_);
        const Py_ssize_t end = std::min<Py_ssize_t>(stop, access.count());
        if (start >= end) return -1;
        const auto leaves = access.read(start, end);
        const int64_t found = data::find_equal(*block_->type(), leaves, start, end, block_->leaves());
        return found == end ? -1 : found;
    }
    for (Py_ssize_t i = start; i < stop && i < array_length(array_); ++i) {
        const Object element = checked(array_item(array_, i));
        const int is_equal = PyObject_RichCompareBool(element.get(), value_, Py_EQ);
        checked(is_equal);
        if (is_equal) return i;
    }
    return -1;
}

Py_ssize_t ArraySearch::count() const {
    if (is_none_) return 0;
    if (block_) {
        const ArrayAccess access(array_);
        return data::count_equal(*block_->type(), access.read(), access.count(), block_->leaves());
    }
    Py_ssize_t equal = 0;
    for (Py_ssize_t i = 0; (i = find(i, PY_SSIZE_T_MAX)) >= 0; ++i)
        ++equal;
    return equal;
}

}  // namespace pp::python
