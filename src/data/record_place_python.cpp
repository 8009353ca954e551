/// See record_place_python.h.
#include "data/record_place_python.h"

#include <structmember.h>

#include <algorithm>

#include "data/array_body.h"
#include "data/class_lookup_python.h"
#include "data/element_object_python.h"
#include "data/field_name_python.h"
#include "data/record_class_python.h"

namespace pp::data {
namespace {

bool is_frozen_dataclass(PyTypeObject* type) {
    PyObject* parameters = look_up_in_class(type, "__dataclass_params__");
    PyObject* frozen = parameters ? PyObject_GetAttrString(parameters, "frozen") : nullptr;
    PyErr_Clear();
    Py_XDECREF(frozen);
    return frozen == Py_True;
}

bool sets_as_object_does(PyTypeObject* type) {
    return type->tp_setattro == PyObject_GenericSetAttr;
}

/// Whether a class can be derived from those of that metaclass as `type` does it. What `abc.ABCMeta` and protocols add
/// concerns their own classes.
bool derives_as_type_does(PyTypeObject* metaclass) {
    if (metaclass->tp_new == PyType_Type.tp_new) {
        return true;
    }
    PyObject* maker = look_up_in_class(metaclass, "__new__");
    PyObject* function = maker ? PyObject_GetAttrString(maker, "__func__") : nullptr;  // of a staticmethod
    PyObject* module = function ? PyObject_GetAttrString(function, "__module__") : nullptr;
    PyErr_Clear();
    Py_XDECREF(function);
    const bool is_known = module && PyUnicode_Check(module) &&
                          (PyUnicode_CompareWithASCIIString(module, "abc") == 0 ||
                           PyUnicode_CompareWithASCIIString(module, "typing") == 0);
    Py_XDECREF(module);
    return is_known && metaclass->tp_call == PyType_Type.tp_call;
}

/// A property that stands before an attribute of its name: reading the one does not give the other.
bool has_property(PyTypeObject* type, const RecordShape& shape) {
    return std::ranges::any_of(shape.fields, [type](const std::string& field) {
        PyObject* found = look_up_in_class(type, field.c_str());
        return found && !Py_IS_TYPE(found, &PyMemberDescr_Type) && Py_TYPE(found)->tp_descr_set != nullptr;
    });
}

std::string why_no_instance(KindRef kind) {
    PyTypeObject* type = record_type(kind->record->class_id);
    const std::string& name = kind->record->class_name;
    if (!type) {
        return "the class '" + name + "' is gone";
    }
    const auto has_nul = [](const std::string& field) { return field.find('\0') != std::string::npos; };
    if (std::ranges::any_of(kind->record->fields, has_nul)) {  // what shows elements has C's names
        return "'" + name + "' has an attribute with a NUL in its name";
    }
    if (has_property(type, *kind->record)) {
        return "'" + name + "' has a property before an attribute of the same name";
    }
    if (is_frozen_dataclass(type)) {
        return {};
    }
    if (!sets_as_object_does(type)) {
        return "'" + name + "' has a __setattr__ of its own";
    }
    if (!derives_as_type_does(Py_TYPE(type))) {
        return "the metaclass of '" + name + "' makes classes in a way of its own";
    }
    return {};
}

bool has_shown(KindRef kind) {
    return is_shown(kind) || std::ranges::any_of(kind->items, [](KindRef item) { return has_shown(item); });
}

}  // namespace

std::vector<LeafView> RecordPlace::leaves(bool writes) const {
    ArrayBody& body = *ref->body();
    const int64_t index = ref->index();
    writes ? body.before_write(index, index + 1) : body.before_read(index, index + 1);
    std::vector<LeafView> leaves;
    for (size_t i = 0; i < ref->type()->leaves.size(); ++i) {
        leaves.push_back(body.leaf(ref->first_leaf() + i).from(index));
    }
    return leaves;
}

RecordPlace* record_place(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    if (type->tp_getattro != get_shown_attribute) {
        return nullptr;
    }
    if (type->tp_setattro == set_shown_attribute) {
        object = *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + type->tp_basicsize - sizeof(object));
    }
    return reinterpret_cast<RecordPlace*>(object);
}

