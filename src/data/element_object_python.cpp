/// See element_object_python.h.
#include "data/element_object_python.h"

#include <algorithm>
#include <cstring>

#include "data/item_memory.h"
#include "data/new_record_python.h"
#include "data/sequence_walk.h"

namespace pp::data {
namespace {

PyObject* object_of(KindRef kind, std::span<const LeafView> leaves, size_t& next, int64_t index);

/// A text, or a tuple of any length, that an address and a count lead to.
PyObject* sequence_object(KindRef kind, const LeafView& address, const LeafView& count, int64_t index) {
    uint64_t first = 0;
    Py_ssize_t size = 0;
    std::memcpy(&first, address.at(index), sizeof first);
    std::memcpy(&size, count.at(index), sizeof size);
    const char* items = items_here(first);
    if (kind->tag == Tag::Text) {
        return PyUnicode_FromKindAndData(static_cast<int>(kind->object), items, size);
    }
    const std::vector<LeafView> leaves = item_leaves(kind->item, items);
    PyObject* row = PyTuple_New(size);
    for (Py_ssize_t i = 0; row && i < size; ++i) {
        size_t next = 0;
        PyObject* item = object_of(kind->item, leaves, next, i);
        if (!item) {
            Py_CLEAR(row);
            break;
        }
        PyTuple_SET_ITEM(row, i, item);
    }
    return row;
}

PyObject* object_of(KindRef kind, std::span<const LeafView> leaves, size_t& next, int64_t index) {
    if (kind->is_scalar()) {
        return number_object(leaves[next++], index);
    }
    if (kind->item || kind->tag == Tag::Text) {
        next += 2;
        return sequence_object(kind, leaves[next - 2], leaves[next - 1], index);
    }
    if (is_optional(kind)) {
        const LeafView& is_there = leaves[next + kind->items[0]->leaves];
        next += kind->leaves;
        size_t first = next - kind->leaves;
        return *is_there.at(index) ? object_of(kind->items[0], leaves, first, index) : Py_NewRef(Py_None);
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
