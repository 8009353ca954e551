/// The table of record classes, and the fields of their instances through CPython's public functions.
#include "data/record_class_python.h"

#include <structmember.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "data/class_lookup_python.h"
#include "data/enum_class_python.h"
#include "data/field_name_python.h"
#include "data/interpreter_python.h"
#include "data/number_class_python.h"
#include "data/record_layout_python.h"
#include "ir/record_names.h"

namespace pp::data {
namespace {

struct Entry {
    RecordClass known;
    PyObject* weak = nullptr;  ///< a weak reference to the class
    unsigned int version = 0;  ///< tp_version_tag of a namedtuple's class as it was described; 0: not known
};

/// The GIL guards the map; entries never move or go, so that numbers and kinds stay valid for ever.
struct ClassTable {
    std::unordered_map<PyTypeObject*, Entry*> by_type;
    std::mutex mutex;
    std::vector<Entry*> by_id;
};

ClassTable& table() {
    static ClassTable& classes = *new ClassTable;
    return classes;
}

bool is_alive(const Entry& entry) {
#if PY_VERSION_HEX >= 0x030D0000
    PyObject* object = nullptr;
    const int status = PyWeakref_GetRef(entry.weak, &object);
    Py_XDECREF(object);
    return status == 1;
#else
    return PyWeakref_GetObject(entry.weak) != Py_None;
#endif
}

/// Made by a class statement as far down as `object` or, for namedtuples, `tuple`.
bool is_pythons_own(PyTypeObject* type, PyTypeObject* last) {
    while (type && PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        type = type->tp_base;
    }
    return type == last;
}

/// Whether instances do what tuples do wherever Python's syntax asks them.
bool behaves_as_tuple(PyTypeObject* type) {
    constexpr std::array kMethods = {"__iter__", "__len__",  "__getitem__", "__contains__", "__add__",  "__mul__",
                                     "__rmul__", "__eq__",   "__ne__",      "__lt__",       "__le__",   "__gt__",
                                     "__ge__",   "__bool__", "__radd__",    "__iadd__",     "__imul__", "__neg__",
                                     "__pos__",  "__abs__",  "__invert__",  "__reversed__"};
    return std::all_of(kMethods.begin(), kMethods.end(), [type](const char* name) {
        return look_up_in_class(type, name) == look_up_in_class(&PyTuple_Type, name);
    });
}

bool find_tuple_fields(PyTypeObject* type, std::vector<std::string>& fields) {
    PyObject* names = look_up_in_class(type, "_fields");
    if (!names || !PyTuple_CheckExact(names) || type->tp_dictoffset != 0 || !behaves_as_tuple(type)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); ++i) {
        if (!append_name(PyTuple_GET_ITEM(names, i), fields)) {
            return false;
        }
    }
    return true;
}

/// The order in which a class names its slots, which is mostly that in which they are assigned to; CPython sorts them.
void sort_as_declared(PyTypeObject* type, std::span<RecordSlot> slots) {
    PyObject* declared = PyDict_GetItemString(type->tp_dict, "__slots__");
    if (!declared || (!PyTuple_CheckExact(declared) && !PyList_CheckExact(declared))) {
        return;
    }
    std::vector<std::string> names;
    for (Py_ssize_t i = 0; i < Py_SIZE(declared); ++i) {
        PyObject* name = PySequence_Fast_GET_ITEM(declared, i);
        if (!PyUnicode_CheckExact(name) || !append_name(name, names)) {
            return;
        }
    }
    std::ranges::stable_sort(slots, {}, [&](const RecordSlot& slot) { return std::ranges::find(names, slot.name); });
}

bool find_slots(PyTypeObject* type, std::vector<RecordSlot>& slots) {
    PyObject* mro = type->tp_mro;
    for (Py_ssize_t i = PyTuple_GET_SIZE(mro); i-- > 0;) {
        auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(mro, i));
        if (!PyType_HasFeature(base, Py_TPFLAGS_HEAPTYPE)) {
            continue;
        }
        const size_t inherited = slots.size();
        PyObject *key = nullptr, *value = nullptr;
        for (Py_ssize_t position = 0; PyDict_Next(base->tp_dict, &position, &key, &value);) {
            if (!Py_IS_TYPE(value, &PyMemberDescr_Type)) {
                continue;
            }
            const PyMemberDef* member = reinterpret_cast<PyMemberDescrObject*>(value)->d_member;
            std::vector<std::string> name;
            if (member->type != T_OBJECT_EX || !append_name(key, name)) {
                return false;  // a type written in C
            }
            slots.push_back({name.front(), member->offset});
        }
        sort_as_declared(base, std::span(slots).subspan(inherited));
    }
    // `y = x` in the body of a class gives one slot two names: what is assigned to one shows in the other.
    const auto is_twice = [&](const RecordSlot& slot) {
        return std::ranges::count(slots, slot.offset, &RecordSlot::offset) > 1;
    };
    return std::ranges::none_of(slots, is_twice);
}

