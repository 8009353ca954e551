/// The methods that Arrays have in common with lists.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "data/array_elements_python.h"
#include "data/element_order.h"
#include "data/parallel_python.h"
#include "data/record_place_python.h"
#include "device/cuda_device.h"
#include "engine/placement.h"
#include "python/array_class.h"
#include "python/array_iterator.h"
#include "python/array_object.h"
#include "python/array_search.h"
#include "python/array_values.h"
#include "python/device_name.h"
#include "python/exceptions.h"
#include "python/imports.h"

namespace pp::python {

namespace {

[[noreturn]] void raise(PyObject* type, const char* message) {
    PyErr_SetString(type, message);
    throw PythonError{};
}

void insert_element(PyObject* self, Py_ssize_t index, PyObject* value) {
    const ArrayAccess access(self);
    if (!access.type()->is_known()) {
        const Object one = checked(PyList_New(1));
        PyList_SET_ITEM(one.get(), 0, Py_NewRef(value));
        access.require_growable();
        checked(array_inplace_concat(self, one.get()));
        return;
    }
    const data::PackedElement element = access.pack(value);
    const int64_t count = access.count();
    if (index < 0) index = std::max<Py_ssize_t>(index + count, 0);
    index = std::min<Py_ssize_t>(index, count);
    access.splice(index, index, 1);
    element.store(access.leaves(), index);
    access.own_items(index, index + 1);
}

PyObject* append(PyObject* self, PyObject* value) {
    return guarded([&] {
        insert_element(self, PY_SSIZE_T_MAX, value);
        return Py_NewRef(Py_None);
    });
}

PyObject* extend(PyObject* self, PyObject* values) {
    return guarded([&] {
        checked(array_inplace_concat(self, values));
        return Py_NewRef(Py_None);
    });
}

PyObject* insert(PyObject* self, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        Py_ssize_t index = 0;
        PyObject* value = nullptr;
        if (!PyArg_ParseTuple(arguments, "nO:insert", &index, &value)) return nullptr;
        insert_element(self, index, value);
        return Py_NewRef(Py_None);
    });
}

PyObject* pop(PyObject* self, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        Py_ssize_t index = -1;
        if (!PyArg_ParseTuple(arguments, "|n:pop", &index)) return nullptr;
        const ArrayAccess access(self);
        if (access.count() == 0) raise(PyExc_IndexError, "pop from empty Array");
        if (index < 0) index += access.count();
        if (index < 0 || index >= access.count()) raise(PyExc_IndexError, "pop index out of range");
        access.require_growable();
        // Where nobody has it, one of its own.
        Object element = access.body().refs().empty()
                             ? checked(data::element_object(*access.type(), access.read(index, index + 1), index))
                             : checked(array_item(self, index));
        access.splice(index, index + 1, 0);
        return element.release();
    });
}

PyObject* remove(PyObject* self, PyObject* value) {
    return guarded([&] {
        const Py_ssize_t index = ArraySearch(self, value).find(0, PY_SSIZE_T_MAX);
        if (index < 0) raise(PyExc_ValueError, "Array.remove(x): x not in Array");
        if (index < ArrayAccess(self).count()) ArrayAccess(self).splice(index, index + 1, 0);
        return Py_NewRef(Py_None);
    });
}

PyObject* index(PyObject* self, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        PyObject *value = nullptr, *start = nullptr, *stop = nullptr;
        if (!PyArg_ParseTuple(arguments, "O|OO:index", &value, &start, &stop)) return nullptr;
        const auto bound = [&](PyObject* given, Py_ssize_t missing) {
            if (!given) return missing;
            Py_ssize_t at = PyNumber_AsSsize_t(given, nullptr);
            if (at == -1 && PyErr_Occurred()) throw PythonError{};
            return at < 0 ? std::max<Py_ssize_t>(at + array_length(self), 0) : at;
        };
        const Py_ssize_t first = bound(start, 0), end = bound(stop, PY_SSIZE_T_MAX);
        const Py_ssize_t found = ArraySearch(self, value).find(first, end);
        if (found < 0) {
            PyErr_Format(PyExc_ValueError, "%R is not in Array", value);
            return nullptr;
        }
        return PyLong_FromSsize_t(found);
    });
}

