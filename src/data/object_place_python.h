/// Where an object keeps one of its items or fields, found by what its kind says: to look at it, and to change it.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/record_class_python.h"
#include "ir/kind.h"

namespace pp::data {

/// One item of a row, or one field of a record.
struct ObjectPlace {
    enum class How : uint8_t { Tuple, NamedTuple, List, Slot, Attribute, Key } how;
    size_t index;              ///< of the item or field
    const FieldAccess* field;  ///< Slot, Attribute, Key
    PyTypeObject* type;        ///< NamedTuple, Slot, Attribute; borrowed
    KindRef kind;              ///< of the object
};

/// Item number `index` of objects of `kind`, a row or a record. GIL held.
ObjectPlace place_in(KindRef kind, size_t index);
/// The way down from elements of `kind`, one item index for each step. GIL held.
std::vector<ObjectPlace> way_down(KindRef kind, std::span<const uint32_t> items);

/// The place itself, which is not empty; null where `object` is not (any longer) what the place is for. Calls nothing:
/// any thread while the owner of the GIL waits. Only where raw_records_enabled().
PyObject** raw_place(const ObjectPlace& place, PyObject* object);

/// The same for a slot.
inline PyObject** raw_slot_place(const ObjectPlace& place, PyObject* object) {
    auto** found = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + place.field->offset);
    return Py_IS_TYPE(object, place.type) && *found ? found : nullptr;
}

/// What lies there: a new reference, or null without an exception. GIL held; runs no Python code.
PyObject* new_item_at(const ObjectPlace& place, PyObject* object);

/// Puts `item` (taken over) in its place and answers what was there, to be let go later. Precondition: there is
/// something. GIL held; runs no Python code.
PyObject* exchange_at(const ObjectPlace& place, PyObject* object, PyObject* item) noexcept;

/// The dict that an instance of a class made by a class statement keeps its attributes in, borrowed; null where there
/// is none, or none yet. Others can refer to it, too. GIL held by somebody who waits.
PyObject* dict_of_instance(PyObject* object);
/// Whether objects of the kind are instances of a class whose instances have no dict. GIL held.
bool never_has_dict(KindRef kind);

/// The object at the end of a way. Borrowed where places are raw, and then any thread may ask; else kept alive by this
/// one, and the GIL is held.
class ObjectAt {
public:
    /// `is_raw`: raw_records_enabled().
    ObjectAt(PyObject* element, std::span<const ObjectPlace> way, bool is_raw) : object_(element), is_raw_(is_raw) {
        if (!is_raw) {
            Py_INCREF(element);
        }
        for (const ObjectPlace& step : way) {
            if (!object_) {
                return;
            }
            go_down(step);
        }
    }
    ~ObjectAt() {
        if (!is_raw_) {
            Py_XDECREF(object_);
        }
    }
    ObjectAt(const ObjectAt&) = delete;
    ObjectAt& operator=(const ObjectAt&) = delete;

    /// Null where the way ends before.
    PyObject* get() const { return object_; }

private:
    void go_down(const ObjectPlace& step) {
        if (is_raw_) {
            PyObject** place = raw_place(step, object_);
            object_ = place ? *place : nullptr;
            return;
        }
        PyObject* next = new_item_at(step, object_);
        Py_DECREF(object_);
        object_ = next;
    }

    PyObject* object_;
    bool is_raw_;
};

}  // namespace pp::data