/// Whether slots, a dict and weak references are all that an instance has: types written in C that are made at run time
/// (`deque` from 3.12 on) look like classes but have more.
bool has_only_slots(PyTypeObject* type, std::span<const RecordSlot> slots) {
    constexpr auto kPointer = static_cast<Py_ssize_t>(sizeof(void*));
    Py_ssize_t known = static_cast<Py_ssize_t>(sizeof(PyObject)) + static_cast<Py_ssize_t>(slots.size()) * kPointer;
    known += type->tp_dictoffset > 0 ? kPointer : 0;
    known += type->tp_weaklistoffset > 0 ? kPointer : 0;
    return type->tp_itemsize == 0 && type->tp_basicsize <= known;
}

bool describe_number(PyTypeObject* type, RecordClass& known) {
    known.number = find_number_layout(type);
    known.type = type;
    known.form = RecordForm::Number;
    known.name = type->tp_name;
    known.fields.emplace_back(RecordShape::kNumber);
    return known.number != NumberLayout::None;
}

bool describe(PyTypeObject* type, RecordClass& known) {
    if (is_named_as_number(type)) {
        return describe_number(type, known);
    }
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) || type->tp_getattro != PyObject_GenericGetAttr ||
        !type->tp_mro) {
        return false;
    }
    std::vector<std::string> name;
    if (!append_name(reinterpret_cast<PyHeapTypeObject*>(type)->ht_name, name)) {
        return false;
    }
    known.type = type;
    known.name = name.front();
    if (is_pythons_own(type, &PyTuple_Type)) {
        known.form = RecordForm::NamedTuple;
        return find_tuple_fields(type, known.fields);
    }
    known.form = RecordForm::Object;
    known.is_enum = is_enum_class(type);
    if (known.is_enum && is_pythons_own(type, &PyLong_Type)) {
        known.number = NumberLayout::Python;
        return find_slots(type, known.slots);
    }
    return is_pythons_own(type, &PyBaseObject_Type) && find_slots(type, known.slots) &&
           has_only_slots(type, known.slots);
}

/// Whether instances are still looked into as the class was described: attributes may have been assigned to since.
bool is_as_described(Entry& entry) {
    PyTypeObject* type = entry.known.type;
    if (type->tp_getattro != PyObject_GenericGetAttr) {
        return false;
    }
    if (entry.known.form != RecordForm::NamedTuple || (entry.version != 0 && entry.version == type->tp_version_tag)) {
        return true;
    }
    std::vector<std::string> fields;
    entry.version = type->tp_version_tag;
    const bool is_same = find_tuple_fields(type, fields) && fields == entry.known.fields;
    entry.version = is_same ? entry.version : 0;
    return is_same;
}

}  // namespace

const RecordClass* record_class_of(PyTypeObject* type) {
    ClassTable& classes = table();
    const auto found = classes.by_type.find(type);
    if (found != classes.by_type.end()) {
        if (is_alive(*found->second)) {
            return is_as_described(*found->second) ? &found->second->known : nullptr;
        }
        classes.by_type.erase(found);
    }
    RecordClass known{};
    if (!describe(type, known)) {
        return nullptr;
    }
    PyObject* weak = PyWeakref_NewRef(reinterpret_cast<PyObject*>(type), nullptr);
    if (!weak) {
        PyErr_Clear();  // out of memory: the caller meets it itself
        return nullptr;
    }
    auto* entry = new Entry{std::move(known), weak};
    std::lock_guard lock(classes.mutex);
    classes.by_id.push_back(entry);
    entry->known.id = classes.by_id.size();
    classes.by_type[type] = entry;
    return &entry->known;
}

const RecordClass& record_class(uint64_t id) {
    ClassTable& classes = table();
    std::lock_guard lock(classes.mutex);
    PP_CHECK(id > 0 && id <= classes.by_id.size());
    return classes.by_id[id - 1]->known;
}

