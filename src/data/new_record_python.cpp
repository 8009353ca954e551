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

}  // namespace

PyObject* new_record(const RecordAccess& access, PyObject** fields) {
    PyObject* made = access.type == nullptr                  ? new_dict(access, fields)
                     : access.form == RecordForm::Number     ? new_number(access.type, fields[0])
                     : access.form == RecordForm::NamedTuple ? new_named_tuple(access, fields)
                                                             : new_instance(access, fields);
    for (size_t i = 0; i < access.fields.size(); ++i) {
        Py_DECREF(fields[i]);
    }
    return made;
}

}  // namespace pp::data