PyObject* count(PyObject* self, PyObject* value) {
    return guarded([&] { return PyLong_FromSsize_t(ArraySearch(self, value).count()); });
}

PyObject* reverse(PyObject* self, PyObject*) {
    return guarded([&] {
        const ArrayAccess access(self);
        const int64_t last = access.count() - 1;
        access.renumber([last](int64_t index) { return last - index; });
        for (const data::LeafView& leaf : access.write(0, access.count())) {
            char scratch[8];
            const size_t bytes = data::format_bytes(leaf.format);
            for (int64_t i = 0; i < last - i; ++i) {
                std::memcpy(scratch, leaf.at(i), bytes);
                std::memcpy(leaf.at(i), leaf.at(last - i), bytes);
                std::memcpy(leaf.at(last - i), scratch, bytes);
            }
        }
        data::Residency::publish();
        return Py_NewRef(Py_None);
    });
}

/// Elements in another order: number `order[i]` becomes number i.
void reorder(const ArrayAccess& access, const std::vector<int64_t>& order) {
    const int64_t count = access.count();
    const std::vector<data::LeafView> leaves = access.write(0, count);
    const data::ArrayBlock sorted(access.type(), count);
    data::in_chunks(count, static_cast<int64_t>(leaves.size()), [&](int64_t begin, int64_t end) {
        for (size_t i = 0; i < leaves.size(); ++i) {
            const data::LeafView to = sorted.leaf(i);
            const size_t bytes = data::format_bytes(to.format);
            for (int64_t k = begin; k < end; ++k)
                std::memcpy(to.at(k), leaves[i].at(order[static_cast<size_t>(k)]), bytes);
        }
    });
    data::copy_elements(sorted.leaves(), leaves, count);
}

/// As `list.sort` does, by all threads; false where it cannot: among NaNs the order depends on the algorithm.
bool sort_by_value(PyObject* self, bool is_reversed) {
    const ArrayAccess access(self);
    const int64_t count = access.count();
    if (access.type()->is_scalar()) return data::sort_scalars(access.write(0, count)[0], count, is_reversed);
    const auto order = data::sorted_order(*access.type(), access.read(), count, is_reversed);
    if (order) reorder(access, *order);
    return order.has_value();
}

void sort_list(const Object& list, PyObject* key, bool is_reversed) {
    const Object method = checked(PyObject_GetAttrString(list.get(), "sort"));
    const Object nothing = checked(PyTuple_New(0));
    const Object options = checked(Py_BuildValue("{sOsO}", "key", key, "reverse", is_reversed ? Py_True : Py_False));
    checked(PyObject_Call(method.get(), nothing.get(), options.get()));
}

/// The numbers that elements have in the order that `list.sort` gives to those of `list`.
std::vector<int64_t> numbers_sorted(const Object& list, PyObject* key, bool is_reversed) {
    Object keys = list;
    if (key != Py_None) {
        keys = checked(PyList_New(0));
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list.get()); ++i) {
            const Object found = checked(PyObject_CallOneArg(key, PyList_GET_ITEM(list.get(), i)));
            checked(PyList_Append(keys.get(), found.get()));
        }
    }
    const Object numbers = checked(PyList_New(PyList_GET_SIZE(list.get())));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list.get()); ++i)
        PyList_SET_ITEM(numbers.get(), i, checked(PyLong_FromSsize_t(i)).release());
    sort_list(numbers, checked(PyObject_GetAttrString(keys.get(), "__getitem__")).get(), is_reversed);
    std::vector<int64_t> order;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(numbers.get()); ++i)
        order.push_back(PyLong_AsLongLong(PyList_GET_ITEM(numbers.get(), i)));
    return order;
}

