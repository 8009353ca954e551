/// See class_lookup_python.h.
#include "data/class_lookup_python.h"

namespace pp::data {

namespace {

/// In classes of `bases` from number `first` on.
PyObject* look_up_in(PyObject* bases, Py_ssize_t first, PyObject* name) {
    for (Py_ssize_t i = first; i < PyTuple_GET_SIZE(bases); ++i) {
        auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(bases, i));
#if PY_VERSION_HEX >= 0x030C0000
        PyObject* dict = PyType_GetDict(base);
        PyObject* value = dict ? PyDict_GetItemWithError(dict, name) : nullptr;
        Py_XDECREF(dict);
#else
        PyObject* value = base->tp_dict ? PyDict_GetItemWithError(base->tp_dict, name) : nullptr;
#endif
        if (value) {
            return value;
        }
        if (PyErr_Occurred()) {
            PyErr_Clear();  // a key of the user's own class that cannot be compared
        }
    }
    return nullptr;
}

}  // namespace

PyObject* look_up_in_class(PyTypeObject* type, PyObject* name) {
    return type->tp_mro ? look_up_in(type->tp_mro, 0, name) : nullptr;
}

PyObject* look_up_behind(PyTypeObject* type, PyTypeObject* base, PyObject* name) {
    PyObject* bases = type->tp_mro;
    for (Py_ssize_t i = 0; bases && i < PyTuple_GET_SIZE(bases); ++i) {
        if (PyTuple_GET_ITEM(bases, i) == reinterpret_cast<PyObject*>(base)) {
            return look_up_in(bases, i + 1, name);
        }
    }
    return nullptr;
}

PyObject* look_up_in_class(PyTypeObject* type, const char* name) {
    PyObject* text = PyUnicode_InternFromString(name);
    if (!text) {
        PyErr_Clear();
        return nullptr;
    }
    PyObject* value = look_up_in_class(type, text);
    Py_DECREF(text);
    return value;
}

}  // namespace pp::data
