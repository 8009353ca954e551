/// See number_class_python.h.
#include "data/number_class_python.h"

#include <array>
#include <string_view>

namespace pp::data {
namespace {

struct Named {
    std::string_view name;
    NumberLayout format;
};

constexpr std::array kTypes = {
    Named{"numpy.float64", NumberLayout::F64}, Named{"numpy.float32", NumberLayout::F32},
    Named{"numpy.int64", NumberLayout::I64},   Named{"numpy.longlong", NumberLayout::I64},
    Named{"numpy.int32", NumberLayout::I32},   Named{"numpy.int16", NumberLayout::I16},
    Named{"numpy.int8", NumberLayout::I8},     Named{"numpy.uint64", NumberLayout::U64},
    Named{"numpy.uint32", NumberLayout::U32},  Named{"numpy.uint16", NumberLayout::U16},
    Named{"numpy.uint8", NumberLayout::U8},    Named{"numpy.ulonglong", NumberLayout::U64},
    Named{"numpy.bool_", NumberLayout::Bool},  Named{"numpy.bool", NumberLayout::Bool},
};

NumberLayout named_layout(PyTypeObject* type) {
    const std::string_view name = type->tp_name;
    for (const Named& known : kTypes) {
        if (name == known.name) {
            return known.format;
        }
    }
    return NumberLayout::None;
}

bool is_float(NumberLayout format) {
    return format == NumberLayout::F64 || format == NumberLayout::F32;
}

/// What Python's own conversion makes of the object is what lies behind its head.
bool agrees(PyObject* object, NumberLayout format) {
    uint64_t bits = 0;
    if (!raw_number(object, format, bits)) {
        return false;
    }
    if (is_float(format)) {
        const double expected = PyFloat_AsDouble(object);
        return !PyErr_Occurred() && std::bit_cast<double>(bits) == expected;
    }
    PyObject* number = PyNumber_Long(object);
    const long long expected = number ? PyLong_AsLongLong(number) : 0;
    Py_XDECREF(number);
    return !PyErr_Occurred() && static_cast<long long>(bits) == expected;
}

Py_ssize_t bytes_of(NumberLayout format) {
    switch (format) {
    case NumberLayout::F32:
    case NumberLayout::I32:
    case NumberLayout::U32: return 4;
    case NumberLayout::I16:
    case NumberLayout::U16: return 2;
    case NumberLayout::I8:
    case NumberLayout::U8:
    case NumberLayout::Bool: return 1;
    default: return 8;
    }
}

bool works(PyTypeObject* type, NumberLayout format) {
    if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) || type->tp_itemsize != 0 || PyType_IS_GC(type) ||
        type->tp_basicsize < static_cast<Py_ssize_t>(sizeof(PyObject)) + bytes_of(format)) {
        return false;
    }
    for (const double value : {0.0, 1.0, 1.5, 77.0, -3.25, -100.0}) {
        const bool is_unsigned = format >= NumberLayout::U64;
        PyObject* object = nullptr;
        if (!(value < 0 && is_unsigned)) {
            object = is_float(format)
                         ? PyObject_CallFunction(reinterpret_cast<PyObject*>(type), "d", value)
                         : PyObject_CallFunction(reinterpret_cast<PyObject*>(type), "L", static_cast<long long>(value));
            const bool fits = object && Py_IS_TYPE(object, type) && agrees(object, format);
            Py_XDECREF(object);
            if (!fits) {
                return false;
            }
        }
    }
    return true;
}

template <typename Stored> void store(PyObject* object, Stored value) {
    std::memcpy(object + 1, &value, sizeof value);
}

}  // namespace

bool is_named_as_number(PyTypeObject* type) {
    return std::strncmp(type->tp_name, "numpy.", 6) == 0 && named_layout(type) != NumberLayout::None;
}

NumberLayout find_number_layout(PyTypeObject* type) {
    const NumberLayout format = named_layout(type);
    const bool is_known = format != NumberLayout::None && works(type, format);
    PyErr_Clear();  // no memory for the test: the caller will meet the shortage itself
    return is_known ? format : NumberLayout::None;
}

PyTypeObject* number_truth_type() {
    PyObject* modules = PyImport_GetModuleDict();
    PyObject* module = modules && PyDict_CheckExact(modules) ? PyDict_GetItemString(modules, "numpy") : nullptr;
    PyObject* found =
        module && PyModule_CheckExact(module) ? PyDict_GetItemString(PyModule_GetDict(module), "bool_") : nullptr;
    return found && PyType_Check(found) ? reinterpret_cast<PyTypeObject*>(found) : nullptr;
}

PyObject* new_number(PyTypeObject* type, PyObject* value) {
    if (PyBool_Check(value)) {
        // There are two of them, which numpy gives to whoever calls the type.
        return PyObject_CallOneArg(reinterpret_cast<PyObject*>(type), value);
    }
    PyObject* made = type->tp_alloc(type, 0);
    if (made) {
        store(made, PyFloat_AS_DOUBLE(value));
    }
    return made;
}

}  // namespace pp::data