/// Elements that are, or have in them, dicts and instances: `key` gets them as they are, and who holds on to one finds
/// it in its new place.
void sort_shown(PyObject* self, PyObject* key, bool is_reversed) {
    const Object list = checked(PySequence_List(self));
    std::deque<data::ElementRef> refs;  // which know their number, whatever `key` does
    const auto& body = reinterpret_cast<ArrayObject*>(self)->body;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list.get()); ++i) {
        const ArrayAccess access(self);
        refs.emplace_back(body, access.first() + i, access.type(), access.part().first_leaf);
    }
    const std::vector<int64_t> sorted = numbers_sorted(list, key, is_reversed);
    const ArrayAccess access(self);
    const int64_t count = access.count();
    bool is_same = PyList_GET_SIZE(list.get()) == count;
    std::vector<int64_t> order, place(static_cast<size_t>(count), -1);
    for (int64_t i = 0; is_same && i < count; ++i) {
        const data::ElementRef& element = refs[static_cast<size_t>(sorted[static_cast<size_t>(i)])];
        is_same = element.body().get() == &access.body();
        order.push_back(is_same ? element.index() - access.first() : -1);
        is_same = is_same && order.back() >= 0 && order.back() < count;
        if (is_same) place[static_cast<size_t>(order.back())] = i;
    }
    if (!is_same) raise(PyExc_ValueError, "Array modified during sort");
    access.renumber([&](int64_t index) { return place[static_cast<size_t>(index)]; });
    reorder(access, order);
    data::Residency::publish();
}

PyObject* sort(PyObject* self, PyObject* arguments, PyObject* keywords) {
    return guarded([&]() -> PyObject* {
        static const char* names[] = {"key", "reverse", nullptr};
        PyObject* key = Py_None;
        int is_reversed = 0;
        if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|$Op:sort", const_cast<char**>(names), &key,
                                         &is_reversed)) {
            return nullptr;
        }
        if (ArrayAccess(self).count() == 0 || (key == Py_None && sort_by_value(self, is_reversed != 0))) {
            data::Residency::publish();
            return Py_NewRef(Py_None);
        }
        if (data::has_shown(*ArrayAccess(self).type())) {
            sort_shown(self, key, is_reversed != 0);
            return Py_NewRef(Py_None);
        }
        const uint64_t before = ArrayAccess(self).body().version();
        const Object list = array_to_list(self);
        sort_list(list, key, is_reversed != 0);
        const ArrayAccess access(self);
        if (access.body().version() != before) raise(PyExc_ValueError, "Array modified during sort");
        const ArrayValues values = take_values(list.get(), access.type());
        data::copy_elements(values.leaves(), access.write(0, values.count), values.count);
        access.own_items(0, values.count);
        data::Residency::publish();
        return Py_NewRef(Py_None);
    });
}

PyObject* clear(PyObject* self, PyObject*) {
    return guarded([&] {
        ArrayAccess(self).splice(0, array_length(self), 0);
        return Py_NewRef(Py_None);
    });
}

PyObject* copy(PyObject* self, PyObject*) {
    return guarded([&] { return array_slice(self, 0, array_length(self)).release(); });
}

PyObject* tolist(PyObject* self, PyObject*) {
    return guarded([&] { return array_to_list(self).release(); });
}

std::optional<data::NumberFormat> format_named(const char* name) {
    for (const data::NumberFormat format : data::kNumberFormats) {
        if (name && std::string_view(name) == data::to_string(format)) return format;
    }
    return std::nullopt;
}

/// Where it is used: (a GPU's number, of several that of the first, or -1; whether there are several)
PyObject* home(PyObject* self, PyObject*) {
    return guarded([&] {
        const int place = ArrayAccess(self).body().home();
        const bool is_every = place == engine::kEveryGpu;
        return checked(Py_BuildValue("(iO)", is_every ? engine::first_gpu() : place, is_every ? Py_True : Py_False))
            .release();
    });
}

