/// See abstract_class.h.
#include "python/abstract_class.h"

namespace pp::python {

bool is_abstract_base(PyTypeObject* type) {
    PyTypeObject* metaclass = Py_TYPE(type);
    if (metaclass == &PyType_Type) return false;
    PyObject* modules = PyImport_GetModuleDict();
    PyObject* module = modules && PyDict_CheckExact(modules) ? PyDict_GetItemString(modules, "abc") : nullptr;
    if (!module || !PyModule_CheckExact(module)) return false;
    return reinterpret_cast<PyObject*>(metaclass) == PyDict_GetItemString(PyModule_GetDict(module), "ABCMeta");
}

}  // namespace pp::python
