/// What Arrays do as lists do: items, slices, operators.
#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.h"
#include "data/array_elements_python.h"
#include "data/boxer_python.h"
#include "data/element_equality.h"
#include "data/parallel_python.h"
#include "data/record_place_python.h"
#include "data/result_list_python.h"
#include "python/array_class.h"
#include "python/array_object.h"
#include "python/array_search.h"
#include "python/array_values.h"
#include "python/collector.h"
#include "python/exceptions.h"
#include "python/record_views.h"

namespace pp::python {

namespace {

[[noreturn]] void raise(PyObject* type, const char* message) {
    PyErr_SetString(type, message);
    throw PythonError{};
}

/// Runs `body`, which answers 0 or more; -1 with an exception set where it throws.
template <typename Body> int guarded_status(Body&& body) noexcept {
    try {
        return body();
    } catch (...) {
        raise_current_exception();
        return -1;
    }
}

/// The type of an Array that has none yet becomes that of its first elements.
void adopt_type(const ArrayAccess& access, data::ElementTypeRef type) {
    access.widen_text_for(*type);
    if (access.type()->is_known() || !type->is_known()) return;
    access.require_growable();
    access.body().replace(std::make_shared<data::ArrayBlock>(type, 0), 0, 0);
}

/// Whether it is the element that is there already.
bool stands_for(PyObject* value, const ArrayAccess& access, int64_t index) {
    const data::RecordPlace* place = data::record_place(value);
    return place && place->ref->body().get() == &access.body() && place->ref->index() == access.first() + index &&
           place->ref->part() == access.element_part();
}

void put_element(PyObject* self, Py_ssize_t index, PyObject* value) {
    const ArrayAccess access(self);
    if (access.type()->is_scalar() && PyFloat_CheckExact(value) && index >= 0 && index < access.count() &&
        access.type()->leaves[0] == data::NumberFormat::Float64) {
        const double number = PyFloat_AS_DOUBLE(value);
        std::memcpy(access.write(index, index + 1)[0].at(index), &number, sizeof(number));
        return;
    }
    const data::PackedElement element = access.pack(value);
    if (index < 0 || index >= access.count()) raise(PyExc_IndexError, "Array assignment index out of range");
    if (stands_for(value, access, index)) return;
    access.leave(index, index + 1);
    element.store(access.write(index, index + 1), index);
    access.own_items(index, index + 1);
}

struct Slice {
    Py_ssize_t start, stop, step, length;
};

/// An `__index__` of its bounds may change the Array.
Slice bounds_of(PyObject* key) {
    Slice slice{};
    if (PySlice_Unpack(key, &slice.start, &slice.stop, &slice.step) < 0) throw PythonError{};
    return slice;
}

Slice within(Slice slice, const ArrayAccess& access) {
    slice.length = PySlice_AdjustIndices(access.count(), &slice.start, &slice.stop, slice.step);
    return slice;
}

Slice slice_of(PyObject* key, const ArrayAccess& access) {
    const Slice bounds = bounds_of(key);
    return within(bounds, access);
}

std::vector<data::LeafView> stepped(std::vector<data::LeafView> leaves, Py_ssize_t start, Py_ssize_t step) {
    for (data::LeafView& leaf : leaves)
        leaf = {leaf.at(start), leaf.stride * step, leaf.format};
    return leaves;
}

Object get_slice(PyObject* self, const Slice& slice) {
    if (slice.step == 1) return array_slice(self, slice.start, slice.start + slice.length);
    const ArrayAccess access(self);
    auto block = std::make_shared<data::ArrayBlock>(access.type(), slice.length);
    if (slice.length > 0)
        data::copy_elements(stepped(access.read(), slice.start, slice.step), block->leaves(), slice.length);
    block->items().share(access.body().share()->items());
    return new_array(std::move(block), 0, slice.length);
}

/// Takes the elements of a slice with any step out.
void delete_slice(const ArrayAccess& access, Slice slice) {
    if (slice.length == 0) return;
    if (slice.step < 0) {
        slice.start += (slice.length - 1) * slice.step;
        slice.step = -slice.step;
    }
    if (slice.step == 1 || slice.length == 1) return access.splice(slice.start, slice.start + slice.length, 0);
    access.require_growable();
    const int64_t count = access.count();
    access.renumber([&](int64_t index) {
        const int64_t distance = index - slice.start, steps = distance / slice.step;
        if (distance < 0) return index;
        if (distance % slice.step == 0 && steps < slice.length) return data::ElementRefs::kLeaves;
        return index - std::min<int64_t>(steps + 1, slice.length);
    });
    const std::vector<data::LeafView> leaves = access.write(slice.start, count);
    for (const data::LeafView& leaf : leaves) {
        int64_t to = slice.start;
        for (int64_t from = slice.start; from < count; ++from) {
            const int64_t steps = from - slice.start;
            if (steps % slice.step == 0 && steps / slice.step < slice.length) continue;
            std::memcpy(leaf.at(to++), leaf.at(from), data::format_bytes(leaf.format));
        }
    }
    access.splice(count - slice.length, count, 0);
}

/// A whole list over an Array that a device has a copy of: only what differs counts as written.
void write_changed(const ArrayAccess& access, const ArrayValues& values) {
    constexpr int64_t kPiece = 256;
    access.leave(0, values.count);
    const std::vector<data::LeafView> from = values.leaves();
    for (int64_t begin = 0; begin < values.count; begin += kPiece) {
        const int64_t end = std::min(begin + kPiece, values.count);
        const std::vector<data::LeafView> old = access.read(begin, end);
        bool is_same = true;
        for (size_t i = 0; is_same && i < from.size(); ++i) {
            for (int64_t k = begin; is_same && k < end; ++k)
                is_same = std::memcmp(from[i].at(k), old[i].at(k), data::format_bytes(from[i].format)) == 0;
        }
        if (is_same) continue;
        data::copy_elements(stepped(from, begin, 1), stepped(access.write(begin, end), begin, 1), end - begin);
        access.own_items(begin, end);
    }
}

void put_values(const ArrayAccess& access, const ArrayValues& values, int64_t begin, int64_t end) {
    const bool is_whole = begin == 0 && end == access.count();
    if (is_whole && !access.part().is_view && values.count == access.count() && access.body().has_copies())
        return write_changed(access, values);
    if (is_whole && !access.part().is_view && !access.body().is_pinned())
        return access.body().replace(values.block, values.first, values.count);
    access.splice(begin, end, values.count);
    if (values.count == 0) return;
    data::copy_elements(values.leaves(), stepped(access.write(begin, begin + values.count), begin, 1), values.count);
    access.own_items(begin, begin + values.count);
}

void set_slice(PyObject* self, PyObject* key, PyObject* value) {
    const ArrayAccess access(self);
    const Slice bounds = bounds_of(key), before = within(bounds, access);
    // Pulled first: iterators may change the Array, and what is refused changes nothing.
    const ArrayValues values = take_values_for(self, value);
    if (bounds.step == 1) {  // where it was before, as of a list
        const int64_t begin = std::min<int64_t>(before.start, access.count());
        const int64_t end = std::clamp<int64_t>(before.start + before.length, begin, access.count());
        adopt_type(access, values.type());
        return put_values(access, values, begin, end);
    }
    const Slice slice = within(bounds, access);
    if (values.count != slice.length) {
        PyErr_Format(PyExc_ValueError, "attempt to assign sequence of size %zd to extended slice of size %zd",
                     static_cast<Py_ssize_t>(values.count), slice.length);
        throw PythonError{};
    }
    if (slice.length == 0) return;
    adopt_type(access, values.type());
    const Py_ssize_t last = slice.start + (slice.length - 1) * slice.step;
    access.renumber([&](int64_t index) {
        const int64_t steps = (index - slice.start) / slice.step;
        const bool is_in = (index - slice.start) % slice.step == 0 && steps >= 0 && steps < slice.length;
        return is_in ? data::ElementRefs::kLeaves : index;
    });
    const auto leaves = access.write(std::min(slice.start, last), std::max(slice.start, last) + 1);
    data::copy_elements(values.leaves(), stepped(leaves, slice.start, slice.step), slice.length);
    access.own_items(std::min(slice.start, last), std::max(slice.start, last) + 1);
}

Py_ssize_t index_of(PyObject* key) {
    const Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred()) throw PythonError{};
    return index;
}

bool is_list_like(PyObject* object) {
    return is_array(object) || PyList_Check(object);
}

/// `first` and then `second`, of one type where there is one.
Object joined(PyObject* self, PyObject* other) {
    Object copy = array_slice(self, 0, ArrayAccess(self).count());
    return checked(array_inplace_concat(copy.get(), other));
}

}  // namespace

