/// See element_refusal_python.h.
#include "data/element_refusal_python.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "data/element_type.h"
#include "data/field_name_python.h"
#include "data/number_class_python.h"
#include "data/read_plan.h"
#include "data/reader_python.h"
#include "data/record_class_python.h"
#include "data/record_place_python.h"

namespace pp::data {
namespace {

std::string type_name(PyObject* object) {
    return std::string("of type '") + Py_TYPE(object)->tp_name + "'";
}

std::string quoted(const std::string& name) {
    return "'" + name + "'";
}

/// "it is a dict", "['a'].x is a dict".
std::string at(const std::string& path, const std::string& what) {
    return (path.empty() ? "it " : path + " ") + what;
}

/// A part of an object, and how it is written after the object's name.
struct Part {
    std::string name, path;
    PyObject* object;  ///< owned by the Parts
};

/// The items, values or attributes that an object consists of.
class Parts {
public:
    explicit Parts(PyObject* object) {
        if (PyTuple_Check(object) || PyList_CheckExact(object)) {
            for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i) {
                add({}, "[" + std::to_string(i) + "]", Py_NewRef(PySequence_Fast_GET_ITEM(object, i)));
            }
        } else if (PyDict_CheckExact(object)) {
            take_dict(object);
        } else if (const RecordClass* known = record_class_of(Py_TYPE(object))) {
            std::vector<std::string> names;
            std::vector<PyObject*> values;
            has_all_ = own_attributes(object, *known, kMaximumFields, names, values);
            for (size_t i = 0; i < names.size(); ++i) {
                add(names[i], "." + names[i], values[i]);
            }
        }
    }
    Parts(const Parts&) = delete;
    ~Parts() {
        for (const Part& part : parts_) {
            Py_DECREF(part.object);
        }
    }
    const std::vector<Part>& all() const { return parts_; }
    bool has_other_keys() const { return has_other_keys_; }
    /// Whether these are all attributes of an instance.
    bool has_all() const { return has_all_; }
    const Part* find(const std::string& name) const {
        const auto found = std::ranges::find(parts_, name, &Part::name);
        return found == parts_.end() ? nullptr : &*found;
    }

private:
    void add(std::string name, std::string path, PyObject* owned) {
        parts_.push_back({std::move(name), std::move(path), owned});
    }
    void take_dict(PyObject* dict) {
        PyObject *key = nullptr, *value = nullptr;
        for (Py_ssize_t position = 0; PyDict_Next(dict, &position, &key, &value);) {
            std::vector<std::string> name;
            if (append_name(key, name)) {
                add(name.front(), "[" + quoted(name.front()) + "]", Py_NewRef(value));
            } else {
                has_other_keys_ = true;
            }
        }
    }

    std::vector<Part> parts_;
    bool has_other_keys_ = false, has_all_ = true;
};

/// Why nothing was found in an instance whose attributes are looked up as usual.
std::string why_no_attributes(PyObject* object) {
    if (PyObject_CheckBuffer(object)) {
        return "is an Array, or another buffer; give its items as a list or tuple";
    }
    PyObject* dict = PyObject_GenericGetDict(object, nullptr);
    PyErr_Clear();  // instances without one
    const Py_ssize_t count = dict && PyDict_Check(dict) ? PyDict_GET_SIZE(dict) : 0;
    Py_XDECREF(dict);
    return count == 0 ? "is an instance without attributes"
           : count > static_cast<Py_ssize_t>(kMaximumFields)
               ? "is an instance of more than " + std::to_string(kMaximumFields) + " attributes"
               : "is an instance with an attribute whose name is no text";
}

/// Why instances of the object's class are no records; empty for what Python comes with.
std::string why_none(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    for (const PyTypeObject* base : {&PyTuple_Type, &PyList_Type, &PyDict_Type, &PyUnicode_Type}) {
        if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && PyType_IsSubtype(type, const_cast<PyTypeObject*>(base))) {
            return "is of a class derived from " + quoted(base->tp_name);
        }
    }
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && type->tp_dictoffset == 0) {
        return {};
    }
    if (PyObject_CheckBuffer(object)) {
        return why_no_attributes(object);
    }
    return type->tp_getattro != PyObject_GenericGetAttr
               ? "is of a class with a __getattr__ or __getattribute__ of its own"
               : "is of a class that is written in C, or derived from one that is";
}

