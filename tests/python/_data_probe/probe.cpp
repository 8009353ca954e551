/// The test extension `_data_probe`: kinds and readers of src/data as Python functions.
#include "probe.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "data/column.h"
#include "data/pools_python.h"
#include "data/range_reader_python.h"
#include "device/thread_pool.h"

namespace probe {

PyObject* check(PyObject* object) {
    if (!object) {
        throw PythonError();
    }
    return object;
}

pp::data::ElementSpan span_of(PyObject* row) {
    if (!PyList_CheckExact(row) && !PyTuple_CheckExact(row)) {
        PyErr_SetString(PyExc_TypeError, "a list or tuple is needed");
        throw PythonError();
    }
    return {PySequence_Fast_ITEMS(row), static_cast<int64_t>(PySequence_Fast_GET_SIZE(row))};
}

pp::KindRef parse_kind(PyObject* description) {
    if (PyLong_Check(description)) {
        return pp::object_kind(static_cast<uint32_t>(PyLong_AsUnsignedLong(description)));
    }
    if (PyUnicode_Check(description)) {
        const std::string text = PyUnicode_AsUTF8(description);
        for (pp::KindRef kind : {pp::float_kind(), pp::int_kind(), pp::bool_kind(), pp::none_kind(), pp::any_kind(),
                                 pp::some_kind(), pp::other_kind(), pp::complex_kind()}) {
            if (kind->to_string() == text) {
                return kind;
            }
        }
        PyErr_Format(PyExc_ValueError, "%R is no kind", description);
        throw PythonError();
    }
    const pp::data::ElementSpan row = span_of(description);
    std::vector<pp::KindRef> items;
    for (int64_t i = 0; i < row.count; ++i) {
        items.push_back(parse_kind(row.items[i]));
    }
    return PyTuple_CheckExact(description) ? pp::tuple_kind(items) : pp::list_kind(items);
}

namespace {

/// One column being read: its arrays and what is asked for.
struct ColumnRead {
    pp::KindRef kind;
    pp::data::ElementSpan elements;
    std::string path;
    std::vector<int64_t> indices;
    bool by_indices;
    std::vector<pp::ir::Type> types;
    pp::data::Arrays arrays;
    std::vector<int64_t> others;

    ColumnRead(PyObject* column, PyObject* description, const char* way, PyObject* selected)
        : kind(parse_kind(description)), elements(span_of(column)), path(way), by_indices(selected != Py_None) {
        if (by_indices) {
            const pp::data::ElementSpan numbers = span_of(selected);
            for (int64_t i = 0; i < numbers.count; ++i) {
                indices.push_back(PyLong_AsLongLong(numbers.items[i]));
            }
        }
        std::vector<pp::KindRef> leaves;
        pp::append_leaves(kind, leaves);
        for (pp::KindRef leaf : leaves) {
            types.push_back(leaf->tag == pp::Tag::Float ? pp::ir::Type::F64
                            : leaf->tag == pp::Tag::Int ? pp::ir::Type::I64
                                                        : pp::ir::Type::Bool);
        }
        arrays = pp::data::Arrays(types, count());
    }

    int64_t count() const { return by_indices ? static_cast<int64_t>(indices.size()) : elements.count; }

