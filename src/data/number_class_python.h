/// numpy's scalars: which types they are, and how their instances keep what they are worth.
#pragma once

#include <Python.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "ir/kind.h"

namespace pp::data {

/// Whether the type's name is that of one of numpy's numbers, which says nothing about what it is. Any thread.
bool is_named_as_number(PyTypeObject* type);

/// How instances of such a type keep what they are worth: tried on some, which are made by calling the type. None
/// where they do so in another way. GIL held; leaves no exception set.
NumberLayout find_number_layout(PyTypeObject* type);

/// numpy's bool, borrowed; null where numpy is not loaded. Imports nothing. GIL held.
PyTypeObject* number_truth_type();

/// A new instance of such a type, of a float, an int or a bool that it can hold. Null with an exception set where there
/// is no memory. GIL held; runs no Python code.
PyObject* new_number(PyTypeObject* type, PyObject* value);

/// Calls `use` with what an object of this format holds, a float, int or unsigned of its size, or a bool.
template <typename Use> auto with_number(PyObject* object, NumberLayout format, Use use) {
    const auto load = [object]<typename Stored>(Stored value) {
        std::memcpy(&value, object + 1, sizeof value);
        return value;
    };
    switch (format) {
    case NumberLayout::F64: return use(load(double{}));
    case NumberLayout::F32: return use(load(float{}));
    case NumberLayout::I32: return use(load(int32_t{}));
    case NumberLayout::I16: return use(load(int16_t{}));
    case NumberLayout::I8: return use(load(int8_t{}));
    case NumberLayout::U64: return use(load(uint64_t{}));
    case NumberLayout::U32: return use(load(uint32_t{}));
    case NumberLayout::U16: return use(load(uint16_t{}));
    case NumberLayout::U8: return use(load(uint8_t{}));
    case NumberLayout::Bool: return use(load(uint8_t{}) != 0);
    case NumberLayout::None:
    case NumberLayout::Python:
    case NumberLayout::I64: break;
    }
    return use(load(int64_t{}));
}

/// Stores the leaf; false where 64 bits with a sign do not hold it. `object` is an instance of a type of this format.
/// Any thread.
template <typename Sink> bool put_number(PyObject* object, NumberLayout format, uint32_t leaf, Sink sink) {
    if (format == NumberLayout::Python) {
        // Calculates with the int's digits alone: nothing that needs a thread of Python's.
        int overflow = 0;
        sink.put_int(leaf, PyLong_AsLongLongAndOverflow(object, &overflow));
        return overflow == 0;
    }
    return with_number(object, format, [&]<typename Stored>(Stored value) {
        if constexpr (std::is_same_v<Stored, bool>) {
            sink.put_bool(leaf, value);
        } else if constexpr (std::is_floating_point_v<Stored>) {
            sink.put_float(leaf, static_cast<double>(value));
        } else {
            sink.put_int(leaf, static_cast<int64_t>(value));
            return std::is_signed_v<Stored> || static_cast<int64_t>(value) >= 0;
        }
        return true;
    });
}

/// The same leaf as bits: of a double, an int64, 0 or 1.
inline bool raw_number(PyObject* object, NumberLayout format, uint64_t& bits) {
    struct Sink {
        uint64_t& bits;
        void put_float(uint32_t, double value) { bits = std::bit_cast<uint64_t>(value); }
        void put_int(uint32_t, int64_t value) { bits = static_cast<uint64_t>(value); }
        void put_bool(uint32_t, bool value) { bits = value; }
    };
    return put_number(object, format, 0, Sink{bits});
}

}  // namespace pp::data
