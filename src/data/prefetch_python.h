/// Asking for the memory of objects before they are looked at. Hides a shuffled heap: rows are read four times as fast.
#pragma once

#include <algorithm>
#include <cstdint>
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

/// Whether `object` is exactly a tuple (a list) of `size` items, and where these are.
template <Tag kTag> bool raw_row_items(PyObject* object, Py_ssize_t size, PyObject* const*& items) {
    return kTag == Tag::Tuple ? raw_tuple_items(object, size, items) : raw_list_items(object, size, items);
}

/// The same where more is asked for than the first-level cache holds: it goes to the second.
inline void prefetch_far(const void* address) {
    asm volatile("prefetcht1 %0" : : "m"(*static_cast<const char*>(address)));
}

/// Whether `count` objects that begin and end with these may follow one another in memory.
inline bool are_near(const void* first, const void* last, int64_t count) {
    constexpr int64_t kApart = 4096;  // a shuffled heap is far larger, and a step from pool to pool smaller
    return std::abs(reinterpret_cast<intptr_t>(last) - reinterpret_cast<intptr_t>(first)) <= kApart * count;
}

/// Whether objects follow one another in memory, as those made in one go do: the processor then finds the next ones by
/// itself, and asking for them takes longer than it saves.
inline bool lie_in_order(PyObject* const* objects, int64_t begin, int64_t end) {
    return are_near(objects[begin], objects[end - 1], end - begin);
}

/// Whether at least three quarters of the stretches that [begin, end) is made of pass: the ends of all of it tell
/// little, and objects made in one go may begin a new arena anywhere.
template <typename Passes> bool most_stretches(int64_t begin, int64_t end, Passes passes) {
    constexpr int64_t kStretch = 512;
    int64_t fail = 0;
    for (int64_t i = begin; i < end; i += kStretch) {
        fail += !passes(i, std::min(i + kStretch, end));
    }
    return 4 * fail * kStretch <= end - begin;
}

/// Rows of `size` items, of which those from `first` to `last` are looked at, that are asked for while other things are
/// done: what lies between the two comes along where objects were made in order. One address leads to the next, so each
/// is asked for some rows before it is followed.
template <Tag kTag> struct RowsAhead {
    static constexpr int64_t kHeads = 64, kArrays = 48, kItems = 32;
    PyObject* const* rows;
    int64_t known;  ///< there are none from here on
    Py_ssize_t size, first, last;

    void ask_for_heads(int64_t begin, int64_t end) const {
        for (int64_t i = begin; i < std::min(end, known); ++i) {
            prefetch_far(reinterpret_cast<char*>(rows[i]) + 16);
        }
    }
    void ask_for_arrays(int64_t begin, int64_t end) const {
        PyObject* const* items;
        for (int64_t i = begin; i < std::min(end, known); ++i) {
            if (raw_row_items<kTag>(rows[i], size, items)) {
                prefetch_far(items + first);
            }
        }
    }
    void ask_for_items(int64_t begin, int64_t end) const {
        constexpr intptr_t kLine = 64;
        PyObject* const* items;
        for (int64_t i = begin; i < std::min(end, known); ++i) {
            if (!raw_row_items<kTag>(rows[i], size, items)) {
                continue;
            }
            const auto low = reinterpret_cast<intptr_t>(items[first]), high = reinterpret_cast<intptr_t>(items[last]);
            prefetch_far(reinterpret_cast<char*>(low) + 16);
            if (std::abs(high - low) > kLine) {
                prefetch_far(reinterpret_cast<char*>(high) + 16);
            }
        }
    }
    /// Whether rows [begin, end) and what they hold follow one another in memory.
    bool lie_in_order(int64_t begin, int64_t end) const {
        return most_stretches(begin, end, [this](int64_t from, int64_t to) {
            PyObject *const *items, *const *last_items;
            return are_near(rows[from], rows[to - 1], to - from) && raw_row_items<kTag>(rows[from], size, items) &&
                   raw_row_items<kTag>(rows[to - 1], size, last_items) &&
                   are_near(items[first], last_items[first], to - from) &&
                   are_near(items[last], last_items[last], to - from);
        });
    }
    /// Before rows from `begin` on are worked on.
    void start(int64_t begin) const {
        ask_for_heads(begin, begin + kHeads);
        ask_for_arrays(begin, begin + kArrays);
        ask_for_items(begin, begin + kItems);
    }
    /// While rows [begin, end) are worked on.
    void ask(int64_t begin, int64_t end) const {
        ask_for_heads(begin + kHeads, end + kHeads);
        if (kTag == Tag::List) {  // a tuple's items lie in the tuple
            ask_for_arrays(begin + kArrays, end + kArrays);
        }
        ask_for_items(begin + kItems, end + kItems);
    }
};

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
