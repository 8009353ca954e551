/// See field_places_python.h.
#include "data/field_places_python.h"

namespace pp::data {

std::optional<FieldPlaces> field_places(const RecordAccess& access, std::span<const size_t> fields) {
    using How = FieldPlaces::How;
    if (access.form != RecordForm::Object || fields.empty()) {
        return std::nullopt;
    }
    const How how = access.fields[fields.front()].offset != 0 ? How::Slots : How::Values;
    FieldPlaces places{how, access.type, 0, {}};
    const bool shares_keys = PyType_HasFeature(access.type, Py_TPFLAGS_MANAGED_DICT) && raw_class_keys(access.type);
    if (how == How::Values && !shares_keys) {
        return std::nullopt;
    }
    for (const size_t number : fields) {
        const FieldAccess& field = access.fields[number];
        if (field.is_missing || (field.offset != 0) != (how == How::Slots)) {
            return std::nullopt;
        }
        Py_ssize_t index = 0;
        if (how == How::Values &&
            raw_find_key(raw_class_keys(access.type), field.name, field.hint, index) != RawFind::Found) {
            return std::nullopt;
        }
        places.offsets.push_back(how == How::Slots ? field.offset : index * Py_ssize_t{sizeof(PyObject*)});
    }
    return places;
}

std::optional<FieldPlaces> field_places(KindRef kind, std::span<const size_t> fields) {
    if (kind->tag == Tag::Record) {
        return field_places(record_access(kind), fields);
    }
    if (kind->tag != Tag::List || fields.empty()) {
        return std::nullopt;
    }
    FieldPlaces places{FieldPlaces::How::List, &PyList_Type, static_cast<Py_ssize_t>(kind->items.size()), {}};
    for (const size_t item : fields) {
        places.offsets.push_back(static_cast<Py_ssize_t>(item * sizeof(PyObject*)));
    }
    return places;
}

}  // namespace pp::data
