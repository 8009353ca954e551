/// Some fields of the instances of one class, or items of lists, each at a fixed distance from one address of the
/// object: how loops over many objects find them without looking anything up.
#pragma once

#include <Python.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/prefetch_python.h"
#include "data/record_class_python.h"
#include "data/record_layout_python.h"

namespace pp::data {

/// Valid as long as the owner of the GIL waits: a class's table of attributes may grow later.
struct FieldPlaces {
    /// Values: under the keys that the class's instances share.
    enum class How : uint8_t { Slots, Values, List } how;
    PyTypeObject* type;
    Py_ssize_t size;                  ///< List: its number of items
    std::vector<Py_ssize_t> offsets;  ///< in bytes, in the order asked for

    /// The address that the offsets count from; null where the object is none of the type and size, or keeps its
    /// attributes in a dict. A place may be empty.
    char* base(PyObject* object) const {
        if (!Py_IS_TYPE(object, type)) {
            return nullptr;
        }
        RawAttributes attributes;
        switch (how) {
        case How::Slots: return reinterpret_cast<char*>(object);
        case How::Values:
            return raw_attributes(object, type, attributes)
                       ? reinterpret_cast<char*>(const_cast<PyObject**>(attributes.values))
                       : nullptr;
        case How::List:
            return reinterpret_cast<PyVarObject*>(object)->ob_size == size
                       ? reinterpret_cast<char*>(reinterpret_cast<PyListObject*>(object)->ob_item)
                       : nullptr;
        }
        return nullptr;
    }

    static PyObject** place(char* base, Py_ssize_t offset) { return reinterpret_cast<PyObject**>(base + offset); }
};

/// Of objects of `kind`, lists or instances. None where the fields are not all slots, nor all attributes that instances
/// of the class share the names of. GIL held by somebody who waits; only where raw_records_enabled().
std::optional<FieldPlaces> field_places(KindRef kind, std::span<const size_t> fields);
/// The same for instances, by any thread.
std::optional<FieldPlaces> field_places(const RecordAccess& access, std::span<const size_t> fields);

/// Asks for objects that are soon to be looked at and for these fields, as `ask_for_rows` does for rows.
template <typename Source>
void ask_for_fields(Source source, const FieldPlaces& places, int64_t position, int64_t last) {
    // Items, and before 3.13 values, lie in a block of their own.
    using How = FieldPlaces::How;
    const bool is_direct = places.how == How::Slots || (places.how == How::Values && PY_VERSION_HEX >= 0x030D0000);
    const int64_t heads_ahead = (is_direct ? 2 : 3) * kRowsAhead;
    if (position + heads_ahead <= last) {
        const char* head = reinterpret_cast<const char*>(*source.at(position + heads_ahead));
        prefetch(places.how == How::Values ? head - 4 * sizeof(void*) : head);
        prefetch(is_direct ? head + 64 : head + 24);
        if (!is_direct) {
            if (const char* base = places.base(*source.at(position + 2 * kRowsAhead))) {
                prefetch(base + places.offsets.front());
                prefetch(base + places.offsets.back());
            }
        }
    }
    if (position + kRowsAhead > last) {
        return;
    }
    if (char* base = places.base(*source.at(position + kRowsAhead))) {
        for (const Py_ssize_t offset : places.offsets) {
            prefetch_object(*FieldPlaces::place(base, offset));
        }
    }
}

}  // namespace pp::data
