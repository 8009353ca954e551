/// How CPython lays out new plain objects: the only file that writes them without calling into CPython.
///
/// Each function writes one whole object with one reference into a block of the allocator that the caller owns. Any
/// thread. Nothing of it is used on builds without a GIL, whose objects look otherwise.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>

#include "data/layout_python.h"

namespace pp::data {

/// What lies before every object that the cyclic collector knows: its neighbours in one of the collector's lists, or
/// zeros while the collector does not watch it.
struct CollectorLink {
    uintptr_t next;
    uintptr_t previous;
};
/// The lowest bits of links are the collector's flags.
inline constexpr uintptr_t kLinkFlags = 3;

inline CollectorLink* link_of(PyObject* object) {
    return reinterpret_cast<CollectorLink*>(object) - 1;
}

inline constexpr size_t kFloatBytes = sizeof(PyFloatObject);
inline constexpr size_t kComplexBytes = sizeof(PyComplexObject);
inline constexpr size_t kListBytes = sizeof(CollectorLink) + sizeof(PyListObject);
constexpr size_t tuple_bytes(size_t size) {
    return sizeof(CollectorLink) + offsetof(PyTupleObject, ob_item) + size * sizeof(PyObject*);
}
/// Of a list's array of items.
constexpr size_t items_bytes(size_t size) {
    return size * sizeof(PyObject*);
}

inline uint32_t digit_count(uint64_t magnitude) {
    return (magnitude != 0) + (magnitude >= uint64_t{1} << 30) + (magnitude >= uint64_t{1} << 60);
}

inline uint64_t magnitude_of(int64_t value) {
    return value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

inline constexpr size_t kIntHeadBytes =
#if PY_VERSION_HEX >= 0x030C0000
    offsetof(PyLongObject, long_value.ob_digit);
#else
    offsetof(PyLongObject, ob_digit);
#endif
/// Ints of up to 60 bits need the first, all others of 64 bits the second.
inline constexpr size_t kIntBytes = kIntHeadBytes + 2 * sizeof(digit);
inline constexpr size_t kWideIntBytes = kIntHeadBytes + 3 * sizeof(digit);

inline PyObject* write_head(void* place, PyTypeObject* type) {
    auto* object = static_cast<PyObject*>(place);
#if PY_VERSION_HEX >= 0x030E0000 && !defined(Py_GIL_DISABLED)
    object->ob_refcnt_full = 1;
#elif !defined(Py_GIL_DISABLED)
    object->ob_refcnt = 1;
#endif
    object->ob_type = type;
    return object;
}

inline PyObject* write_float(char* block, double value) {
    PyObject* object = write_head(block, &PyFloat_Type);
    reinterpret_cast<PyFloatObject*>(object)->ob_fval = value;
    return object;
}

inline PyObject* write_complex(char* block, double real, double imaginary) {
    PyObject* object = write_head(block, &PyComplex_Type);
    reinterpret_cast<PyComplexObject*>(object)->cval = {real, imaginary};
    return object;
}

/// For values that CPython does not keep ready made.
inline PyObject* write_int(char* block, int64_t value) {
    PyObject* object = write_head(block, &PyLong_Type);
    auto* number = reinterpret_cast<PyLongObject*>(object);
    const uint64_t magnitude = magnitude_of(value);
    const uint32_t count = digit_count(magnitude);
#if PY_VERSION_HEX >= 0x030C0000
    number->long_value.lv_tag = uintptr_t{count} << 3 | (value < 0 ? 2 : 0);
    digit* digits = number->long_value.ob_digit;
#else
    reinterpret_cast<PyVarObject*>(object)->ob_size =
        value < 0 ? -static_cast<Py_ssize_t>(count) : static_cast<Py_ssize_t>(count);
    digit* digits = number->ob_digit;
#endif
    // There is room for two in every block.
    digits[0] = static_cast<digit>(magnitude & PyLong_MASK);
    digits[1] = static_cast<digit>(magnitude >> PyLong_SHIFT & PyLong_MASK);
    if (count == 3) {
        digits[2] = static_cast<digit>(magnitude >> 2 * PyLong_SHIFT);
    }
    return object;
}

/// A tuple that the collector does not watch; its items are still to be set.
inline PyObject* write_tuple(char* block, size_t size) {
    *reinterpret_cast<CollectorLink*>(block) = {0, 0};
    PyObject* object = write_head(block + sizeof(CollectorLink), &PyTuple_Type);
    reinterpret_cast<PyVarObject*>(object)->ob_size = static_cast<Py_ssize_t>(size);
#if PY_VERSION_HEX >= 0x030E0000
    reinterpret_cast<PyTupleObject*>(object)->ob_hash = -1;
#endif
    return object;
}

inline PyObject** new_tuple_items(PyObject* tuple) {
    return reinterpret_cast<PyTupleObject*>(tuple)->ob_item;
}

/// A list that the collector does not watch yet. `items`: a block of its own, still to be set; null for an empty one.
inline PyObject* write_list(char* block, size_t size, PyObject** items) {
    *reinterpret_cast<CollectorLink*>(block) = {0, 0};
    PyObject* object = write_head(block + sizeof(CollectorLink), &PyList_Type);
    auto* list = reinterpret_cast<PyListObject*>(object);
    reinterpret_cast<PyVarObject*>(object)->ob_size = static_cast<Py_ssize_t>(size);
    list->ob_item = items;
    list->allocated = static_cast<Py_ssize_t>(size);
    return object;
}

}  // namespace pp::data