PyTypeObject* record_type(uint64_t id) {
    ClassTable& classes = table();
    Entry* entry = nullptr;
    {
        std::lock_guard lock(classes.mutex);
        PP_CHECK(id > 0 && id <= classes.by_id.size());
        entry = classes.by_id[id - 1];
    }
    PyTypeObject* type = entry->known.type;
    return is_alive(*entry) && is_as_described(*entry) ? type : nullptr;
}

namespace {

std::unique_ptr<RecordAccess> make_access(KindRef kind) {
    auto access = std::make_unique<RecordAccess>();
    access->form = kind->record->form;
    const bool is_items = kind->record->form == RecordForm::Items;
    const RecordClass* owner = kind->record->is_dict() || is_items ? nullptr : &record_class(kind->record->class_id);
    access->type = owner ? owner->type : nullptr;
    if (is_items) {
        access->items_type = static_cast<ItemsType>(kind->record->class_id);
    }
    for (size_t i = 0; i < kind->items.size(); ++i) {
        const std::string& name = kind->record->fields[i];
        FieldAccess field{interned_name(name),
                          0,
                          static_cast<Py_ssize_t>(i),
                          kind->items[i]->tag == Tag::Missing,
                          kind->items[i]->tag == Tag::Identity ||
                              (owner && owner->number != NumberLayout::None && name == RecordShape::kNumber),
                          kind->items[i]->tag == Tag::Missing && name == kOthersField};
        PP_CHECK(field.name);
        for (size_t s = 0; owner && s < owner->slots.size(); ++s) {
            if (owner->slots[s].name == name) {
                field.offset = owner->slots[s].offset;
            }
        }
        if (owner && field.offset == 0 && kind->record->form == RecordForm::Object && raw_records_enabled()) {
            Py_ssize_t index = 0;
            const RawKeys* keys = raw_class_keys(owner->type);
            if (keys && raw_find_key(keys, field.name, field.hint, index) == RawFind::Found) {
                field.hint = index;
            }
        }
        access->in_dictionary += field.offset == 0 && !field.is_missing && !field.is_identity;
        access->fields.push_back(field);
    }
    for (size_t s = 0; owner && s < owner->slots.size(); ++s) {
        if (kind->record->find(owner->slots[s].name) == RecordShape::kNoField) {
            access->slots.push_back(owner->slots[s].offset);
        }
    }
    return access;
}

/// Of one interpreter: so are interned names.
struct AccessTable {
    std::unordered_map<KindRef, std::unique_ptr<RecordAccess>> accesses;

    AccessTable() = default;
    AccessTable(const AccessTable&) = delete;
    ~AccessTable() {
        for (const auto& [kind, access] : accesses) {
            for (const FieldAccess& field : access->fields) {
                Py_DECREF(field.name);
            }
        }
    }
};

PyObject* slot_value(PyObject* object, Py_ssize_t offset) {
    return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + offset);
}

/// A new reference, or null without an exception.
PyObject* api_dict_value(PyObject* dict, PyObject* name) {
    PyObject* value = dict && PyDict_Check(dict) ? PyDict_GetItemWithError(dict, name) : nullptr;
    if (!value && PyErr_Occurred()) {
        PyErr_Clear();  // a key of the user's own class that cannot be compared: CPython will tell
    }
    return Py_XNewRef(value);
}

bool has_other_slots(PyObject* object, const RecordAccess& access) {
    return std::any_of(access.slots.begin(), access.slots.end(),
                       [&](Py_ssize_t offset) { return slot_value(object, offset) != nullptr; });
}

/// Whether the instance has attributes that no field names, where all fields are as the access has them.
bool api_has_others(PyObject* object, const RecordAccess& access) {
    PyObject* dict = PyObject_GenericGetDict(object, nullptr);
    if (!dict) {
        PyErr_Clear();  // instances without a dictionary
    }
    const Py_ssize_t count = dict ? PyDict_Size(dict) : 0;
    Py_XDECREF(dict);
    return count != access.in_dictionary || has_other_slots(object, access);
}

bool raw_has_others(PyObject* object, const RecordAccess& access) {
    return raw_attribute_count(object, access.type) != access.in_dictionary || has_other_slots(object, access);
}

