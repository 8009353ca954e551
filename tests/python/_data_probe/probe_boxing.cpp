/// The boxer of src/data as Python functions.
#include "probe.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "data/boxer_python.h"

namespace probe {
namespace {

template <typename Number> std::vector<Number> numbers(PyObject* row) {
    const pp::data::ElementSpan span = span_of(row);
    std::vector<Number> result;
    for (int64_t i = 0; i < span.count; ++i) {
        result.push_back(static_cast<Number>(PyLong_AsLongLong(span.items[i])));
    }
    return result;
}

std::vector<void*> buffers(PyObject* row) {
    const pp::data::ElementSpan span = span_of(row);
    std::vector<void*> result;
    for (int64_t i = 0; i < span.count; ++i) {
        char* bytes = PyBytes_AsString(span.items[i]);
        if (!bytes) {
            throw PythonError();
        }
        result.push_back(bytes);
    }
    return result;
}

/// `variants`: (kind, origins, slots) each.
std::vector<pp::ir::Variant> parse_variants(PyObject* row) {
    const pp::data::ElementSpan span = span_of(row);
    std::vector<pp::ir::Variant> result;
    for (int64_t i = 0; i < span.count; ++i) {
        PyObject *kind, *origins, *slots;
        if (!PyArg_ParseTuple(span.items[i], "OOO", &kind, &origins, &slots)) {
            throw PythonError();
        }
        result.push_back({parse_kind(kind), numbers<pp::ir::Origin>(origins), numbers<uint32_t>(slots)});
    }
    return result;
}

/// `origins`: (column, item, item, ...) each.
std::vector<pp::data::OriginPath> parse_origins(PyObject* row) {
    const pp::data::ElementSpan span = span_of(row);
    std::vector<pp::data::OriginPath> result;
    for (int64_t i = 0; i < span.count; ++i) {
        std::vector<uint32_t> path = numbers<uint32_t>(span.items[i]);
        result.push_back({path.front(), {path.begin() + 1, path.end()}});
    }
    return result;
}

}  // namespace

PyObject* box(PyObject*, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"variants", "slots",   "count", "columns", "origins",
                                  "objects",  "indices", "skip",  nullptr};
    PyObject *variants, *slots;
    long long count;
    PyObject *columns = nullptr, *origins = nullptr, *objects = nullptr, *indices = nullptr;
    const char* skip = nullptr;
    Py_ssize_t skip_size = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OOL|OOOOy#", const_cast<char**>(names), &variants, &slots,
                                     &count, &columns, &origins, &objects, &indices, &skip, &skip_size)) {
        return nullptr;
    }
    return guarded([&]() -> PyObject* {
        const std::vector<pp::ir::Variant> parsed = parse_variants(variants);
        const std::vector<void*> arrays = buffers(slots);
        const auto paths = origins ? parse_origins(origins) : std::vector<pp::data::OriginPath>();
        std::vector<pp::data::ElementSpan> spans;
        if (columns) {
            const pp::data::ElementSpan all = span_of(columns);
            std::transform(all.items, all.items + all.count, std::back_inserter(spans), span_of);
        }
        const pp::data::ElementSpan constants = objects ? span_of(objects) : pp::data::ElementSpan();
        const auto selected = indices ? numbers<int64_t>(indices) : std::vector<int64_t>();
        const pp::data::ResultShape shape{
            parsed, parsed.size() > 1, paths, {constants.items, static_cast<size_t>(constants.count)}};
        int64_t size = count;
        for (int64_t index : selected) {
            size = std::max(size, index + 1);
        }
        std::vector<PyObject*> target(static_cast<size_t>(size), nullptr);
        const bool boxed = pp::data::box_results(shape, arrays, count, indices ? selected.data() : nullptr,
                                                 reinterpret_cast<const uint8_t*>(skip), spans, target.data());
        PyObject* result = boxed ? PyList_New(size) : nullptr;
        for (int64_t i = 0; i < size; ++i) {
            if (result) {
                PyList_SET_ITEM(result, i, target[i] ? target[i] : Py_NewRef(Py_Ellipsis));
            } else {
                Py_XDECREF(target[i]);
            }
        }
        return result;
    });
}

PyObject* rebuild(PyObject*, PyObject* arguments) {
    PyObject *kind, *leaves;
    long long index;
    if (!PyArg_ParseTuple(arguments, "OOL", &kind, &leaves, &index)) {
        return nullptr;
    }
    return guarded([&] { return pp::data::rebuild_element(parse_kind(kind), buffers(leaves), index); });
}

/// Nanoseconds for one result of a single variant: (to make them, to free them), the best of `rounds`.
PyObject* time_box(PyObject*, PyObject* arguments) {
    PyObject *variants, *slots, *columns, *origins;
    long long count;
    int rounds;
    if (!PyArg_ParseTuple(arguments, "OOLOOi", &variants, &slots, &count, &columns, &origins, &rounds)) {
        return nullptr;
    }
    return guarded([&] {
        const std::vector<pp::ir::Variant> parsed = parse_variants(variants);
        const std::vector<void*> arrays = buffers(slots);
        const auto paths = parse_origins(origins);
        const pp::data::ElementSpan all = span_of(columns);
        std::vector<pp::data::ElementSpan> spans;
        std::transform(all.items, all.items + all.count, std::back_inserter(spans), span_of);
        const pp::data::ResultShape shape{parsed, parsed.size() > 1, paths, {}};
        double make = std::numeric_limits<double>::infinity(), free = make;
        for (int round = 0; round < rounds; ++round) {
            PyObject* target = check(PyList_New(count));
            const auto start = std::chrono::steady_clock::now();
            pp::data::box_results(shape, arrays, count, nullptr, nullptr, spans, PySequence_Fast_ITEMS(target));
            const auto made = std::chrono::steady_clock::now();
            Py_DECREF(target);
            const auto freed = std::chrono::steady_clock::now();
            make = std::min(make, std::chrono::duration<double, std::nano>(made - start).count());
            free = std::min(free, std::chrono::duration<double, std::nano>(freed - made).count());
        }
        return Py_BuildValue("dd", make / static_cast<double>(count), free / static_cast<double>(count));
    });
}

}  // namespace probe
