/// See metaclass.h.
#include "python/metaclass.h"

#include <algorithm>
#include <string_view>

#include "data/enum_class_python.h"

namespace pp::python {

namespace {

/// What a metaclass may say without having a part in what its classes do once they are there.
bool is_about_new_classes(PyObject* name) {
    constexpr std::string_view kNames[] = {"__module__",   "__qualname__",         "__doc__",         "__new__",
                                           "__init__",     "__prepare__",          "__annotations__", "__firstlineno__",
                                           "__annotate__", "__static_attributes__"};
    const char* text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : nullptr;
    if (!text) PyErr_Clear();
    return text && std::ranges::find(kNames, std::string_view(text)) != std::end(kNames);
}

bool only_makes_classes(PyTypeObject* metaclass) {
    PyObject* mro = metaclass->tp_mro;
    for (Py_ssize_t i = 0; mro && i < PyTuple_GET_SIZE(mro); ++i) {
        auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(mro, i));
        if (base == &PyType_Type || base == &PyBaseObject_Type) continue;
        if (!PyType_HasFeature(base, Py_TPFLAGS_HEAPTYPE) || !base->tp_dict) return false;
        PyObject *name = nullptr, *value = nullptr;
        for (Py_ssize_t position = 0; PyDict_Next(base->tp_dict, &position, &name, &value);) {
            if (!is_about_new_classes(name)) return false;
        }
    }
    return mro != nullptr;
}

}  // namespace

bool is_abstract_base(PyTypeObject* type) {
    PyTypeObject* metaclass = Py_TYPE(type);
    if (metaclass == &PyType_Type) return false;
    PyObject* modules = PyImport_GetModuleDict();
    PyObject* module = modules && PyDict_CheckExact(modules) ? PyDict_GetItemString(modules, "abc") : nullptr;
    if (!module || !PyModule_CheckExact(module)) return false;
    return reinterpret_cast<PyObject*>(metaclass) == PyDict_GetItemString(PyModule_GetDict(module), "ABCMeta");
}

const data::RecordClass* plain_class(PyObject* value) {
    if (!PyType_Check(value)) return nullptr;
    auto* type = reinterpret_cast<PyTypeObject*>(value);
    const bool is_plain = Py_IS_TYPE(value, &PyType_Type) || data::is_enum_class(type) || is_abstract_base(type) ||
                          only_makes_classes(Py_TYPE(value));
    return is_plain ? data::record_class_of(type) : nullptr;
}

}  // namespace pp::python