Py_ssize_t array_length(PyObject* self) {
    return ArrayAccess(self).count();
}

PyObject* array_item(PyObject* self, Py_ssize_t index) {
    return guarded([&]() -> PyObject* {
        const ArrayAccess access(self);
        if (index < 0 || index >= access.count()) raise(PyExc_IndexError, "Array index out of range");
        return array_element(self, index).release();
    });
}

PyObject* array_subscript(PyObject* self, PyObject* key) {
    return guarded([&]() -> PyObject* {
        if (PyIndex_Check(key)) {
            const Py_ssize_t index = index_of(key);
            return array_item(self, index < 0 ? index + ArrayAccess(self).count() : index);
        }
        if (!PySlice_Check(key)) {
            PyErr_Format(PyExc_TypeError, "Array indices must be integers or slices, not %.200s",
                         Py_TYPE(key)->tp_name);
            return nullptr;
        }
        return get_slice(self, slice_of(key, ArrayAccess(self))).release();
    });
}

int array_assign_item(PyObject* self, Py_ssize_t index, PyObject* value) {
    return guarded_status([&] {
        const ArrayAccess access(self);
        if (index < 0 || index >= access.count()) raise(PyExc_IndexError, "Array assignment index out of range");
        if (value) {
            put_element(self, index, value);
        } else {
            access.splice(index, index + 1, 0);
        }
        data::Residency::publish();
        return 0;
    });
}