    void run() {
        others.clear();
        if (path == "auto") {
            if (by_indices) {
                pp::data::read_elements_at(elements, indices, kind, arrays.pointers(), others);
            } else {
                pp::data::read_elements(elements, kind, arrays.pointers(), others);
            }
            return;
        }
        const pp::data::ReadPlan& plan = pp::data::read_plan(kind);
        const std::vector<const pp::data::RecordAccess*> records = pp::data::record_accesses(plan);
        const pp::data::ReadJob job{
            &plan,   elements.items, by_indices ? indices.data() : nullptr, arrays.pointers().data(),
            nullptr, records.data()};
        if (path == "raw") {
            pp::data::raw_read_range(job, 0, count(), others);
        } else {
            pp::data::api_read_range(job, 0, count(), others);
        }
    }
};

PyObject* kind_of(PyObject*, PyObject* object) {
    return guarded([&]() -> PyObject* {
        const pp::KindRef kind = pp::data::kind_of(object);
        return kind ? PyUnicode_FromString(kind->to_string().c_str()) : Py_NewRef(Py_None);
    });
}

PyObject* read(PyObject*, PyObject* arguments) {
    PyObject* column;
    PyObject* description;
    const char* path = "auto";
    PyObject* selected = Py_None;
    if (!PyArg_ParseTuple(arguments, "OO|sO", &column, &description, &path, &selected)) {
        return nullptr;
    }
    return guarded([&] {
        ColumnRead job(column, description, path, selected);
        job.run();
        PyObject* leaves = check(PyList_New(0));
        for (size_t i = 0; i < job.types.size(); ++i) {
            const auto bytes = static_cast<Py_ssize_t>(pp::data::storage_bytes(job.types[i])) * job.count();
            PyObject* leaf = check(PyBytes_FromStringAndSize(job.arrays.as<char>(i), bytes));
            PyList_Append(leaves, leaf);
            Py_DECREF(leaf);
        }
        PyObject* others = check(PyList_New(0));
        for (int64_t index : job.others) {
            PyObject* number = check(PyLong_FromLongLong(index));
            PyList_Append(others, number);
            Py_DECREF(number);
        }
        return Py_BuildValue("NN", leaves, others);
    });
}

PyObject* read_uniform(PyObject*, PyObject* arguments) {
    PyObject* value;
    PyObject* description;
    const char* path = "auto";
    if (!PyArg_ParseTuple(arguments, "OO|s", &value, &description, &path)) {
        return nullptr;
    }
    return guarded([&]() -> PyObject* {
        const pp::KindRef kind = parse_kind(description);
        std::vector<uint64_t> words(kind->leaves);
        const std::string way = path;
        const pp::data::ReadPlan& plan = pp::data::read_plan(kind);
        const bool matches = way == "raw"   ? pp::data::raw_read_words(plan, value, words.data(), nullptr)
                             : way == "api" ? pp::data::api_read_words(plan, value, words.data(), nullptr)
                                            : pp::data::read_uniform(value, kind, words.data());
        if (!matches) {
            return Py_NewRef(Py_None);
        }
        PyObject* result = check(PyList_New(static_cast<Py_ssize_t>(words.size())));
        for (size_t i = 0; i < words.size(); ++i) {
            PyList_SET_ITEM(result, static_cast<Py_ssize_t>(i), PyLong_FromUnsignedLongLong(words[i]));
        }
        return result;
    });
}

/// Nanoseconds for one element: the best of `rounds`.
PyObject* time_read(PyObject*, PyObject* arguments) {
    PyObject* column;
    PyObject* description;
    const char* path;
    int rounds;
    if (!PyArg_ParseTuple(arguments, "OOsi", &column, &description, &path, &rounds)) {
        return nullptr;
    }
    return guarded([&] {
        ColumnRead job(column, description, path, Py_None);
        double best = std::numeric_limits<double>::infinity();
        for (int round = 0; round < rounds; ++round) {
            const auto start = std::chrono::steady_clock::now();
            job.run();
            const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
            best = std::min(best, elapsed.count());
        }
        return PyFloat_FromDouble(best / static_cast<double>(std::max<int64_t>(job.count(), 1)));
    });
}

PyObject* time_kind_of(PyObject*, PyObject* object) {
    constexpr int kRounds = 1000;
    const auto start = std::chrono::steady_clock::now();
    for (int round = 0; round < kRounds; ++round) {
        pp::data::kind_of(object);
    }
    const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
    return PyFloat_FromDouble(elapsed.count() / kRounds);
}

PyObject* raw_reads_enabled(PyObject*, PyObject*) {
    return PyBool_FromLong(pp::data::raw_reads_enabled());
}

PyObject* why_no_pools(PyObject*, PyObject*) {
    const char* reason = pp::data::why_no_pools();
    return reason ? PyUnicode_FromString(reason) : Py_NewRef(Py_None);
}

PyObject* thread_count(PyObject*, PyObject*) {
    return guarded([] { return PyLong_FromLong(pp::device::ThreadPool::instance().thread_count()); });
}

PyMethodDef methods[] = {
    {"kind_of", kind_of, METH_O, nullptr},
    {"read", read, METH_VARARGS, nullptr},
    {"read_uniform", read_uniform, METH_VARARGS, nullptr},
    {"time_read", time_read, METH_VARARGS, nullptr},
    {"time_kind_of", time_kind_of, METH_O, nullptr},
    {"raw_reads_enabled", raw_reads_enabled, METH_NOARGS, nullptr},
    {"why_no_pools", why_no_pools, METH_NOARGS, nullptr},
    {"claim", claim, METH_VARARGS, nullptr},
    {"thread_count", thread_count, METH_NOARGS, nullptr},
    {"box", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(box)), METH_VARARGS | METH_KEYWORDS, nullptr},
    {"time_box", time_box, METH_VARARGS, nullptr},
    {"rebuild", rebuild, METH_VARARGS, nullptr},
    {},
};

PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_data_probe", nullptr, -1, methods};

}  // namespace
}  // namespace probe

PyMODINIT_FUNC PyInit__data_probe() {
    return PyModule_Create(&probe::definition);
}
