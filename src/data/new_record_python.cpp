/// See new_record_python.h.
#include "data/new_record_python.h"

#include "data/number_class_python.h"

namespace pp::data {
namespace {

PyObject* new_dict(const RecordAccess& access, PyObject* const* fields) {
    PyObject* dict = PyDict_New();
    for (size_t i = 0; dict && i < access.fields.size(); ++i) {
        if (PyDict_SetItem(dict, access.fields[i].name, fields[i]) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

/// By tuple's own `__new__`, which takes the items of any tuple.
PyObject* new_named_tuple(const RecordAccess& access, PyObject* const* fields) {
    const auto size = static_cast<Py_ssize_t>(access.fields.size());
    PyObject* items = PyTuple_New(size);
    for (Py_ssize_t i = 0; items && i < size; ++i) {
        PyTuple_SET_ITEM(items, i, Py_NewRef(fields[i]));
    }
    PyObject* arguments = items ? PyTuple_Pack(1, items) : nullptr;
    PyObject* made = arguments ? PyTuple_Type.tp_new(access.type, arguments, nullptr) : nullptr;
    Py_XDECREF(arguments);
    Py_XDECREF(items);
    return made;
}

/// By object's own `__new__`; no attribute is a data descriptor of Python's, which is asked before the run.
PyObject* new_instance(const RecordAccess& access, PyObject* const* fields) {
    PyObject* nothing = PyTuple_New(0);
    PyObject* made = nothing ? PyBaseObject_Type.tp_new(access.type, nothing, nullptr) : nullptr;
    Py_XDECREF(nothing);
    for (size_t i = 0; made && i < access.fields.size(); ++i) {
        if (PyObject_GenericSetAttr(made, access.fields[i].name, fields[i]) < 0) {
            Py_CLEAR(made);
        }
    }
    return made;
}

PyTypeObject* factory_of(ItemsType type) {
    switch (type) {
    case ItemsType::IntDefaults: return &PyLong_Type;
    case ItemsType::FloatDefaults: return &PyFloat_Type;
    case ItemsType::BoolDefaults: return &PyBool_Type;
    case ItemsType::TextDefaults: return &PyUnicode_Type;
    case ItemsType::ListDefaults: return &PyList_Type;
    default: return nullptr;
    }
}

/// `collections.name()`, with up to two arguments.
PyObject* from_collections(const char* name, PyObject* first = nullptr, PyObject* second = nullptr) {
    PyObject* module = PyImport_ImportModule("collections");
    PyObject* type = module ? PyObject_GetAttrString(module, name) : nullptr;
    PyObject* made = type ? PyObject_CallFunctionObjArgs(type, first, second, nullptr) : nullptr;
    Py_XDECREF(type);
    Py_XDECREF(module);
    return made;
}

/// A dict or defaultdict of these keys and values, in this order.
PyObject* new_dict_of_items(ItemsType type, PyObject* keys, PyObject* values) {
    auto* factory = reinterpret_cast<PyObject*>(factory_of(type));
    PyObject* dict = factory ? from_collections("defaultdict", factory) : PyDict_New();
    for (Py_ssize_t i = 0; dict && i < PyList_GET_SIZE(keys); ++i) {
        if (PyDict_SetItem(dict, PyList_GET_ITEM(keys, i), PyList_GET_ITEM(values, i)) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

/// Of the items from number `head` on; takes the others out of the list.
PyObject* new_deque(PyObject* items, PyObject* head, PyObject* limit) {
    const Py_ssize_t first = PyLong_AsSsize_t(head);
    const bool is_cut = !(first == -1 && PyErr_Occurred()) && PyList_SetSlice(items, 0, first, nullptr) == 0;
    return is_cut ? from_collections("deque", items, limit) : nullptr;
}

/// The container of what is in the lists, put in one by one: so CPython decides upon the order of a set.
PyObject* new_container(ItemsType type, PyObject* const* fields) {
    switch (type) {
    case ItemsType::Set: return PySet_New(fields[0]);
    case ItemsType::Counter: return from_collections("Counter", fields[0]);
    case ItemsType::Frozenset: return PyFrozenSet_New(fields[0]);
    case ItemsType::Deque: return new_deque(fields[0], fields[1], fields[2]);
    default: return new_dict_of_items(type, fields[0], fields[1]);
    }
}

}  // namespace

PyObject* new_record(const RecordAccess& access, PyObject** fields) {
    PyObject* made = access.form == RecordForm::Items        ? new_container(access.items_type, fields)
                     : access.type == nullptr                ? new_dict(access, fields)
                     : access.form == RecordForm::Number     ? new_number(access.type, fields[0])
                     : access.form == RecordForm::NamedTuple ? new_named_tuple(access, fields)
                                                             : new_instance(access, fields);
    for (size_t i = 0; i < access.fields.size(); ++i) {
        Py_DECREF(fields[i]);
    }
    return made;
}

}  // namespace pp::data