int array_assign_subscript(PyObject* self, PyObject* key, PyObject* value) {
    return guarded_status([&] {
        if (PyIndex_Check(key)) {
            const Py_ssize_t index = index_of(key);
            return array_assign_item(self, index < 0 ? index + ArrayAccess(self).count() : index, value);
        }
        if (!PySlice_Check(key)) {
            PyErr_Format(PyExc_TypeError, "Array indices must be integers or slices, not %.200s",
                         Py_TYPE(key)->tp_name);
            return -1;
        }
        if (value) {
            set_slice(self, key, value);
        } else {
            delete_slice(ArrayAccess(self), slice_of(key, ArrayAccess(self)));
        }
        data::Residency::publish();
        return 0;
    });
}

int array_contains(PyObject* self, PyObject* value) {
    return guarded_status([&] { return ArraySearch(self, value).find(0, PY_SSIZE_T_MAX) >= 0 ? 1 : 0; });
}

PyObject* array_concat(PyObject* self, PyObject* other) {
    return guarded([&]() -> PyObject* {
        if (!is_list_like(other)) {
            PyErr_Format(PyExc_TypeError, "can only concatenate an Array or a list (not \"%.200s\") to an Array",
                         Py_TYPE(other)->tp_name);
            return nullptr;
        }
        return joined(self, other).release();
    });
}