/// The GPU of that name, or all of them where "cuda" is to hold so much; -1 for any other device. Throws where there is
/// no such GPU.
int home_on(const engine::DeviceRequest& request, size_t bytes) {
    if (request.kind != engine::DeviceRequest::Kind::Cuda) return -1;
    const std::string reason = device::cuda::unavailable_reason();
    if (!reason.empty()) throw UserError(ErrorKind::Device, "device \"cuda\" is not available: " + reason);
    device::cuda::Device::get(request.ordinal);
    return request.is_any && engine::is_divided_on_cuda(bytes) ? engine::kEveryGpu : request.ordinal;
}

/// Fills an Array that is being initialised: (data, what every leaf is stored as, or None, the device or None).
PyObject* fill(PyObject* self, PyObject* arguments) {
    return guarded([&]() -> PyObject* {
        PyObject *values = nullptr, *device = Py_None;
        const char* format = nullptr;
        if (!PyArg_ParseTuple(arguments, "Oz|O:_fill", &values, &format, &device)) return nullptr;
        const bool is_device_given = device != Py_None;
        const engine::DeviceRequest wanted = is_device_given ? device_named(device) : engine::parse_device("auto");
        home_on(wanted, 0);  // refuses it before anything is read
        ArrayAccess(self).require_growable();
        ArrayValues taken = take_values(values, nullptr, format_named(format));
        const int place = is_device_given ? home_on(wanted, static_cast<size_t>(taken.count) * taken.type()->row_bytes)
                                          : taken.ordinal;
        ArrayAccess(self).require_growable();
        ArrayAccess(self).body().replace(std::move(taken.block), taken.first, taken.count);
        ArrayAccess(self).body().set_home(place);
        return Py_NewRef(Py_None);
    });
}

}  // namespace

PyMethodDef array_sequence_methods[] = {
    {"append", append, METH_O, "append($self, element, /)\n--\n\nAdd an element at the end."},
    {"extend", extend, METH_O, "extend($self, iterable, /)\n--\n\nAdd the elements of an iterable at the end."},
    {"insert", insert, METH_VARARGS, "insert($self, index, element, /)\n--\n\nInsert an element before the index."},
    {"pop", pop, METH_VARARGS,
     "pop($self, index=-1, /)\n--\n\nRemove the element at the index, the last one by default, and return it."},
    {"remove", remove, METH_O,
     "remove($self, value, /)\n--\n\nRemove the first element equal to the value; ValueError if it is not there."},
    {"index", index, METH_VARARGS,
     "index($self, value, start=0, stop=sys.maxsize, /)\n--\n\n"
     "Return the first index of the value; ValueError if it is not there."},
    {"count", count, METH_O, "count($self, value, /)\n--\n\nReturn how many elements are equal to the value."},
    {"reverse", reverse, METH_NOARGS, "reverse($self, /)\n--\n\nReverse the order in place."},
    {"sort", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(sort)), METH_VARARGS | METH_KEYWORDS,
     "sort($self, /, *, key=None, reverse=False)\n--\n\nSort in place, stably, as list.sort does."},
    {"clear", clear, METH_NOARGS, "clear($self, /)\n--\n\nRemove all elements; what they are is remembered."},
    {"copy", copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy, which shares memory until one of the two is written to."},
    {"tolist", tolist, METH_NOARGS, "tolist($self, /)\n--\n\nReturn a list of the elements, made by all threads."},
    {"__reversed__", make_reversed_array_iterator, METH_NOARGS,
     "__reversed__($self, /)\n--\n\nReturn an iterator from the end."},
    {"_fill", fill, METH_VARARGS, nullptr},
    {"_home", home, METH_NOARGS, nullptr},
    {},
};

}  // namespace pp::python
