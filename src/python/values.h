/// Python objects made of C++ values.
#pragma once

#include <Python.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "python/object.h"

namespace pp::python {

// A new object each; GIL held; throws PythonError.

inline Object to_python(const Object& object) {
    return object;
}
inline Object to_python(bool value) {
    return Object::borrow(value ? Py_True : Py_False);
}
inline Object to_python(int value) {
    return checked(PyLong_FromLong(value));
}
inline Object to_python(int64_t value) {
    return checked(PyLong_FromLongLong(value));
}
inline Object to_python(uint64_t value) {
    return checked(PyLong_FromUnsignedLongLong(value));
}
inline Object to_python(double value) {
    return checked(PyFloat_FromDouble(value));
}
inline Object to_python(const std::string& text) {
    return checked(PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
}
inline Object to_python(const char* text) {
    return checked(PyUnicode_FromString(text));
}

template <typename... T> Object to_python(const std::tuple<T...>& values);

template <typename T> Object to_python(const std::optional<T>& value) {
    return value ? to_python(*value) : Object::borrow(Py_None);
}

template <typename T> Object to_python(const std::vector<T>& values) {
    Object list = checked(PyList_New(static_cast<Py_ssize_t>(values.size())));
    for (size_t i = 0; i < values.size(); ++i)
        PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), to_python(values[i]).release());
    return list;
}

template <typename... T> Object to_python(const std::tuple<T...>& values) {
    Object tuple = checked(PyTuple_New(sizeof...(T)));
    Py_ssize_t next = 0;
    std::apply([&](const T&... value) { (PyTuple_SET_ITEM(tuple.get(), next++, to_python(value).release()), ...); },
               values);
    return tuple;
}

inline Object make_dict(std::initializer_list<std::pair<const char*, Object>> items) {
    Object dict = checked(PyDict_New());
    for (const auto& [name, value] : items)
        checked(PyDict_SetItemString(dict.get(), name, value.get()));
    return dict;
}

}  // namespace pp::python
