/// Where CPython's plain objects keep their values: the only file that reads them without calling into CPython.
///
/// Everything here may be called by any thread while the owner of the GIL waits, touches no reference count and reads
/// a value only behind a check of the object's exact type: an object of another type may be shorter, and may end where
/// the process's memory ends.
#pragma once

#include <Python.h>

#include <cstdint>

static_assert(PyLong_SHIFT == 30, "ints are decoded from 30-bit digits");

namespace pp::data {

inline bool is_raw_bool(PyObject* object) {
    return object == Py_True || object == Py_False;
}

/// Precondition: exactly a float.
inline double raw_float(PyObject* object) {
    return reinterpret_cast<PyFloatObject*>(object)->ob_fval;
}

struct RawDigits {
    uintptr_t count;
    bool negative;
    const digit* digits;
};

/// Precondition: exactly an int.
inline RawDigits raw_digits(PyObject* object) {
#if PY_VERSION_HEX >= 0x030C0000
    // lv_tag: two bits of sign (0 positive, 1 zero, 2 negative), one reserved, then the number of digits.
    const PyLongObject* number = reinterpret_cast<PyLongObject*>(object);
    return {number->long_value.lv_tag >> 3, (number->long_value.lv_tag & 3) == 2, number->long_value.ob_digit};
#else
    const Py_ssize_t size = reinterpret_cast<PyVarObject*>(object)->ob_size;
    return {static_cast<uintptr_t>(size < 0 ? -size : size), size < 0,
            reinterpret_cast<PyLongObject*>(object)->ob_digit};
#endif
}

/// Precondition: exactly an int. False when it does not fit in 64 bits.
inline bool raw_int(PyObject* object, int64_t& value) {
    const RawDigits number = raw_digits(object);
    uint64_t magnitude = 0;
    switch (number.count) {
    case 0: break;
    case 1: magnitude = number.digits[0]; break;
    case 2: magnitude = number.digits[0] | uint64_t{number.digits[1]} << 30; break;
    case 3:
        // 60 bits lie below the third digit: it may hold three more, or the one value that only INT64_MIN has.
        magnitude = number.digits[0] | uint64_t{number.digits[1]} << 30 | uint64_t{number.digits[2]} << 60;
        if (number.digits[2] >= 8 && !(number.negative && number.digits[2] == 8 && magnitude == uint64_t{1} << 63)) {
            return false;
        }
        break;
    default: return false;
    }
    value = static_cast<int64_t>(number.negative ? -magnitude : magnitude);
    return true;
}

/// Whether the object is exactly a tuple of `size` items, and where these are.
inline bool raw_tuple_items(PyObject* object, Py_ssize_t size, PyObject* const*& items) {
    if (!PyTuple_CheckExact(object) || reinterpret_cast<PyVarObject*>(object)->ob_size != size) {
        return false;
    }
    items = reinterpret_cast<PyTupleObject*>(object)->ob_item;
    return true;
}

/// Whether the object is exactly a list of `size` items, and where these are.
inline bool raw_list_items(PyObject* object, Py_ssize_t size, PyObject* const*& items) {
    if (!PyList_CheckExact(object) || reinterpret_cast<PyVarObject*>(object)->ob_size != size) {
        return false;
    }
    items = reinterpret_cast<PyListObject*>(object)->ob_item;
    return true;
}

/// Whether the object is exactly a tuple (a list) of any size, and what it holds.
inline bool raw_tuple(PyObject* object, PyObject* const*& items, Py_ssize_t& size) {
    if (!PyTuple_CheckExact(object)) {
        return false;
    }
    size = reinterpret_cast<PyVarObject*>(object)->ob_size;
    items = reinterpret_cast<PyTupleObject*>(object)->ob_item;
    return true;
}
inline bool raw_list(PyObject* object, PyObject* const*& items, Py_ssize_t& size) {
    if (!PyList_CheckExact(object)) {
        return false;
    }
    size = reinterpret_cast<PyVarObject*>(object)->ob_size;
    items = reinterpret_cast<PyListObject*>(object)->ob_item;
    return true;
}

struct RawText {
    const void* units;
    Py_ssize_t length;
    int unit_bytes;  ///< 1, 2 or 4
};

/// Whether the object is exactly a str with its text behind its head, as every str is that was not made by a subclass
/// or, before 3.12, by functions long out of use.
inline bool raw_text(PyObject* object, RawText& text) {
    if (!PyUnicode_CheckExact(object) || !PyUnicode_IS_COMPACT(object)) {
        return false;
    }
    text = {PyUnicode_DATA(object), PyUnicode_GET_LENGTH(object), static_cast<int>(PyUnicode_KIND(object))};
    return true;
}

}  // namespace pp::data