PyObject* record_at(const RecordPlace& place) {
    return element_object(*place.ref->type(), place.leaves(false), 0);
}

PyObject* get_shown_attribute(PyObject* object, PyObject* name) {
    return PyObject_GenericGetAttr(object, name);
}

int set_shown_attribute(PyObject* object, PyObject* name, PyObject* value) {
    PyObject* found = PyUnicode_CheckExact(name) ? look_up_in_class(Py_TYPE(object), name) : nullptr;
    // Slots that the Array does not hold would keep what nobody else sees.
    if (found && Py_TYPE(found)->tp_descr_set && !Py_IS_TYPE(found, &PyMemberDescr_Type)) {
        return PyObject_GenericSetAttr(object, name, value);
    }
    PyErr_Format(PyExc_AttributeError, "the Array of '%.200s' holds no attribute %R that could be set",
                 Py_TYPE(object)->tp_name, name);
    return -1;
}

bool is_shown(KindRef record) {
    if (record->tag != Tag::Record || record->record->form == RecordForm::NamedTuple || is_optional(record)) {
        return false;
    }
    PyTypeObject* type = record->record->is_dict() ? nullptr : record_type(record->record->class_id);
    return !type || !is_frozen_dataclass(type);
}

bool has_shown(const ElementType& type) {
    return type.has_objects && has_shown(type.kind);
}

std::string why_no_element(KindRef kind) {
    std::string why = kind->is_record(RecordForm::Object) ? why_no_instance(kind) : std::string();
    for (size_t i = 0; why.empty() && i < kind->items.size(); ++i) {
        why = why_no_element(kind->items[i]);
    }
    return why;
}

KindRef in_class_order(KindRef kind) {
    if (kind->items.empty()) {
        return kind;
    }
    std::vector<KindRef> items;
    for (KindRef item : kind->items) {
        items.push_back(in_class_order(item));
    }
    kind = with_items(kind, items);
    PyTypeObject* type = kind->is_record(RecordForm::Object) ? record_type(kind->record->class_id) : nullptr;
    PyObject* fields = type ? look_up_in_class(type, "__dataclass_fields__") : nullptr;
    if (!fields || !PyDict_CheckExact(fields)) {
        return kind;
    }
    std::vector<std::string> names;
    PyObject *key = nullptr, *value = nullptr;
    for (Py_ssize_t position = 0; PyDict_Next(fields, &position, &key, &value);) {
        std::vector<std::string> name;
        if (append_name(key, name) && kind->record->find(name.front()) != RecordShape::kNoField) {
            names.push_back(name.front());
        }
    }
    for (const std::string& name : kind->record->fields) {
        if (std::ranges::find(names, name) == names.end()) {
            names.push_back(name);
        }
    }
    const RecordShape* shape =
        record_shape(RecordForm::Object, kind->record->class_id, kind->record->class_name, names);
    return in_order_of(record_kind(shape, kind->items), kind);
}

PyObject* shown_element(const std::shared_ptr<ArrayBody>& body, int64_t index, ElementTypeRef type, size_t first_leaf,
                        ShowRecord show) {
    if (!type->has_objects) {
        std::vector<LeafView> leaves;
        for (size_t i = 0; i < type->leaves.size(); ++i) {
            leaves.push_back(body->leaf(first_leaf + i));
        }
        return element_object(*type, leaves, index);
    }
    if (is_shown(type->kind)) {
        return show(body, index, type, first_leaf);
    }
    std::vector<PyObject*> items;
    for (size_t i = 0; i < type->kind->items.size(); ++i) {
        size_t leaf = 0;
        ElementTypeRef item = item_type(*type, i, leaf);
        items.push_back(shown_element(body, index, item, first_leaf + leaf, show));
        if (!items.back()) {
            break;
        }
    }
    return row_object(type->kind, items);
}

}  // namespace pp::data
