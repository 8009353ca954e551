/// How CPython lays out new strs: see object_writer_python.h, whose rules hold here.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "data/object_writer_python.h"

namespace pp::data {

/// In which of its forms CPython keeps a text: as narrow as its widest character allows.
struct TextForm {
    int64_t length;
    uint32_t unit_bytes;  ///< of the object: 1, 2 or 4
    bool is_ascii;

    size_t head_bytes() const noexcept { return is_ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject); }
    /// Of the whole object: the text ends with a null character.
    size_t bytes() const noexcept { return head_bytes() + (static_cast<size_t>(length) + 1) * unit_bytes; }
};

template <typename Unit> uint32_t all_bits(const void* units, int64_t length) noexcept {
    uint32_t bits = 0;
    for (int64_t i = 0; i < length; ++i) {
        bits |= static_cast<const Unit*>(units)[i];
    }
    return bits;
}

/// Of a text whose code units, of 1 or 4 bytes, lie at `units`.
inline TextForm text_form(const void* units, uint32_t unit_bytes, int64_t length) noexcept {
    // The limits are powers of two, so that all characters' bits together reach what the widest one reaches.
    const uint32_t bits = unit_bytes == 1 ? all_bits<uint8_t>(units, length) : all_bits<uint32_t>(units, length);
    return {length, bits < 0x100 ? 1u : bits < 0x10000 ? 2u : 4u, bits < 0x80};
}

/// Whether CPython keeps the text ready made: the empty one, and those of one character up to U+00FF.
inline bool is_ready_text(const void* units, uint32_t unit_bytes, int64_t length) noexcept {
    return length == 0 || (length == 1 && (unit_bytes == 1 || *static_cast<const uint32_t*>(units) < 0x100));
}

template <typename Unit> void copy_narrowed(const void* units, int64_t length, char* place) noexcept {
    auto* target = reinterpret_cast<Unit*>(place);
    for (int64_t i = 0; i < length; ++i) {
        target[i] = static_cast<Unit>(static_cast<const uint32_t*>(units)[i]);
    }
}

/// A text that is not kept ready made, from units of 1 or 4 bytes.
inline PyObject* write_text(char* block, TextForm form, const void* units, uint32_t unit_bytes) noexcept {
    PyObject* object = write_head(block, &PyUnicode_Type);
    auto* head = reinterpret_cast<PyASCIIObject*>(object);
    head->length = static_cast<Py_ssize_t>(form.length);
    head->hash = -1;
    std::memset(&head->state, 0, sizeof head->state);
    head->state.kind = form.unit_bytes & 7;
    head->state.compact = 1;
    head->state.ascii = form.is_ascii;
    char* text = block + form.head_bytes();
    if (!form.is_ascii) {
        auto* wider = reinterpret_cast<PyCompactUnicodeObject*>(object);
        wider->utf8_length = 0;
        wider->utf8 = nullptr;
    }
#if PY_VERSION_HEX < 0x030C0000
    head->state.ready = 1;
    const bool is_shared = form.unit_bytes == sizeof(wchar_t);
    head->wstr = is_shared ? reinterpret_cast<wchar_t*>(text) : nullptr;
    if (!form.is_ascii) {
        reinterpret_cast<PyCompactUnicodeObject*>(object)->wstr_length = is_shared ? head->length : 0;
    }
#endif
    const auto length = static_cast<size_t>(form.length);
    if (form.unit_bytes == unit_bytes) {
        std::memcpy(text, units, length * unit_bytes);
    } else if (form.unit_bytes == 1) {
        copy_narrowed<uint8_t>(units, form.length, text);
    } else {
        copy_narrowed<uint16_t>(units, form.length, text);
    }
    std::memset(text + length * form.unit_bytes, 0, form.unit_bytes);
    return object;
}

}  // namespace pp::data
