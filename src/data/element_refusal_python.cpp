/// See element_refusal_python.h.
#include "data/element_refusal_python.h"

#include <algorithm>
#include <vector>

#include "data/element_type.h"
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
            own_attributes(object, *known, kMaximumFields, names, values);
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
            const char* name = PyUnicode_CheckExact(key) ? PyUnicode_AsUTF8(key) : nullptr;
            PyErr_Clear();  // a lone surrogate
            has_other_keys_ |= !name;
            if (name) {
                add(name, "[" + quoted(name) + "]", Py_NewRef(value));
            }
        }
    }

    std::vector<Part> parts_;
    bool has_other_keys_ = false;
};

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
        const bool has_parts = PyTuple_Check(object) || PyList_CheckExact(object) || PyDict_CheckExact(object);
        return path.empty() ? std::string()
               : has_parts  ? at(path, "mixes what no column holds")
                            : at(path, "is " + type_name(object));
    }

private:
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
        if (known && known->form == RecordForm::Object && Parts(object).all().empty()) {
            return "is an instance without attributes, or of more than " + std::to_string(kMaximumFields);
        }
        if (is_row && PySequence_Fast_GET_SIZE(object) > static_cast<Py_ssize_t>(kMaximumRow)) {
            return "is a row of more than " + std::to_string(kMaximumRow) + " items of several kinds";
        }
        if (PyLong_CheckExact(object)) {
            return "is an int of more than 64 bits";
        }
        return {};
    }

    size_t visited_ = 0;
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

}  // namespace pp::data
