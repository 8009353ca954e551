/// See exceptions.h.
#include "python/exceptions.h"

#include <new>

#include "data/array_elements_python.h"
#include "data/interpreter_python.h"

namespace pp::python {

namespace {

PyObject* class_for(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::Unsupported: return error_class("UnsupportedError");
    case ErrorKind::Conversion: return error_class("ConversionError");
    case ErrorKind::Device: return error_class("DeviceError");
    case ErrorKind::Value: return PyExc_ValueError;
    case ErrorKind::Type: return PyExc_TypeError;
    case ErrorKind::Memory: return PyExc_MemoryError;
    case ErrorKind::Overflow: return PyExc_OverflowError;
    case ErrorKind::Buffer: return PyExc_BufferError;
    }
    return PyExc_RuntimeError;
}

struct Errors {
    Object module = checked(PyImport_ImportModule("parallel_party._errors"));
};

/// An exception that is made once and raised by many calls would collect a note in each.
bool has_note(PyObject* error, const char* note) noexcept {
    Object notes = Object::steal(PyObject_GetAttrString(error, "__notes__"));
    Object text = notes ? Object::steal(PyUnicode_FromString(note)) : Object();
    const bool found = text && PyList_CheckExact(notes.get()) && PySequence_Contains(notes.get(), text.get()) == 1;
    PyErr_Clear();  // no notes so far, or none that can be compared
    return found;
}

}  // namespace

PyObject* error_class(const char* name) {
    PyObject* module = data::Interpreter::current().the<Errors>().module.get();
    Object found = checked(PyObject_GetAttrString(module, name));
    return found.get();  // the module keeps it
}

PyObject* raise_current_exception() noexcept {
    try {
        throw;
    } catch (const PythonError&) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "an error without an exception");
    } catch (const data::PythonErrorSet&) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "an error without an exception");
    } catch (const UserError& error) {
        try {
            PyErr_SetString(class_for(error.kind()), error.what());
        } catch (const PythonError&) {
            // The import of _errors failed: that exception is set and says so.
        }
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    }
    return nullptr;
}

Object take_current_error() noexcept {
    PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace) PyException_SetTraceback(value, trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
    return Object::steal(value);
}

void set_error(Object exception) noexcept {
    PyObject* trace = PyException_GetTraceback(exception.get());
    PyObject* type = Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(exception.get())));
    // Not PyErr_SetObject: it would make what is being handled the context of an exception that has its own.
    PyErr_Restore(type, exception.release(), trace);
}

void add_note_to_current_error(const char* note) noexcept {
    Object error = take_current_error();
    if (!has_note(error.get(), note)) {
        Object answer = Object::steal(PyObject_CallMethod(error.get(), "add_note", "s", note));
        if (!answer) PyErr_Clear();  // an exception whose class refuses notes is still the user's exception
    }
    set_error(std::move(error));
}

}  // namespace pp::python
