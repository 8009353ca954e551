/// See sequence_boxer_python.h.
#include "data/sequence_boxer_python.h"

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "data/list_item_python.h"
#include "data/stored_items.h"

namespace pp::data {
namespace {

bool is_tuple(KindRef kind) {
    return kind->tag == Tag::Tuple || kind->tag == Tag::TupleOf;
}

void set_item(KindRef kind, PyObject* row, Py_ssize_t index, PyObject* item) {
    if (is_tuple(kind)) {
        PyTuple_SET_ITEM(row, index, item);
    } else {
        PyList_SET_ITEM(row, index, item);
    }
}

/// As in boxer_python.cpp: tuples of atoms are nothing for the collector. Null stays null.
PyObject* finished(KindRef kind, PyObject* row, std::span<PyObject* const> objects) {
    if (row && is_tuple(kind) && Py_SIZE(row) != 0 && is_atomic_kind(kind, objects)) {
        PyObject_GC_UnTrack(row);
    }
    return row;
}

/// Makes objects of the leaves at a place in memory, one after the other.
class ItemBoxer {
public:
    ItemBoxer(const char* place, std::span<PyObject* const> objects) : item_{place}, objects_(objects) {}

    PyObject* box(KindRef kind) {
        switch (kind->tag) {
        case Tag::Float: return PyFloat_FromDouble(item_.float_at(leaf_++));
        case Tag::Int: return PyLong_FromLongLong(item_.int_at(leaf_++));
        case Tag::Bool: return Py_NewRef(item_.bool_at(leaf_++) ? Py_True : Py_False);
        case Tag::None: return Py_NewRef(Py_None);
        case Tag::Object: PP_CHECK(kind->object < objects_.size()); return Py_NewRef(objects_[kind->object]);
        case Tag::Tuple:
        case Tag::List: return box_row(kind);
        case Tag::TupleOf:
        case Tag::ListOf:
        case Tag::Text: {
            const int64_t address = item_.int_at(leaf_++);
            return box_dynamic(kind, address, item_.int_at(leaf_++), objects_);
        }
        default: break;  // memory holds plain kinds only
        }
        throw InternalError("a value of no kind");
    }

private:
    PyObject* box_row(KindRef kind) {
        const auto size = static_cast<Py_ssize_t>(kind->items.size());
        PyObject* row = is_tuple(kind) ? PyTuple_New(size) : PyList_New(size);
        for (Py_ssize_t i = 0; row && i < size; ++i) {
            PyObject* item = box(kind->items[static_cast<size_t>(i)]);
            if (!item) {
                Py_CLEAR(row);
                break;
            }
            set_item(kind, row, i, item);
        }
        return finished(kind, row, objects_);
    }

    StoredItem item_;
    std::span<PyObject* const> objects_;
    uint32_t leaf_ = 0;
};

/// Fills `row` with what `make` gives for each index; gives the row up where that is null.
template <typename Make> PyObject* fill(KindRef kind, PyObject* row, int64_t length, Make make) {
    for (int64_t i = 0; row && i < length; ++i) {
        PyObject* item = make(i);
        if (!item) [[unlikely]] {
            Py_CLEAR(row);
            break;
        }
        set_item(kind, row, i, item);
    }
    return row;
}

PyObject* box_sequence(KindRef kind, const char* items, int64_t length, std::span<PyObject* const> objects) {
    PyObject* row = is_tuple(kind) ? PyTuple_New(length) : PyList_New(length);
    switch (kind->item->tag) {
    case Tag::Float:
        row = fill(kind, row, length,
                   [&](int64_t i) { return PyFloat_FromDouble(StoredItem{items + 8 * i}.float_at(0)); });
        break;
    case Tag::Int:
        row = fill(kind, row, length,
                   [&](int64_t i) { return PyLong_FromLongLong(StoredItem{items + 8 * i}.int_at(0)); });
        break;
    default: {
        const int64_t stride = item_bytes(kind->item);
        row =
            fill(kind, row, length, [&](int64_t i) { return ItemBoxer(items + stride * i, objects).box(kind->item); });
    }
    }
    return finished(kind, row, objects);
}

template <typename Stored, typename Unit> bool are_equal(const char* stored, const void* units, int64_t length) {
    const auto* wanted = reinterpret_cast<const Stored*>(stored);
    return std::equal(wanted, wanted + length, static_cast<const Unit*>(units));
}

bool holds_text(PyObject* object, KindRef kind, const char* units, int64_t length) {
    if (!PyUnicode_CheckExact(object) || !PyUnicode_IS_COMPACT(object) || PyUnicode_GET_LENGTH(object) != length) {
        return false;
    }
    const void* own = PyUnicode_DATA(object);
    if (own == units) {
        return true;
    }
    switch (PyUnicode_KIND(object)) {
    case PyUnicode_1BYTE_KIND:
        return kind->object == 1 ? are_equal<uint8_t, uint8_t>(units, own, length)
                                 : are_equal<uint32_t, uint8_t>(units, own, length);
    case PyUnicode_2BYTE_KIND: return kind->object == 4 && are_equal<uint32_t, uint16_t>(units, own, length);
    default: return kind->object == 4 && are_equal<uint32_t, uint32_t>(units, own, length);
    }
}

/// Compares objects with the leaves at a place in memory, one after the other.
class ItemComparer {
public:
    explicit ItemComparer(const char* place) : item_{place} {}

