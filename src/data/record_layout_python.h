/// Where CPython keeps the fields of dicts and of instances: mirrors of its private structures, one for each version.
///
/// As in layout_python.h: any thread may call this while the owner of the GIL waits; nothing is called, no reference
/// count touched. `raw_records_enabled` says whether the running interpreter was found to agree with all of it.
#pragma once

#include <Python.h>

#include <cstdint>
#include <cstring>

namespace pp::data {

/// The head of a dict's (or a class's) table of keys; indices, then entries follow it.
struct RawKeys {
    Py_ssize_t references;
    uint8_t log2_size, log2_index_bytes, kind;
    uint32_t version;
    Py_ssize_t usable, count;
};
static_assert(sizeof(RawKeys) == 32);

inline constexpr uint8_t kGeneralKeys = 0;  ///< any keys, with their hashes; all others are of str only, without

/// Entry number `index`: key, then value. Precondition: not kGeneralKeys.
inline PyObject* const* raw_entry(const RawKeys* keys, Py_ssize_t index) {
    const char* entries = reinterpret_cast<const char*>(keys + 1) + (size_t{1} << keys->log2_index_bytes);
    return reinterpret_cast<PyObject* const*>(entries) + 2 * index;
}

/// Whether two exact strs have the same text.
inline bool raw_same_text(PyObject* a, PyObject* b) {
    if (a == b) {
        return true;
    }
    const Py_ssize_t length = PyUnicode_GET_LENGTH(a);
    const int width = PyUnicode_KIND(a);
    return length == PyUnicode_GET_LENGTH(b) && width == static_cast<int>(PyUnicode_KIND(b)) &&
           std::memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b), static_cast<size_t>(length) * width) == 0;
}

enum class RawFind : uint8_t { Found, Absent, Unknown };

/// The number of the entry whose key is `name`, an exact str; `hint` is looked at first. Unknown where a key is no
/// plain str, which may be equal to anything.
inline RawFind raw_find_key(const RawKeys* keys, PyObject* name, Py_ssize_t hint, Py_ssize_t& index) {
    if (keys->kind == kGeneralKeys) {
        return RawFind::Unknown;
    }
    if (hint < keys->count && *raw_entry(keys, hint) == name) {
        index = hint;
        return RawFind::Found;
    }
    for (Py_ssize_t i = 0; i < keys->count; ++i) {
        if (*raw_entry(keys, i) == name) {
            index = i;
            return RawFind::Found;
        }
    }
    for (Py_ssize_t i = 0; i < keys->count; ++i) {
        PyObject* key = *raw_entry(keys, i);
        if (!key) {
            continue;  // deleted
        }
        if (!PyUnicode_CheckExact(key)) {
            return RawFind::Unknown;
        }
        if (raw_same_text(key, name)) {
            index = i;
            return RawFind::Found;
        }
    }
    return RawFind::Absent;
}

/// Values of a table that shares its keys, by entry number.
inline PyObject* const* raw_shared_values(const void* values) {
#if PY_VERSION_HEX >= 0x030D0000
    constexpr size_t kHead = 8;  // capacity, size, embedded, valid
#else
    constexpr size_t kHead = 0;
#endif
    return reinterpret_cast<PyObject* const*>(static_cast<const char*>(values) + kHead);
}

inline const RawKeys* raw_keys(PyObject* dict) {
    return reinterpret_cast<const RawKeys*>(reinterpret_cast<PyDictObject*>(dict)->ma_keys);
}

/// The value of entry `index`; null where it was deleted or, in a table that shares its keys, never set.
inline PyObject* raw_dict_value(PyObject* dict, Py_ssize_t index) {
    const void* shared = reinterpret_cast<PyDictObject*>(dict)->ma_values;
    return shared ? raw_shared_values(shared)[index] : raw_entry(raw_keys(dict), index)[1];
}

/// Precondition: exactly a dict.
inline RawFind raw_dict_field(PyObject* dict, PyObject* name, Py_ssize_t hint, PyObject*& value) {
    Py_ssize_t index = 0;
    const RawFind found = raw_find_key(raw_keys(dict), name, hint, index);
    if (found != RawFind::Found) {
        return found;
    }
    value = raw_dict_value(dict, index);
    return value ? RawFind::Found : RawFind::Absent;
}