/// Looks for what has no array kind; counts what it visits, as KindFinder does.
class HeldByNone {
public:
    std::string find(PyObject* object, const std::string& path, int depth) {
        if (++visited_ > kMaximumNodes) {
            return "it has more than " + std::to_string(kMaximumNodes) + " parts";
        }
        KindRef kind = array_kind(kind_of(object));
        if (kind && why_no_element(kind).empty()) {
            return {};
        }
        if (kind) {
            return at(path, why_no_element(kind));
        }
        const std::string limit = limit_of(object, depth);
        if (!limit.empty()) {
            return at(path, limit);
        }
        const Parts parts(object);
        for (const Part& part : parts.all()) {
            const std::string why = find(part.object, path + part.path, depth + 1);
            if (!why.empty()) {
                return why;
            }
        }
        const bool has_parts = PyTuple_CheckExact(object) || PyList_CheckExact(object) || PyDict_CheckExact(object) ||
                               record_class_of(Py_TYPE(object));
        if (!has_parts) {
            const std::string why_no_record = why_none(object);
            return !why_no_record.empty() ? at(path, why_no_record)
                   : path.empty()         ? std::string()
                                          : at(path, "is " + type_name(object));
        }
        // Each part of it could be an element of its own.
        if (visited_all(object, 0) > kMaximumNodes) {
            return "it has more than " + std::to_string(kMaximumNodes) + " parts";
        }
        return at(path, deepest_ >= kMaximumDepth ? "is nested more than " + std::to_string(kMaximumDepth) + " deep"
                                                  : "mixes what no column holds");
    }

private:
    /// How many objects it consists of, as far as there are not too many; notes how deep they lie.
    size_t visited_all(PyObject* object, int depth) {
        const Parts parts(object);
        size_t count = 1;
        if (!parts.all().empty()) {
            deepest_ = std::max(deepest_, depth);
        }
        for (const Part& part : parts.all()) {
            if (count <= kMaximumNodes && depth <= kMaximumDepth) {
                count += visited_all(part.object, depth + 1);
            }
        }
        return count;
    }

    static std::string limit_of(PyObject* object, int depth) {
        const bool is_row = PyTuple_CheckExact(object) || PyList_CheckExact(object);
        const bool is_dict = PyDict_CheckExact(object);
        if ((is_row || is_dict || !Parts(object).all().empty()) && depth >= kMaximumDepth) {
            return "is nested more than " + std::to_string(kMaximumDepth) + " deep";
        }
        if (is_dict && PyDict_GET_SIZE(object) == 0) {
            return "is a dict without keys";
        }
        if (is_dict && PyDict_GET_SIZE(object) > static_cast<Py_ssize_t>(kMaximumFields)) {
            return "is a dict of " + std::to_string(PyDict_GET_SIZE(object)) +
                   " keys, of which an Array holds at most " + std::to_string(kMaximumFields);
        }
        if (is_dict && Parts(object).has_other_keys()) {
            return "is a dict with a key that is no text";
        }
        const RecordClass* known = record_class_of(Py_TYPE(object));
        if (known && known->is_enum) {
            return "is a member of the enum " + quoted(known->name);
        }
        if (known && known->form == RecordForm::Object && (Parts(object).all().empty() || !Parts(object).has_all())) {
            return why_no_attributes(object);
        }
        if (is_row && PySequence_Fast_GET_SIZE(object) > static_cast<Py_ssize_t>(kMaximumRow)) {
            return "is a row of more than " + std::to_string(kMaximumRow) + " items of several kinds";
        }
        if (PyLong_CheckExact(object)) {
            return "is an int of more than 64 bits";
        }
        const std::string advice = advice_on_number(object);
        return advice.empty() ? advice : "is a number of NumPy's; " + advice;
    }

    size_t visited_ = 0;
    int deepest_ = 0;
};