    bool holds(PyObject* object, KindRef kind) {
        switch (kind->tag) {
        case Tag::Float:
            return PyFloat_CheckExact(object) && std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(object)) ==
                                                     std::bit_cast<uint64_t>(item_.float_at(leaf_++));
        case Tag::Int: return holds_int(object);
        case Tag::Bool: return object == (item_.bool_at(leaf_++) ? Py_True : Py_False);
        case Tag::None: return object == Py_None;
        case Tag::Tuple:
        case Tag::List: return holds_row(object, kind);
        case Tag::TupleOf:
        case Tag::ListOf:
        case Tag::Text: {
            const int64_t address = item_.int_at(leaf_++);
            return holds_dynamic(object, kind, address, item_.int_at(leaf_++));
        }
        case Tag::Object:
        default: break;  // memory holds plain kinds only
        }
        return false;
    }

private:
    bool holds_int(PyObject* object) {
        int overflow = 0;
        const int64_t value = item_.int_at(leaf_++);
        return PyLong_CheckExact(object) && PyLong_AsLongLongAndOverflow(object, &overflow) == value && !overflow;
    }

    bool holds_row(PyObject* object, KindRef kind) {
        const auto size = static_cast<Py_ssize_t>(kind->items.size());
        if (!(is_tuple(kind) ? PyTuple_CheckExact(object) : PyList_CheckExact(object)) || Py_SIZE(object) != size) {
            return false;
        }
        for (Py_ssize_t i = 0; i < size; ++i) {
            if (!holds_item(object, i, kind->items[static_cast<size_t>(i)])) {
                return false;
            }
        }
        return true;
    }

    bool holds_item(PyObject* row, Py_ssize_t index, KindRef kind) {
        if (PyTuple_CheckExact(row)) {
            return holds(PyTuple_GET_ITEM(row, index), kind);
        }
        const ListItem item(row, index);
        return item.get() && holds(item.get(), kind);
    }

    StoredItem item_;
    uint32_t leaf_ = 0;
};

#ifndef Py_GIL_DISABLED
/// The same for many floats, which are asked nothing but their type and bits.
bool hold_floats(PyObject* const* objects, const char* items, int64_t length) {
    for (int64_t i = 0; i < length; ++i) {
        if (!PyFloat_CheckExact(objects[i]) || std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(objects[i])) !=
                                                   std::bit_cast<uint64_t>(StoredItem{items + 8 * i}.float_at(0))) {
            return false;
        }
    }
    return true;
}
#endif

}  // namespace

bool is_atomic_kind(KindRef kind, std::span<PyObject* const> objects) noexcept {
    switch (kind->tag) {
    case Tag::Float:
    case Tag::Int:
    case Tag::Bool:
    case Tag::None:
    case Tag::Complex:
    case Tag::Text: return true;
    case Tag::Object: return !PyObject_IS_GC(objects[kind->object]);
    case Tag::TupleOf: return is_atomic_kind(kind->item, objects);
    case Tag::Tuple:
        return std::all_of(kind->items.begin(), kind->items.end(),
                           [&](KindRef item) { return is_atomic_kind(item, objects); });
    default: return false;
    }
}

PyObject* box_dynamic(KindRef kind, int64_t address, int64_t length, std::span<PyObject* const> objects) {
    const auto* items = reinterpret_cast<const char*>(static_cast<intptr_t>(address));
    if (kind->tag == Tag::Text) {
        return PyUnicode_FromKindAndData(static_cast<int>(kind->object), items, length);
    }
    return box_sequence(kind, items, length, objects);
}

bool holds_dynamic(PyObject* object, KindRef kind, int64_t address, int64_t length) {
    const auto* items = reinterpret_cast<const char*>(static_cast<intptr_t>(address));
    if (kind->tag == Tag::Text) {
        return holds_text(object, kind, items, length);
    }
    if (!(is_tuple(kind) ? PyTuple_CheckExact(object) : PyList_CheckExact(object)) || Py_SIZE(object) != length) {
        return false;
    }
#ifndef Py_GIL_DISABLED
    if (kind->item->tag == Tag::Float) {
        return hold_floats(PySequence_Fast_ITEMS(object), items, length);
    }
#endif
    const int64_t stride = item_bytes(kind->item);
    for (int64_t i = 0; i < length; ++i) {
        if (is_tuple(kind)) {
            if (!ItemComparer(items + stride * i).holds(PyTuple_GET_ITEM(object, i), kind->item)) {
                return false;
            }
            continue;
        }
        const ListItem item(object, i);
        if (!item.get() || !ItemComparer(items + stride * i).holds(item.get(), kind->item)) {
            return false;
        }
    }
    return true;
}

}  // namespace pp::data
