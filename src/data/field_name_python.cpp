/// See field_name_python.h.
#include "data/field_name_python.h"

namespace pp::data {

bool append_name(PyObject* text, std::vector<std::string>& names) {
    Py_ssize_t size = 0;
    const char* utf8 = PyUnicode_CheckExact(text) ? PyUnicode_AsUTF8AndSize(text, &size) : nullptr;
    if (!utf8) {
        PyErr_Clear();  // a lone surrogate: such a name is left to CPython
        return false;
    }
    names.emplace_back(utf8, static_cast<size_t>(size));
    return true;
}

PyObject* interned_name(const std::string& name) {
    PyObject* text = PyUnicode_FromStringAndSize(name.data(), static_cast<Py_ssize_t>(name.size()));
    if (text) {
        PyUnicode_InternInPlace(&text);
    }
    return text;
}

}  // namespace pp::data
