/// The attributes of instances, and whether they may be read raw: tried, at first use, on answers that CPython knows.
#include <algorithm>
#include <array>
#include <atomic>

#include "data/field_name_python.h"
#include "data/reader_python.h"
#include "data/record_class_python.h"
#include "data/record_layout_python.h"

namespace pp::data {
namespace {

/// An object owned by a scope.
class Owned {
public:
    explicit Owned(PyObject* object) : object_(object) {}
    ~Owned() { Py_XDECREF(object_); }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    PyObject* get() const { return object_; }

private:
    PyObject* object_;
};

constexpr std::array kNames = {"alpha", "beta", "gamma", "delta"};

PyObject* interned(size_t index) {
    return PyUnicode_InternFromString(kNames[index]);
}

/// What the instance keeps itself is what `getattr` says.
bool instance_agrees(PyObject* object) {
    for (size_t i = 0; i < kNames.size(); ++i) {
        const Owned name(interned(i));
        const Owned expected(name.get() ? PyObject_GetAttr(object, name.get()) : nullptr);
        PyErr_Clear();
        for (Py_ssize_t hint : {Py_ssize_t{0}, static_cast<Py_ssize_t>(i), Py_ssize_t{60}}) {
            PyObject* value = nullptr;
            const RawFind found = raw_instance_field(object, Py_TYPE(object), name.get(), hint, value);
            if (found != (expected.get() ? RawFind::Found : RawFind::Absent) || value != expected.get()) {
                return false;
            }
        }
    }
    return true;
}

bool dict_agrees(PyObject* dict) {
    for (size_t i = 0; i < kNames.size(); ++i) {
        const Owned name(interned(i));
        PyObject* expected = name.get() ? PyDict_GetItemWithError(dict, name.get()) : nullptr;
        PyObject* value = nullptr;
        const RawFind found = raw_dict_field(dict, name.get(), static_cast<Py_ssize_t>(i), value);
        if (found != (expected ? RawFind::Found : RawFind::Absent) || value != expected) {
            return false;
        }
    }
    return true;
}

bool set(PyObject* object, size_t index) {
    const Owned value(PyFloat_FromDouble(static_cast<double>(index) + 0.5));
    return value.get() && PyObject_SetAttrString(object, kNames[index], value.get()) == 0;
}

/// Attributes in order, in another order, one deleted, more than the class expects, with and without a dictionary.
bool instances_agree(PyTypeObject* base) {
    const Owned type(PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyType_Type), "s(O){}", "Probe", base));
    if (!type.get()) {
        return false;
    }
    for (const std::array<size_t, 3>& order : {std::array<size_t, 3>{0, 1, 2}, {2, 0, 3}, {3, 2, 1}}) {
        const Owned object(PyObject_CallNoArgs(type.get()));
        if (!object.get() || !instance_agrees(object.get())) {
            return false;
        }
        for (size_t index : order) {
            if (!set(object.get(), index) || !instance_agrees(object.get())) {
                return false;
            }
        }
        if (PyObject_DelAttrString(object.get(), kNames[order[1]]) != 0 || !instance_agrees(object.get())) {
            return false;
        }
        const Owned dict(PyObject_GenericGetDict(object.get(), nullptr));
        if (!dict.get() || !instance_agrees(object.get()) || !dict_agrees(dict.get())) {
            return false;
        }
        for (int i = 0; i < 40; ++i) {
            const Owned name(PyUnicode_FromFormat("more%d", i));
            if (!name.get() || PyObject_SetAttr(object.get(), name.get(), Py_None) != 0) {
                return false;
            }
        }
        if (!set(object.get(), order[1]) || !instance_agrees(object.get())) {
            return false;
        }
    }
    return true;
}

bool dicts_agree() {
    const Owned dict(Py_BuildValue("{sdsOsi}", "alpha", 1.5, "gamma", Py_None, "delta", 7));
    if (!dict.get() || !dict_agrees(dict.get()) || PyDict_DelItemString(dict.get(), "alpha") != 0 ||
        !dict_agrees(dict.get())) {
        return false;
    }
    const Owned other(Py_BuildValue("{iisi}", 1, 2, "alpha", 7));
    const Owned name(interned(0));
    PyObject* value = nullptr;
    return other.get() && name.get() && raw_dict_field(other.get(), name.get(), 0, value) == RawFind::Unknown;
}

