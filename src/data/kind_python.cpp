/// The kinds of Python objects.
#include <algorithm>
#include <array>
#include <atomic>

#include "data/list_item_python.h"
#include "data/reader_python.h"

namespace pp::data {
namespace {

/// Row kinds met lately, found without the lock and the allocation of the table of all kinds.
class RecentRows {
public:
    KindRef find(Tag tag, std::span<const KindRef> items) {
        std::atomic<KindRef>& entry = entries_[hash(tag, items) % entries_.size()];
        KindRef kind = entry.load(std::memory_order_acquire);
        if (!kind || kind->tag != tag || !std::ranges::equal(kind->items, items)) {
            kind = tag == Tag::Tuple ? tuple_kind(items) : list_kind(items);
            entry.store(kind, std::memory_order_release);
        }
        return kind;
    }

private:
    static size_t hash(Tag tag, std::span<const KindRef> items) {
        size_t value = static_cast<size_t>(tag);
        for (KindRef item : items) {
            value = (value ^ reinterpret_cast<uintptr_t>(item)) * 0x9E3779B97F4A7C15u;
        }
        return value >> 32;
    }

    std::array<std::atomic<KindRef>, 256> entries_{};
};

class KindFinder {
public:
    KindRef find(PyObject* object, int depth) {
        // Rows may share items, so that few objects make a tree without end: what is visited is counted, not what
        // exists.
        if (++visited_ > kMaximumNodes) {
            return nullptr;
        }
        if (PyFloat_CheckExact(object)) {
            return float_kind();
        }
        if (PyLong_CheckExact(object)) {
            int overflow = 0;
            PyLong_AsLongLongAndOverflow(object, &overflow);
            return overflow ? nullptr : int_kind();
        }
        if (PyTuple_CheckExact(object)) {
            return find_row(object, Tag::Tuple, PyTuple_Size(object), depth);
        }
        if (PyList_CheckExact(object)) {
            return find_row(object, Tag::List, PyList_Size(object), depth);
        }
        if (object == Py_True || object == Py_False) {
            return bool_kind();
        }
        return object == Py_None ? none_kind() : nullptr;
    }

private:
    KindRef find_row(PyObject* row, Tag tag, Py_ssize_t size, int depth) {
        // A list within itself nests without end.
        if (depth == kMaximumDepth) {
            return nullptr;
        }
        if (size > static_cast<Py_ssize_t>(kMaximumRow)) {
            return find_sequence(row, tag, size, depth);
        }
        KindRef items[kMaximumRow];
        for (Py_ssize_t i = 0; i < size; ++i) {
            items[i] = tag == Tag::Tuple ? find(PyTuple_GetItem(row, i), depth + 1) : find_item(row, i, depth + 1);
            if (!items[i]) {
                return nullptr;
            }
        }
        static RecentRows recent;
        return recent.find(tag, {items, static_cast<size_t>(size)});
    }

    /// Of a long row: some items tell the kind, the reader finds out whether the others are alike.
    KindRef find_sequence(PyObject* row, Tag tag, Py_ssize_t size, int depth) {
        constexpr Py_ssize_t kLookAt = 32;
        KindRef item = never_kind();
        for (Py_ssize_t i = 0; item && i < kLookAt; ++i) {
            const Py_ssize_t index = i * (size - 1) / (kLookAt - 1);
            const KindRef kind =
                tag == Tag::Tuple ? find(PyTuple_GetItem(row, index), depth + 1) : find_item(row, index, depth + 1);
            item = kind ? join(item, kind) : nullptr;
        }
        return !item ? nullptr : tag == Tag::Tuple ? tuple_of_kind(item) : list_of_kind(item);
    }

    KindRef find_item(PyObject* list, Py_ssize_t index, int depth) {
        const ListItem item(list, index);
        return item.get() ? find(item.get(), depth) : nullptr;
    }

    size_t visited_ = 0;
};

}  // namespace

KindRef kind_of(PyObject* object) {
    return KindFinder().find(object, 0);
}

KindRef column_kind(ElementSpan elements) {
    constexpr int64_t kLookAt = 64;
    PyObject* first = elements.items[0];
    KindRef kind = kind_of(first);
    if (!kind || (!kind->is_row() && !kind->is_dynamic)) {
        return kind;
    }
    const int64_t looked_at = std::min(elements.count, kLookAt);
    for (int64_t i = 1; i < looked_at; ++i) {
        PyObject* object = elements.items[i * (elements.count - 1) / (looked_at - 1)];
        if (Py_TYPE(object) == Py_TYPE(first) && kind->is_row() && Py_SIZE(object) == Py_SIZE(first)) {
            continue;
        }
        const KindRef other = kind_of(object);
        const KindRef both = other ? join(kind, other) : nullptr;
        kind = both ? both : kind;
    }
    return kind;
}

}  // namespace pp::data
