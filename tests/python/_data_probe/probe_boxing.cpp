/// The boxer of src/data as Python functions.
#include "probe.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "data/box_job_python.h"
#include "data/pools_python.h"

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

/// `origins`: (column, item, item, ...) each. The columns' elements were read as of `kind`.
std::vector<pp::data::OriginPath> parse_origins(PyObject* row, pp::KindRef kind) {
    const pp::data::ElementSpan span = span_of(row);
    std::vector<pp::data::OriginPath> result;
    for (int64_t i = 0; i < span.count; ++i) {
        std::vector<uint32_t> path = numbers<uint32_t>(span.items[i]);
        result.push_back({path.front(), kind, {path.begin() + 1, path.end()}});
    }
    return result;
}

/// "api", "pools" or "auto"; false with an exception set. Rows go to the collector's youngest generation.
bool box_by(const std::string& path, const pp::data::BoxJob& job) {
    pp::data::TrackedRows rows;
    const pp::data::CollectorPause pause;
    bool boxed = false;
    if (path == "auto") {
        boxed = pp::data::box_results(job, rows);
    } else if (path == "api") {
        boxed = pp::data::api_box_range(job, 0, job.count);
    } else {
        bool failed = false;
        if (!pp::data::pool_box(job, rows, failed)) {
            PyErr_SetString(PyExc_LookupError, "no pools for this");
            return false;
        }
        boxed = !failed;
    }
    if (rows.count() > 0) {
        PyObject* neighbour = check(PyList_New(0));
        rows.hand_over(neighbour);
        Py_DECREF(neighbour);
    }
    return boxed;
}

}  // namespace

PyObject* box(PyObject*, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"variants", "slots", "count", "columns",     "origins", "objects",
                                  "indices",  "skip",  "path",  "column_kind", nullptr};
    PyObject *variants, *slots;
    long long count;
    PyObject *columns = nullptr, *origins = nullptr, *objects = nullptr, *indices = nullptr;
    PyObject* column_kind = nullptr;
    const char *skip = nullptr, *path = "auto";
    Py_ssize_t skip_size = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OOL|OOOOy#sO", const_cast<char**>(names), &variants, &slots,
                                     &count, &columns, &origins, &objects, &indices, &skip, &skip_size, &path,
                                     &column_kind)) {
        return nullptr;
    }
    return guarded([&]() -> PyObject* {
        const std::vector<pp::ir::Variant> parsed = parse_variants(variants);
        const std::vector<void*> arrays = buffers(slots);
        std::vector<pp::data::ElementSpan> spans;
        if (columns) {
            const pp::data::ElementSpan all = span_of(columns);
            std::transform(all.items, all.items + all.count, std::back_inserter(spans), span_of);
        }
        const pp::KindRef read_as = column_kind ? parse_kind(column_kind) : parsed.front().kind;
        const auto paths = origins ? parse_origins(origins, read_as) : std::vector<pp::data::OriginPath>();
        const pp::data::ElementSpan constants = objects ? span_of(objects) : pp::data::ElementSpan();
        const auto selected = indices ? numbers<int64_t>(indices) : std::vector<int64_t>();
        const pp::data::ResultShape shape{
            parsed, parsed.size() > 1, paths, {constants.items, static_cast<size_t>(constants.count)}};
        int64_t size = count;
        for (int64_t index : selected) {
            size = std::max(size, index + 1);
        }
        std::vector<PyObject*> target(static_cast<size_t>(size), nullptr);
        const pp::data::BoxJob job{
            shape, arrays, count,        indices ? selected.data() : nullptr, reinterpret_cast<const uint8_t*>(skip),
            spans, false,  target.data()};
        const bool boxed = box_by(path, job);
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

namespace {

/// Blocks that a failing source still gives; negative: as many as are wanted.
long long blocks_left = -1;

void* give_block(size_t bytes) {
    return blocks_left-- == 0 ? nullptr : PyObject_Malloc(bytes);
}

}  // namespace

/// Claims so many blocks of a class with a source that fails after `limit` allocations (never, if negative), writes all
/// over what was claimed and gives it back. Answers how many pools were claimed.
PyObject* claim(PyObject*, PyObject* arguments) {
    unsigned size_class;
    long long blocks;
    if (!PyArg_ParseTuple(arguments, "ILL", &size_class, &blocks, &blocks_left)) {
        return nullptr;
    }
    return guarded([&]() -> PyObject* {
        pp::data::PoolRun run(size_class, blocks, {give_block, PyObject_Free});
        if (run.open()) {
            run.claim_until(run.pools());
        }
        run.close();
        const int64_t claimed = std::min<int64_t>(run.claimed() * run.blocks_per_pool(), blocks);
        for (int64_t i = 0; i < claimed; ++i) {
            char* block = run.first_block(i / run.blocks_per_pool()) +
                          static_cast<size_t>(i % run.blocks_per_pool()) * run.block_bytes();
            std::fill_n(block, run.block_bytes(), '\xff');
        }
        run.release(0, blocks);
        return PyLong_FromLongLong(run.claimed());
    });
}

/// Nanoseconds for one result of a single variant: (to make them, to free them), the best of `rounds`.
PyObject* time_box(PyObject*, PyObject* arguments) {
    PyObject *variants, *slots, *columns, *origins;
    long long count;
    int rounds;
    const char* path = "auto";
    if (!PyArg_ParseTuple(arguments, "OOLOOi|s", &variants, &slots, &count, &columns, &origins, &rounds, &path)) {
        return nullptr;
    }
    return guarded([&] {
        const std::vector<pp::ir::Variant> parsed = parse_variants(variants);
        const std::vector<void*> arrays = buffers(slots);
        const pp::data::ElementSpan all = span_of(columns);
        std::vector<pp::data::ElementSpan> spans;
        std::transform(all.items, all.items + all.count, std::back_inserter(spans), span_of);
        const auto paths = parse_origins(origins, parsed.front().kind);
        const pp::data::ResultShape shape{parsed, parsed.size() > 1, paths, {}};
        double make = std::numeric_limits<double>::infinity(), free = make;
        for (int round = 0; round < rounds; ++round) {
            PyObject* target = check(PyList_New(count));
            const auto start = std::chrono::steady_clock::now();
            const pp::data::BoxJob job{shape,   arrays, count, nullptr,
                                       nullptr, spans,  false, PySequence_Fast_ITEMS(target)};
            if (!box_by(path, job)) {
                Py_DECREF(target);
                throw PythonError();
            }
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
