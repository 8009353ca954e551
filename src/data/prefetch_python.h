/// Asking for the memory of objects before they are looked at. Hides a shuffled heap: rows are read four times as fast.
#pragma once

#include <cstdlib>

#include "data/layout_python.h"
#include "data/record_class_python.h"
#include "ir/kind.h"

namespace pp::data {

/// How many elements ahead. Costs nothing where objects lie in order.
inline constexpr int64_t kScalarsAhead = 16;
inline constexpr int64_t kRowsAhead = 8;

/// The items of what is exactly such a row.
template <Tag kTag> PyObject* const* row_items_of(PyObject* row) {
    return kTag == Tag::Tuple ? reinterpret_cast<PyTupleObject*>(row)->ob_item
                              : reinterpret_cast<PyListObject*>(row)->ob_item;
}

/// Asks for the cache line at any address, valid or not. Not `__builtin_prefetch`: GCC 12 takes a function that does
/// nothing but that for one without effect and deletes its calls.
inline void prefetch(const void* address) {
    asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
}

/// The type and value of an object with a small header. A slot of pymalloc is aligned to 16 bytes only, so these may
/// lie in two cache lines.
inline void prefetch_object(PyObject* object) {
    prefetch(reinterpret_cast<char*>(object) + 8);
    prefetch(reinterpret_cast<char*>(object) + 16);
}

/// Asks for the heads of objects.
inline void ask_for_heads(PyObject* const* objects, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
        prefetch(reinterpret_cast<char*>(objects[i]) + 16);
    }
}

/// Whether `object` is exactly a tuple (a list) of `size` items, and where these are.
template <Tag kTag> bool raw_row_items(PyObject* object, Py_ssize_t size, PyObject* const*& items) {
    return kTag == Tag::Tuple ? raw_tuple_items(object, size, items) : raw_list_items(object, size, items);
}

/// Asks for the first and the last of what rows of `size` items hold, whose heads were asked for before: what lies
/// between comes along where objects were made in order.
template <Tag kTag> void ask_for_items(PyObject* const* rows, int64_t begin, int64_t end, Py_ssize_t size) {
    PyObject* const* items;
    for (int64_t i = begin; i < end; ++i) {
        if (size != 0 && raw_row_items<kTag>(rows[i], size, items)) {
            prefetch(reinterpret_cast<char*>(items[0]) + 16);
            prefetch(reinterpret_cast<char*>(items[size - 1]) + 16);
        }
    }
}

/// Whether objects follow one another in memory, as those made in one go do: the processor then finds the next ones by
/// itself, and asking for them takes longer than it saves.
inline bool lie_in_order(PyObject* const* objects, int64_t begin, int64_t end) {
    constexpr int64_t kApart = 4096;  // a shuffled heap is far larger, and a step from pool to pool smaller
    const auto first = reinterpret_cast<intptr_t>(objects[begin]), last = reinterpret_cast<intptr_t>(objects[end - 1]);
    return std::abs(last - first) <= kApart * (end - begin);
}

/// Asks for rows of `size` items that are soon to be looked at, in the order in which one address leads to the next:
/// the row's head, a list's item array, the items. `source.at(position)` is where the element is found; `last` is the
/// last position there is.
template <Tag kTag, typename Source>
[[gnu::always_inline]] inline void ask_for_rows(Source source, int64_t position, int64_t last, Py_ssize_t size) {
    constexpr int64_t kHeadsAhead = (kTag == Tag::Tuple ? 2 : 3) * kRowsAhead;
    PyObject* const* items;
    if (position + kHeadsAhead <= last) {
        PyObject* head = *source.at(position + kHeadsAhead);
        prefetch_object(head);
        if constexpr (kTag == Tag::Tuple) {
            prefetch(reinterpret_cast<char*>(head) + sizeof(PyTupleObject));
        } else if (raw_list_items(*source.at(position + 2 * kRowsAhead), size, items)) {
            prefetch(items);
        }
    }
    if (position + kRowsAhead <= last && raw_row_items<kTag>(*source.at(position + kRowsAhead), size, items)) {
        for (Py_ssize_t k = 0; k < size; ++k) {
            prefetch_object(items[k]);
        }
    }
}

/// Asks for instances that are soon to be looked at and for what they keep in slots, as `ask_for_rows` does for rows.
template <typename Source>
void ask_for_slots(Source source, const RecordAccess& access, int64_t position, int64_t last) {
    if (position + 2 * kRowsAhead <= last) {
        PyObject* head = *source.at(position + 2 * kRowsAhead);
        prefetch(head);
        prefetch(reinterpret_cast<char*>(head) + 64);
    }
    if (position + kRowsAhead > last || !Py_IS_TYPE(*source.at(position + kRowsAhead), access.type)) {
        return;
    }
    const char* object = reinterpret_cast<const char*>(*source.at(position + kRowsAhead));
    for (const FieldAccess& field : access.fields) {
        if (field.offset != 0) {
            prefetch_object(*reinterpret_cast<PyObject* const*>(object + field.offset));
        }
    }
}

}  // namespace pp::data
