/// Reads objects through CPython's public functions, on the thread that holds the GIL.
#include "data/list_item_python.h"
#include "data/number_class_python.h"
#include "data/range_reader_python.h"
#include "data/record_class_python.h"
#include "data/stored_items.h"

namespace pp::data {
namespace {

template <typename Sink> class ApiReader {
public:
    explicit ApiReader(Sink sink, Arena* memory) : sink_(sink), memory_(memory) {}

    bool read(PyObject* object, KindRef kind) {
        if (kind->is_scalar() && kind->object != 0) {
            return put_number(object, static_cast<NumberLayout>(kind->object), leaf_++, sink_);
        }
        switch (kind->tag) {
        case Tag::Float:
            if (!PyFloat_CheckExact(object)) {
                return false;
            }
            sink_.put_float(leaf_++, PyFloat_AsDouble(object));
            return true;
        case Tag::Int: return read_int(object);
        case Tag::Bool:
            if (object != Py_True && object != Py_False) {
                return false;
            }
            sink_.put_bool(leaf_++, object == Py_True);
            return true;
        case Tag::None: return object == Py_None;
        case Tag::Tuple: return read_tuple(object, kind);
        case Tag::List: return read_list(object, kind);
        case Tag::Any: return true;
        case Tag::Some: return !is_singleton(object);
        case Tag::Other: return is_other(object);
        case Tag::Complex: return read_complex(object);
        case Tag::Record: return read_record(object, kind);
        case Tag::Missing: return object == nullptr;
        case Tag::Identity: sink_.put_int(leaf_++, reinterpret_cast<intptr_t>(object)); return true;
        case Tag::TupleOf:
        case Tag::ListOf: return read_sequence(object, kind);
        case Tag::Text: return read_text(object, kind);
        case Tag::Object:
        case Tag::Never: break;
        }
        return false;
    }

private:
    static bool is_other(PyObject* object) {
        int overflow = 1;
        if (PyLong_CheckExact(object)) {
            PyLong_AsLongLongAndOverflow(object, &overflow);
        }
        return overflow && !is_singleton(object) && !PyFloat_CheckExact(object);
    }

    static bool is_singleton(PyObject* object) { return object == Py_None || object == Py_True || object == Py_False; }

    bool read_text(PyObject* object, KindRef kind) {
        if (!memory_ || !PyUnicode_CheckExact(object) || PyUnicode_READY(object) < 0 ||
            static_cast<uint32_t>(PyUnicode_KIND(object)) > kind->object) {
            return false;
        }
        const Py_ssize_t length = PyUnicode_GET_LENGTH(object);
        char* place = memory_->take(static_cast<size_t>(length) * kind->object);
        store_units(PyUnicode_DATA(object), static_cast<int>(PyUnicode_KIND(object)), length, kind->object, place);
        sink_.put_int(leaf_++, reinterpret_cast<intptr_t>(place));
        sink_.put_int(leaf_++, length);
        return true;
    }

    /// The list may become shorter while it is read, where there is no GIL; what it has gained is left out.
    bool read_sequence(PyObject* object, KindRef kind) {
        const bool is_tuple = kind->tag == Tag::TupleOf;
        if (!memory_ || !(is_tuple ? PyTuple_CheckExact(object) : PyList_CheckExact(object))) {
            return false;
        }
        const Py_ssize_t size = is_tuple ? PyTuple_Size(object) : PyList_Size(object);
        const uint32_t bytes = item_bytes(kind->item);
        char* place = memory_->take(static_cast<size_t>(size) * bytes);
        sink_.put_int(leaf_++, reinterpret_cast<intptr_t>(place));
        sink_.put_int(leaf_++, size);
        for (Py_ssize_t i = 0; i < size; ++i, place += bytes) {
            ApiReader<ItemSink> reader(ItemSink{place}, memory_);
            if (is_tuple) {
                if (!reader.read(PyTuple_GetItem(object, i), kind->item)) {
                    return false;
                }
                continue;
            }
            const ListItem item(object, i);
            if (!item.get() || !reader.read(item.get(), kind->item)) {
                return false;
            }
        }
        return true;
    }

    bool read_int(PyObject* object) {
        if (!PyLong_CheckExact(object)) {
            return false;
        }
        int overflow = 0;
        const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
        if (overflow) {
            return false;
        }
        sink_.put_int(leaf_++, value);
        return true;
    }

    bool read_tuple(PyObject* object, KindRef kind) {
        const auto size = static_cast<Py_ssize_t>(kind->items.size());
        if (!PyTuple_CheckExact(object) || PyTuple_Size(object) != size) {
            return false;
        }
        for (Py_ssize_t i = 0; i < size; ++i) {
            if (!read(PyTuple_GetItem(object, i), kind->items[static_cast<size_t>(i)])) {
                return false;
            }
        }
        return true;
    }

    bool read_list(PyObject* object, KindRef kind) {
        const auto size = static_cast<Py_ssize_t>(kind->items.size());
        if (!PyList_CheckExact(object) || PyList_Size(object) != size) {
            return false;
        }
        for (Py_ssize_t i = 0; i < size; ++i) {
            const ListItem item(object, i);
            if (!item.get() || !read(item.get(), kind->items[static_cast<size_t>(i)])) {
                return false;
            }
        }
        return true;
    }

    bool read_complex(PyObject* object) {
        if (!PyComplex_CheckExact(object)) {
            return false;
        }
        const Py_complex value = PyComplex_AsCComplex(object);
        sink_.put_float(leaf_++, value.real);
        sink_.put_float(leaf_++, value.imag);
        return true;
    }

    bool read_record(PyObject* object, KindRef kind) {
        const size_t count = kind->items.size();
        PyObject* fields[kMaximumFields];
        if (!api_record_fields(object, record_access(kind), fields)) {
            return false;
        }
        bool matches = true;
        for (size_t i = 0; i < count; ++i) {
            matches = matches && read(fields[i], kind->items[i]);
            Py_XDECREF(fields[i]);  // the record still holds it
        }
        return matches;
    }

    Sink sink_;
    Arena* memory_;
    uint32_t leaf_ = 0;
};

}  // namespace

void api_read_range(const ReadJob& job, int64_t begin, int64_t end, std::vector<int64_t>& others) {
    for (int64_t i = begin; i < end; ++i) {
        const int64_t index = job.indices ? job.indices[i] : i;
        if (!ApiReader(ColumnSink{job.leaves, i}, job.memory).read(job.items[index], job.plan->kind)) {
            clear_position(*job.plan, job.leaves, i);
            others.push_back(index);
        }
    }
}

bool api_read_words(const ReadPlan& plan, PyObject* object, uint64_t* words, Arena* memory) {
    return ApiReader(WordSink{words}, memory).read(object, plan.kind);
}

bool api_read_items(const ReadPlan& plan, PyObject* const* items, int64_t count, char* place, Arena* memory) {
    const uint32_t bytes = item_bytes(plan.kind);
    for (int64_t i = 0; i < count; ++i, place += bytes) {
        if (!ApiReader(ItemSink{place}, memory).read(items[i], plan.kind)) {
            return false;
        }
    }
    return true;
}

void clear_position(const ReadPlan& plan, void* const* leaves, int64_t position) {
    const ColumnSink sink{leaves, position};
    for (uint32_t leaf = 0; leaf < plan.leaves.size(); ++leaf) {
        switch (plan.leaves[leaf]) {
        case Tag::Float: sink.put_float(leaf, 0.0); break;
        case Tag::Int: sink.put_int(leaf, 0); break;
        default: sink.put_bool(leaf, false); break;
        }
    }
}

}  // namespace pp::data
