/// See element_object_python.h.
#include "data/element_object_python.h"

#include <algorithm>
#include <cstring>

#include "data/new_record_python.h"

namespace pp::data {
namespace {

PyObject* object_of(KindRef kind, std::span<const LeafView> leaves, size_t& next, int64_t index) {
    if (kind->is_scalar()) {
        return number_object(leaves[next++], index);
    }
    std::vector<PyObject*> items;
    for (KindRef item : kind->items) {
        items.push_back(object_of(item, leaves, next, index));
        if (!items.back()) {
            break;
        }
    }
    return row_object(kind, items);
}

}  // namespace

PyObject* element_object(const ElementType& type, std::span<const LeafView> leaves, int64_t index) {
    size_t next = 0;
    return object_of(type.kind, leaves, next, index);
}

PyObject* number_object(const LeafView& leaf, int64_t index) {
    const char* place = leaf.at(index);
    return with_number(leaf.format, [&](auto kind) -> PyObject* {
        using Stored = decltype(kind);
        Stored value;
        std::memcpy(&value, place, sizeof(value));
        if constexpr (std::floating_point<Stored>) {
            return PyFloat_FromDouble(static_cast<double>(value));
        } else if constexpr (std::unsigned_integral<Stored>) {
            return leaf.format == NumberFormat::Bool ? Py_NewRef(value ? Py_True : Py_False)
                                                     : PyLong_FromUnsignedLongLong(value);
        } else {
            return PyLong_FromLongLong(value);
        }
    });
}

PyObject* row_object(KindRef kind, std::vector<PyObject*>& items) {
    if (std::ranges::find(items, nullptr) == items.end()) {
        if (kind->tag == Tag::Record) {
            return new_record(record_access(kind), items.data());
        }
        PyObject* row = PyTuple_New(static_cast<Py_ssize_t>(items.size()));
        for (size_t i = 0; row && i < items.size(); ++i) {
            PyTuple_SET_ITEM(row, static_cast<Py_ssize_t>(i), items[i]);
        }
        if (row) {
            return row;
        }
    }
    for (PyObject* item : items) {
        Py_XDECREF(item);
    }
    return nullptr;
}

}  // namespace pp::data