/// The attributes of an instance: inline values under the class's shared keys, or a dict (null: none yet).
struct RawAttributes {
    PyObject* const* values;
    PyObject* dict;
};

/// `object` is an instance of `type`, a class made by a class statement. False where its attributes lie elsewhere.
inline bool raw_attributes(PyObject* object, PyTypeObject* type, RawAttributes& attributes) {
    attributes = {nullptr, nullptr};
    if (!PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) {
        if (type->tp_dictoffset > 0) {
            attributes.dict = *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + type->tp_dictoffset);
        }
#if PY_VERSION_HEX < 0x030C0000
        if (type->tp_dictoffset < 0) {  // of subclasses of int: counted from the end of the object
            const Py_ssize_t digits = std::abs(reinterpret_cast<PyVarObject*>(object)->ob_size);
            const auto bytes = static_cast<size_t>(type->tp_basicsize + digits * type->tp_itemsize);
            const size_t end = (bytes + sizeof(PyObject*) - 1) & ~(sizeof(PyObject*) - 1);
            attributes.dict =
                *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + end + type->tp_dictoffset);
            return true;
        }
#endif
        return type->tp_dictoffset >= 0;
    }
#if PY_VERSION_HEX >= 0x030D0000
    if (PyType_HasFeature(type, Py_TPFLAGS_INLINE_VALUES)) {
        const char* inlined = reinterpret_cast<char*>(object) + type->tp_basicsize;
        if (inlined[3] != 0) {  // valid
            attributes.values = raw_shared_values(inlined);
            return true;
        }
    }
    attributes.dict = reinterpret_cast<PyObject**>(object)[-3];
#elif PY_VERSION_HEX >= 0x030C0000
    const uintptr_t word = reinterpret_cast<uintptr_t*>(object)[-3];
    if (word & 1) {
        attributes.values = raw_shared_values(reinterpret_cast<const void*>(word + 1));
    } else {
        attributes.dict = reinterpret_cast<PyObject*>(word);
    }
#else
    const void* values = reinterpret_cast<void**>(object)[-4];
    if (values) {
        attributes.values = raw_shared_values(values);
    } else {
        attributes.dict = reinterpret_cast<PyObject**>(object)[-3];
    }
#endif
    return true;
}

/// The dict that an instance of such a class has by now, null where it has none. It may share the inline values.
inline PyObject* raw_instance_dict(PyObject* object, PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030D0000
    if (PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) {
        return reinterpret_cast<PyObject**>(object)[-3];
    }
#endif
    RawAttributes attributes;
    return raw_attributes(object, type, attributes) ? attributes.dict : nullptr;
}

inline const RawKeys* raw_class_keys(PyTypeObject* type) {
    return reinterpret_cast<const RawKeys*>(reinterpret_cast<PyHeapTypeObject*>(type)->ht_cached_keys);
}

/// How many attributes such an instance has beside those in slots; -1 where they lie elsewhere.
inline Py_ssize_t raw_attribute_count(PyObject* object, PyTypeObject* type) {
    RawAttributes attributes;
    if (!raw_attributes(object, type, attributes)) {
        return -1;
    }
    if (!attributes.values) {
        return !attributes.dict ? 0 : PyDict_CheckExact(attributes.dict) ? PyDict_GET_SIZE(attributes.dict) : -1;
    }
    const Py_ssize_t keys = raw_class_keys(type)->count;
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < keys; ++i) {
        count += attributes.values[i] != nullptr;
    }
    return count;
}

/// The attribute that an instance keeps for itself.
inline RawFind raw_instance_field(PyObject* object, PyTypeObject* type, PyObject* name, Py_ssize_t hint,
                                  PyObject*& value) {
    RawAttributes attributes;
    if (!raw_attributes(object, type, attributes)) {
        return RawFind::Unknown;
    }
    if (!attributes.values) {
        return !attributes.dict                      ? RawFind::Absent
               : !PyDict_CheckExact(attributes.dict) ? RawFind::Unknown
                                                     : raw_dict_field(attributes.dict, name, hint, value);
    }
    Py_ssize_t index = 0;
    const RawFind found = raw_find_key(raw_class_keys(type), name, hint, index);
    if (found == RawFind::Found) {
        value = attributes.values[index];
    }
    return found == RawFind::Found && !value ? RawFind::Absent : found;
}

}  // namespace pp::data
