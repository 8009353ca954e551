/// What the files of the test extension `_data_probe` share.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <exception>

#include "data/reader_python.h"
#include "ir/kind.h"

namespace probe {

/// Thrown where a Python exception is set.
struct PythonError : std::exception {};

/// `object`, or PythonError where it is null.
PyObject* check(PyObject* object);

/// 'float', 'int', 'bool', 'None'; an int for the object of that number; a tuple or list of such for a row.
pp::KindRef parse_kind(PyObject* description);

/// The items of a list or tuple.
pp::data::ElementSpan span_of(PyObject* row);

/// Runs `body` and turns what it throws into a Python exception.
template <typename Body> PyObject* guarded(Body body) {
    try {
        return body();
    } catch (const PythonError&) {
    } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
    }
    return nullptr;
}

PyObject* box(PyObject* module, PyObject* arguments, PyObject* keywords);
PyObject* rebuild(PyObject* module, PyObject* arguments);
PyObject* claim(PyObject* module, PyObject* arguments);
PyObject* time_box(PyObject* module, PyObject* arguments);

}  // namespace probe