bool find_out() {
#ifdef Py_GIL_DISABLED
    return false;  // keys and values of dicts have other heads there
#endif
    const bool works = PY_VERSION_HEX < 0x030F0000 && raw_reads_enabled() && dicts_agree() &&
                       instances_agree(&PyBaseObject_Type) && instances_agree(&PyLong_Type);
    PyErr_Clear();  // no memory for the test: the answer is no, and the caller will meet the shortage itself
    return works;
}

bool append(PyObject* name, PyObject* value, std::vector<std::string>& names, std::vector<PyObject*>& values) {
    if (!append_name(name, names)) {
        return false;
    }
    values.push_back(Py_NewRef(value));
    return true;
}

bool append_dict(PyObject* dict, size_t most, std::vector<std::string>& names, std::vector<PyObject*>& values) {
    PyObject *name = nullptr, *value = nullptr;
    for (Py_ssize_t position = 0; PyDict_Next(dict, &position, &name, &value);) {
        if (names.size() == most || !append(name, value, names, values)) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool raw_records_enabled() {
    // As in raw_reads_enabled: no guarded static, since the test may let other threads run.
    enum : int { Unknown, No, Yes };
    static std::atomic<int> answer{Unknown};
    int known = answer.load(std::memory_order_relaxed);
    if (known == Unknown) {
        known = find_out() ? Yes : No;
        answer.store(known, std::memory_order_relaxed);
    }
    return known == Yes;
}

std::vector<PyObject*> attribute_values(PyObject* object, const RecordClass& record_class) {
    std::vector<PyObject*> found;
    for (const RecordSlot& slot : record_class.slots) {
        found.push_back(*reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + slot.offset));
    }
    RawAttributes attributes;
    const bool is_raw = raw_records_enabled() && raw_attributes(object, record_class.type, attributes);
    if (is_raw && attributes.values) {
        found.insert(found.end(), attributes.values, attributes.values + raw_class_keys(record_class.type)->count);
    }
    found.erase(std::remove(found.begin(), found.end(), nullptr), found.end());
    return found;
}

bool own_attributes(PyObject* object, const RecordClass& record_class, size_t most, std::vector<std::string>& names,
                    std::vector<PyObject*>& values) {
    for (const RecordSlot& slot : record_class.slots) {
        PyObject* value = *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + slot.offset);
        if (value) {
            names.push_back(slot.name);
            values.push_back(Py_NewRef(value));
        }
    }
    RawAttributes attributes;
    if (raw_records_enabled() && raw_attributes(object, record_class.type, attributes)) {
        // Not through a dictionary: an instance would have one from then on.
        if (!attributes.values) {
            return !attributes.dict || append_dict(attributes.dict, most, names, values);
        }
        const RawKeys* keys = raw_class_keys(record_class.type);
        for (Py_ssize_t i = 0; i < keys->count; ++i) {
            if (attributes.values[i] &&
                (names.size() == most || !append(*raw_entry(keys, i), attributes.values[i], names, values))) {
                return false;
            }
        }
        return true;
    }
    if (record_class.type->tp_dictoffset == 0) {
        return true;
    }
    PyObject* dict = PyObject_GenericGetDict(object, nullptr);
    if (!dict) {
        PyErr_Clear();  // no memory
        return false;
    }
    const bool done = append_dict(dict, most, names, values);
    Py_DECREF(dict);
    return done;
}

PyObject* own_attribute(PyObject* object, const RecordClass& record_class, PyObject* name) {
    for (const RecordSlot& slot : record_class.slots) {
        if (PyUnicode_CompareWithASCIIString(name, slot.name.c_str()) == 0) {
            return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + slot.offset);
        }
    }
    RawAttributes attributes;
    PyObject* dict = nullptr;
    if (raw_records_enabled() && raw_attributes(object, record_class.type, attributes)) {
        Py_ssize_t index = 0;
        if (attributes.values) {
            const RawKeys* keys = raw_class_keys(record_class.type);
            return raw_find_key(keys, name, 0, index) == RawFind::Found ? attributes.values[index] : nullptr;
        }
        dict = Py_XNewRef(attributes.dict);
    } else if (record_class.type->tp_dictoffset != 0) {
        dict = PyObject_GenericGetDict(object, nullptr);
    }
    PyObject* value = dict ? PyDict_GetItemWithError(dict, name) : nullptr;
    PyErr_Clear();  // no memory for a dict, or a key that is no str raised
    Py_XDECREF(dict);
    return value;
}

}  // namespace pp::data