std::string wanted_as(KindRef kind) {
    switch (kind->tag) {
    case Tag::Text: return "a str";
    case Tag::Float: return "a float";
    case Tag::Int: return "an int";
    case Tag::Bool: return "a bool";
    case Tag::Record: return kind->record->is_dict() ? "a dict" : "a " + quoted(kind->record->class_name);
    default: return "a row";
    }
}

bool is_alike(PyObject* object, KindRef kind) {
    switch (kind->tag) {
    case Tag::Float:
    case Tag::Int:
    case Tag::Bool: return PyFloat_Check(object) || PyIndex_Check(object);
    case Tag::Text: return PyUnicode_CheckExact(object);
    case Tag::Record:
        return kind->record->is_dict() ? PyDict_CheckExact(object)
                                       : Py_IS_TYPE(object, record_type(kind->record->class_id));
    default: return PyTuple_Check(object) || PyList_CheckExact(object);
    }
}

std::string differs(PyObject* object, KindRef kind, const std::string& path);

std::string differs_in_fields(const Parts& parts, KindRef kind, const std::string& path) {
    const std::string what = kind->record->is_dict() ? "key " : "attribute ";
    for (const std::string& name : kind->record->fields) {
        if (!parts.find(name)) {
            return at(path, "lacks the " + what + quoted(name));
        }
    }
    for (const Part& part : parts.all()) {
        const size_t field = kind->record->find(part.name);
        if (field == RecordShape::kNoField) {
            return at(path, "has the " + what + quoted(part.name) + ", which the others lack");
        }
        const std::string why = differs(part.object, kind->items[field], path + part.path);
        if (!why.empty()) {
            return why;
        }
    }
    return {};
}

/// Whether rows differ in length, and something is None in one of them.
bool lacks_kind_for_none(const Parts& parts, KindRef kind) {
    const auto may_be_none = [](KindRef item) { return item->tag == Tag::None || is_optional(item); };
    const auto is_none = [](const Part& part) { return part.object == Py_None; };
    return (kind->item || parts.all().size() != kind->items.size()) &&
           (std::ranges::any_of(kind->items, may_be_none) || std::ranges::any_of(parts.all(), is_none));
}

std::string differs(PyObject* object, KindRef kind, const std::string& path) {
    if (object == Py_None && path.empty() && is_settled(kind) && element_type(kind)->has_objects) {
        return "dicts and instances cannot be left out, nor what has them in it";
    }
    if (is_optional(kind)) {
        return object == Py_None ? std::string() : differs(object, kind->items[0], path);
    }
    if (const RecordPlace* place = record_place(object)) {
        PyObject* own = record_at(*place);
        const std::string why = own ? differs(own, kind, path) : std::string();
        PyErr_Clear();
        Py_XDECREF(own);
        return why;
    }
    if (kind->tag == Tag::None || kind->tag == Tag::Never) {
        return {};
    }
    if (!is_alike(object, kind)) {
        return path.empty() ? std::string() : at(path, "is " + type_name(object) + ", not " + wanted_as(kind));
    }
    const Parts parts(object);
    if (kind->tag == Tag::Record && kind->record->form != RecordForm::NamedTuple) {
        return differs_in_fields(parts, kind, path);
    }
    if (lacks_kind_for_none(parts, kind)) {
        return at(path, "is a row of another length, or of any, and these hold no None");
    }
    for (size_t i = 0; i < parts.all().size() && (kind->item || i < kind->items.size()); ++i) {
        const Part& part = parts.all()[i];
        const std::string why = differs(part.object, kind->item ? kind->item : kind->items[i], path + part.path);
        if (!why.empty()) {
            return why;
        }
    }
    return {};
}

}  // namespace

std::string why_no_array_kind(PyObject* object) {
    return HeldByNone().find(object, {}, 0);
}

std::string what_differs(PyObject* object, KindRef kind) {
    return differs(object, kind, {});
}

std::string advice_on_number(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    const std::string_view name = type->tp_name;
    if (!is_named_as_number(type) && name != "numpy.float16" && name != "numpy.longdouble") {
        return {};
    }
    const bool is_int = name.starts_with("numpy.int") || name.starts_with("numpy.uint") || name.ends_with("longlong");
    return name.starts_with("numpy.bool") ? "write bool(x)" : is_int ? "write int(x)" : "write float(x)";
}

}  // namespace pp::data