PyObject* array_inplace_concat(PyObject* self, PyObject* other) {
    return guarded([&]() -> PyObject* {
        const ArrayAccess access(self);
        const ArrayValues values = take_values_for(self, other);
        adopt_type(access, values.type());
        if (values.count > 0) put_values(access, values, access.count(), access.count());
        return Py_NewRef(self);
    });
}

PyObject* array_repeat(PyObject* self, Py_ssize_t times) {
    return guarded([&]() -> PyObject* {
        Object copy = array_slice(self, 0, ArrayAccess(self).count());
        return checked(array_inplace_repeat(copy.get(), times)).release();
    });
}

PyObject* array_inplace_repeat(PyObject* self, Py_ssize_t times) {
    return guarded([&]() -> PyObject* {
        const ArrayAccess access(self);
        const int64_t count = access.count();
        times = std::max<Py_ssize_t>(times, 0);
        if (count > 0 && times > PY_SSIZE_T_MAX / count) return PyErr_NoMemory();
        access.splice(count, count, 0);
        if (times == 0) {
            access.splice(0, count, 0);
        } else if (times > 1 && count > 0) {
            access.splice(count, count, count * (times - 1));
            const auto leaves = access.write(count, count * times);
            for (int64_t done = count, total = count * times; done < total; done += std::min(done, total - done))
                data::copy_elements(leaves, stepped(leaves, done, 1), std::min(done, total - done));
        }
        return Py_NewRef(self);
    });
}

Object array_to_list(PyObject* self) {
    const ArrayAccess access(self);
    const int64_t count = access.count();
    data::TrackedRows rows;  // dies after the list, whose rows then unlink themselves
    Object list = checked(data::new_result_list(count));
    bool has_rows = false;
    {
        const data::CollectorPause pause;
        bool made = true;
        if (count > 0) {
            made = data::box_elements(*access.type(), access.read(), count, data::result_slots(list.get()), rows);
        }
        data::set_filled(list.get(), count);
        if (!made) throw PythonError{};
        has_rows = rows.count() > 0;
        if (has_rows) Collector::current().adopt(rows);
    }
    PyObject_GC_Track(list.get());
    if (has_rows) Collector::current().settle();
    return list;
}

namespace {

/// Whether two Arrays of one type are equal, as lists of their elements are: no NaN equals another.
bool are_equal(const ArrayAccess& left, const ArrayAccess& right) {
    return left.count() == right.count() && data::are_equal(*left.type(), left.read(), right.read(), left.count());
}

/// Whether the elements are the same objects: what shows them is made anew each time, but stands for the same.
bool are_the_same(PyObject* left, PyObject* right) {
    const ArrayAccess one(left), other(right);
    return data::has_shown(*one.type()) && &one.body() == &other.body() && one.first() == other.first() &&
           one.count() == other.count() && one.part().first_leaf == other.part().first_leaf &&
           one.type() == other.type();
}

}  // namespace

PyObject* array_compare(PyObject* self, PyObject* other, int operation) {
    return guarded([&]() -> PyObject* {
        if (!is_list_like(other)) return Py_NewRef(Py_NotImplemented);
        const bool asks_equality = operation == Py_EQ || operation == Py_NE;
        if (asks_equality && is_array(other) && are_the_same(self, other))
            return Py_NewRef(operation == Py_EQ ? Py_True : Py_False);
        if (asks_equality && is_array(other) && ArrayAccess(self).type() == ArrayAccess(other).type() &&
            data::has_plain_equality(*ArrayAccess(self).type()))
            return Py_NewRef(are_equal(ArrayAccess(self), ArrayAccess(other)) == (operation == Py_EQ) ? Py_True
                                                                                                      : Py_False);
        const Object left = array_to_list(self);
        const Object right = is_array(other) ? array_to_list(other) : Object::borrow(other);
        return PyObject_RichCompare(left.get(), right.get(), operation);
    });
}

}  // namespace pp::python
