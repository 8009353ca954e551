/// Owned references to Python objects, and the exception that carries a Python error through C++.
#pragma once

#include <Python.h>

#include <utility>

namespace pp::python {

/// A strong reference. All of its operations need the GIL.
class Object {
public:
    Object() = default;
    static Object steal(PyObject* object) noexcept {
        Object result;
        result.pointer_ = object;
        return result;
    }
    static Object borrow(PyObject* object) noexcept { return steal(Py_XNewRef(object)); }
    Object(const Object& other) noexcept : pointer_(Py_XNewRef(other.pointer_)) {}
    Object(Object&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
    Object& operator=(Object other) noexcept {
        std::swap(pointer_, other.pointer_);
        return *this;
    }
    ~Object() { Py_XDECREF(pointer_); }
    PyObject* get() const noexcept { return pointer_; }
    PyObject* release() noexcept { return std::exchange(pointer_, nullptr); }
    explicit operator bool() const noexcept { return pointer_ != nullptr; }

private:
    PyObject* pointer_ = nullptr;
};

/// Thrown where a Python exception has been set.
struct PythonError {};

/// `object` as an owned reference; a null one means that an exception has been set.
inline Object checked(PyObject* object) {
    if (!object) throw PythonError{};
    return Object::steal(object);
}
inline void checked(int status) {
    if (status < 0) throw PythonError{};
}

}  // namespace pp::python