PyObject* api_field(PyObject* object, const RecordAccess& access, const FieldAccess& field) {
    if (field.is_identity || (field.is_others && api_has_others(object, access))) {
        return Py_NewRef(object);
    }
    if (field.is_others) {
        return nullptr;
    }
    if (access.form != RecordForm::Object) {
        return api_dict_value(object, field.name);
    }
    if (field.offset != 0) {
        return Py_XNewRef(slot_value(object, field.offset));
    }
    PyObject* dict = PyObject_GenericGetDict(object, nullptr);
    if (!dict) {
        PyErr_Clear();  // instances without a dictionary
        return nullptr;
    }
    PyObject* value = api_dict_value(dict, field.name);
    Py_DECREF(dict);
    return value;
}

/// Whether the dict has these very keys in this order.
bool has_exact_keys(PyObject* dict, const RecordAccess& access) {
    if (PyDict_Size(dict) != static_cast<Py_ssize_t>(access.fields.size())) {
        return false;
    }
    PyObject *key = nullptr, *value = nullptr;
    size_t i = 0;
    for (Py_ssize_t position = 0; PyDict_Next(dict, &position, &key, &value); ++i) {
        if (!PyUnicode_CheckExact(key) || !raw_same_text(key, access.fields[i].name)) {
            return false;
        }
    }
    return true;
}

bool is_instance(PyObject* object, const RecordAccess& access) {
    switch (access.form) {
    case RecordForm::Dict: return PyDict_CheckExact(object) && has_exact_keys(object, access);
    case RecordForm::Keys: return PyDict_CheckExact(object);
    default: return Py_IS_TYPE(object, access.type);
    }
}

}  // namespace

const RecordAccess& record_access(KindRef kind) {
    std::unique_ptr<RecordAccess>& access = Interpreter::current().the<AccessTable>().accesses[kind];
    if (!access) {
        access = make_access(kind);
    }
    return *access;
}

bool api_record_fields(PyObject* object, const RecordAccess& access, PyObject** fields) {
    if (!is_instance(object, access)) {
        return false;
    }
    const size_t count = access.fields.size();
    if (access.form == RecordForm::NamedTuple && PyTuple_GET_SIZE(object) != static_cast<Py_ssize_t>(count)) {
        return false;
    }
    for (size_t i = 0; i < count; ++i) {
        fields[i] = access.form == RecordForm::NamedTuple
                        ? Py_NewRef(PyTuple_GET_ITEM(object, static_cast<Py_ssize_t>(i)))
                        : api_field(object, access, access.fields[i]);
        if ((fields[i] == nullptr) != access.fields[i].is_missing) {
            for (size_t made = 0; made <= i; ++made) {
                Py_XDECREF(fields[made]);
            }
            return false;
        }
    }
    return true;
}

bool raw_record_fields(PyObject* object, const RecordAccess& access, PyObject** fields) {
    const size_t count = access.fields.size();
    if (access.type ? !Py_IS_TYPE(object, access.type) : !PyDict_CheckExact(object)) {
        return false;
    }
    if (access.form == RecordForm::NamedTuple) {
        const auto* tuple = reinterpret_cast<PyTupleObject*>(object);
        if (reinterpret_cast<PyVarObject*>(object)->ob_size != static_cast<Py_ssize_t>(count)) {
            return false;
        }
        std::copy_n(tuple->ob_item, count, fields);
        return true;
    }
    const bool is_exact = access.form == RecordForm::Dict;
    if (is_exact && reinterpret_cast<PyDictObject*>(object)->ma_used != static_cast<Py_ssize_t>(count)) {
        return false;
    }
    Py_ssize_t last = -1;
    for (size_t i = 0; i < count; ++i) {
        const FieldAccess& field = access.fields[i];
        PyObject* value = nullptr;
        RawFind found = RawFind::Absent;
        if (field.is_identity) {
            value = object;
            found = RawFind::Found;
        } else if (field.is_others) {
            found = raw_has_others(object, access) ? RawFind::Found : RawFind::Absent;
        } else if (field.offset != 0) {
            value = slot_value(object, field.offset);
            found = value ? RawFind::Found : RawFind::Absent;
        } else if (access.form == RecordForm::Object) {
            found = raw_instance_field(object, access.type, field.name, field.hint, value);
        } else {
            Py_ssize_t index = 0;
            found = raw_find_key(raw_keys(object), field.name, field.hint, index);
            if (found == RawFind::Found) {
                value = raw_dict_value(object, index);
                found = value ? RawFind::Found : RawFind::Absent;
                if (is_exact && std::exchange(last, index) >= index) {
                    return false;  // another order
                }
            }
        }
        if (found != (field.is_missing ? RawFind::Absent : RawFind::Found)) {
            return false;
        }
        fields[i] = value;
    }
    return true;
}

}  // namespace pp::data
