/// See object_place_python.h.
#include "data/object_place_python.h"

#include <utility>

#include "data/item_python.h"
#include "data/place_python.h"
#include "data/record_layout_python.h"

namespace pp::data {
namespace {

PyObject** slot_place(PyObject* object, const FieldAccess& field) {
    return reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + field.offset);
}

/// Where a dict keeps the value of a key; null where it has not got that.
PyObject** raw_key_place(PyObject* dict, const FieldAccess& field) {
    const RawKeys* keys = raw_keys(dict);
    Py_ssize_t index = 0;
    if (raw_find_key(keys, field.name, field.hint, index) != RawFind::Found) {
        return nullptr;
    }
    const void* shared = reinterpret_cast<PyDictObject*>(dict)->ma_values;
    PyObject* const* place = shared ? raw_shared_values(shared) + index : raw_entry(keys, index) + 1;
    return const_cast<PyObject**>(place);
}

PyObject** raw_attribute_place(PyObject* object, PyTypeObject* type, const FieldAccess& field) {
    RawAttributes attributes;
    if (!raw_attributes(object, type, attributes)) {
        return nullptr;
    }
    if (!attributes.values) {
        return attributes.dict && PyDict_CheckExact(attributes.dict) ? raw_key_place(attributes.dict, field) : nullptr;
    }
    Py_ssize_t index = 0;
    const bool is_found = raw_find_key(raw_class_keys(type), field.name, field.hint, index) == RawFind::Found;
    return is_found ? const_cast<PyObject**>(attributes.values + index) : nullptr;
}

PyObject** raw_place_or_empty(const ObjectPlace& place, PyObject* object) {
    const auto index = static_cast<Py_ssize_t>(place.index);
    switch (place.how) {
    case ObjectPlace::How::Tuple:
    case ObjectPlace::How::NamedTuple: {
        const bool is_type = place.type ? Py_IS_TYPE(object, place.type) : PyTuple_CheckExact(object);
        return is_type && index < Py_SIZE(object) ? reinterpret_cast<PyTupleObject*>(object)->ob_item + index : nullptr;
    }
    case ObjectPlace::How::List:
        return PyList_CheckExact(object) && Py_SIZE(object) == static_cast<Py_ssize_t>(place.kind->items.size())
                   ? reinterpret_cast<PyListObject*>(object)->ob_item + index
                   : nullptr;
    case ObjectPlace::How::Slot: return Py_IS_TYPE(object, place.type) ? slot_place(object, *place.field) : nullptr;
    case ObjectPlace::How::Attribute:
        return Py_IS_TYPE(object, place.type) ? raw_attribute_place(object, place.type, *place.field) : nullptr;
    case ObjectPlace::How::Key: return PyDict_CheckExact(object) ? raw_key_place(object, *place.field) : nullptr;
    }
    return nullptr;
}

/// The dict that holds the place, which is a key or an attribute of an instance that has a dict.
PyObject* dict_around(const ObjectPlace& place, PyObject* object) {
    switch (place.how) {
    case ObjectPlace::How::Key: return object;
    case ObjectPlace::How::Attribute: return dict_of_instance(object);
    default: return nullptr;
    }
}

}  // namespace

ObjectPlace place_in(KindRef kind, size_t index) {
    using How = ObjectPlace::How;
    if (kind->tag != Tag::Record) {
        return {kind->tag == Tag::List ? How::List : How::Tuple, index, nullptr, nullptr, kind};
    }
    const RecordAccess& access = record_access(kind);
    if (access.form == RecordForm::NamedTuple) {
        return {How::NamedTuple, index, nullptr, access.type, kind};
    }
    const FieldAccess& field = access.fields[index];
    const How how = kind->record->is_dict() ? How::Key : field.offset != 0 ? How::Slot : How::Attribute;
    return {how, index, &field, access.type, kind};
}

std::vector<ObjectPlace> way_down(KindRef kind, std::span<const uint32_t> items) {
    std::vector<ObjectPlace> way;
    for (const uint32_t item : items) {
        way.push_back(place_in(kind, item));
        kind = kind->items[item];
    }
    return way;
}

PyObject** raw_place(const ObjectPlace& place, PyObject* object) {
    PyObject** found = raw_place_or_empty(place, object);
    return found && *found ? found : nullptr;
}

PyObject* new_item_at(const ObjectPlace& place, PyObject* object) {
    if (place.how == ObjectPlace::How::List &&
        !(PyList_CheckExact(object) && PyList_GET_SIZE(object) == static_cast<Py_ssize_t>(place.kind->items.size()))) {
        return nullptr;
    }
    return new_item_of(object, place.kind, place.index);
}

PyObject* exchange_at(const ObjectPlace& place, PyObject* object, PyObject* item) noexcept {
    if (PyObject* dict = dict_around(place, object)) {
        // Through CPython, which may have to tell others. The key is there, so nothing is allocated.
        PyObject* old = Py_XNewRef(PyDict_GetItemWithError(dict, place.field->name));
        PyDict_SetItem(dict, place.field->name, item);
        Py_DECREF(item);
        return old;
    }
    if (place.how == ObjectPlace::How::List) {
        return exchange_item(object, static_cast<Py_ssize_t>(place.index), item);
    }
    PyObject** found =
        place.how == ObjectPlace::How::Slot ? slot_place(object, *place.field) : raw_place(place, object);
    return std::exchange(*found, item);
}

PyObject* dict_of_instance(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    if (!raw_records_enabled()) {
        PyObject* dict = type->tp_dictoffset != 0 ? PyObject_GenericGetDict(object, nullptr) : nullptr;
        if (!dict) {
            PyErr_Clear();  // no dict, or no memory for one that does not exist yet
        }
        Py_XDECREF(dict);  // the instance keeps it
        return dict;
    }
    return raw_instance_dict(object, type);
}

bool never_has_dict(KindRef kind) {
    if (!kind->is_record(RecordForm::Object)) {
        return false;
    }
    const PyTypeObject* type = record_access(kind).type;
    return type->tp_dictoffset == 0 && !PyType_HasFeature(const_cast<PyTypeObject*>(type), Py_TPFLAGS_MANAGED_DICT);
}

}  // namespace pp::data
