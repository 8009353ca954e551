/// See enum_class_python.h.
#include "data/enum_class_python.h"

namespace pp::data {
namespace {

/// What the module `enum`, where it is loaded, has under a name; borrowed, or null without an exception.
PyObject* in_enum(const char* name) {
    PyObject* modules = PyImport_GetModuleDict();
    PyObject* module = modules && PyDict_CheckExact(modules) ? PyDict_GetItemString(modules, "enum") : nullptr;
    return module && PyModule_CheckExact(module) ? PyDict_GetItemString(PyModule_GetDict(module), name) : nullptr;
}

}  // namespace

bool is_enum_class(PyTypeObject* type) {
    PyTypeObject* metaclass = Py_TYPE(type);
    // All others need not look for the module.
    return metaclass != &PyType_Type && reinterpret_cast<PyObject*>(metaclass) == in_enum("EnumType");
}

bool is_enum_property(PyObject* object) {
    PyTypeObject* type = Py_TYPE(object);
    return PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && reinterpret_cast<PyObject*>(type) == in_enum("property");
}

}  // namespace pp::data
