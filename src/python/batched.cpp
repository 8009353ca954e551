/// See batched.h.
#include "python/batched.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.h"
#include "data/boxer_python.h"
#include "data/buffer_filler_python.h"
#include "data/interpreter_python.h"

namespace pp::python {

namespace {

struct BatchedClass {
    Object module = checked(PyImport_ImportModule("parallel_party._batched"));
    Object type = checked(PyObject_GetAttrString(module.get(), "batched"));
};

/// Fills a list with what `make(first, count)` gives for the items of each row.
template <typename Make> Object make_rows(int64_t items, int64_t n, Make make) {
    const data::CollectorPause pause;
    Object rows = checked(PyList_New((items + n - 1) / n));
    for (int64_t row = 0; row * n < items; ++row) {
        PyObject* made = make(row * n, std::min(n, items - row * n));
        if (!made) throw PythonError{};
        PyList_SET_ITEM(rows.get(), row, made);
    }
    return rows;
}

}  // namespace

bool is_batched(PyObject* object) {
    return std::string_view(Py_TYPE(object)->tp_name) == "batched" &&
           reinterpret_cast<PyObject*>(Py_TYPE(object)) == data::Interpreter::current().the<BatchedClass>().type.get();
}

Batched take_batched(PyObject* object) {
    Object n = checked(PyObject_GetAttrString(object, "n"));
    int64_t count = PyLong_AsLongLong(n.get());
    if (count < 1) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "n must be at least one");
        throw PythonError{};
    }
    return {checked(PyObject_GetAttrString(object, "data")), count};
}

Object rows_of(const Batched& batched) {
    PyObject* data = batched.data.get();
    if (PyTuple_Check(data)) {
        return make_rows(PyTuple_GET_SIZE(data), batched.n,
                         [&](int64_t first, int64_t count) { return PyTuple_GetSlice(data, first, first + count); });
    }
    if (PyList_Check(data)) {
        Object copy = checked(PyList_AsTuple(data));
        return make_rows(PyTuple_GET_SIZE(copy.get()), batched.n, [&](int64_t first, int64_t count) {
            return PyTuple_GetSlice(copy.get(), first, first + count);
        });
    }
    const NumberBuffer buffer(data, false);
    return make_rows(buffer.count(), batched.n, [&](int64_t first, int64_t count) {
        return data::tuple_of_numbers(buffer.format(), buffer.memory() + first * buffer.item_bytes(), count);
    });
}

NumberBuffer::NumberBuffer(PyObject* object, bool is_written) {
    checked(PyObject_GetBuffer(object, &view_, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS | (is_written ? PyBUF_WRITABLE : 0)));
    const std::string_view format = view_.format ? view_.format : "B";
    const auto known = data::number_format(format, static_cast<size_t>(view_.itemsize));
    const bool has_fit_shape = view_.ndim == 1 || (is_written && view_.ndim == 2 && view_.shape[1] > 0);
    if (known && has_fit_shape) {
        format_ = *known;
        return;
    }
    const char* shapes = is_written
                             ? "a buffer that is written must have one dimension, or two, of which rows are the second"
                             : "a buffer of numbers must have one dimension";
    const std::string message = !has_fit_shape ? shapes
                                : format.ends_with('?')
                                    ? "a buffer of bools takes bools only, that a function gives of Arrays and buffers"
                                    : "a buffer of format '" + std::string(format) +
                                          "' holds no numbers that are known here: d, f, q, i, h, b and the "
                                          "unsigned ones are";
    PyBuffer_Release(&view_);
    throw UserError(ErrorKind::Type, message);
}

}  // namespace pp::python
