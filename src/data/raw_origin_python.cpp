/// Follows origins into the columns without calling into CPython.
#include "data/raw_origin_python.h"

#include <bit>

#include "data/layout_python.h"
#include "data/origin_python.h"
#include "data/record_layout_python.h"
#include "data/sequence_boxer_python.h"

namespace pp::data {
namespace {

bool holds(PyObject* object, const BoxNode* node, int64_t position);

bool items_hold(PyObject* const* items, const BoxNode* node, int64_t position) {
    const BoxNode* child = node + 1;
    for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
        if (!holds(items[i], child, position)) {
            return false;
        }
    }
    return true;
}

bool holds(PyObject* object, const BoxNode* node, int64_t position) {
    PyObject* const* items = nullptr;
    int64_t value = 0;
    switch (node->tag) {
    case Tag::Float:
        return PyFloat_CheckExact(object) &&
               std::bit_cast<uint64_t>(raw_float(object)) == static_cast<const uint64_t*>(node->data)[position];
    case Tag::Int:
        return PyLong_CheckExact(object) && raw_int(object, value) &&
               value == static_cast<const int64_t*>(node->data)[position];
    case Tag::Bool: return object == (static_cast<const uint8_t*>(node->data)[position] ? Py_True : Py_False);
    case Tag::None:
    case Tag::Object: return object == node->object;
    case Tag::Tuple: return raw_tuple_items(object, node->size, items) && items_hold(items, node, position);
    case Tag::List: return raw_list_items(object, node->size, items) && items_hold(items, node, position);
    case Tag::Any: return true;
    case Tag::Some:
    case Tag::Other: return object != Py_None && !is_raw_bool(object);
    case Tag::Complex: return holds_complex(object, node, position);
    case Tag::TupleOf:
    case Tag::ListOf:
    case Tag::Text:
        return holds_dynamic(object, node->kind, static_cast<const int64_t*>(node->data)[position],
                             node->lengths[position]);
    default: return false;
    }
}

/// Item `index` of a row; null where there is none.
PyObject* row_item(PyObject* row, uint32_t index) {
    const auto size = static_cast<Py_ssize_t>(index) + 1;
    if (PyTuple_CheckExact(row) && reinterpret_cast<PyVarObject*>(row)->ob_size >= size) {
        return reinterpret_cast<PyTupleObject*>(row)->ob_item[index];
    }
    if (PyList_CheckExact(row) && reinterpret_cast<PyVarObject*>(row)->ob_size >= size) {
        return reinterpret_cast<PyListObject*>(row)->ob_item[index];
    }
    return nullptr;
}

/// Field `index` of a record; null where it has none, or is another record. `is_private` stays true only where no
/// other object keeps the same value on the record's behalf.
PyObject* record_field(PyObject* object, const RecordAccess& access, uint32_t index, bool& is_private) {
    const FieldAccess& field = access.fields[index];
    PyObject* value = nullptr;
    if (access.type ? !Py_IS_TYPE(object, access.type) : !PyDict_CheckExact(object)) {
        return nullptr;
    }
    if (access.form == RecordForm::NamedTuple) {
        return reinterpret_cast<PyVarObject*>(object)->ob_size > static_cast<Py_ssize_t>(index)
                   ? reinterpret_cast<PyTupleObject*>(object)->ob_item[index]
                   : nullptr;
    }
    if (field.offset != 0) {
        return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + field.offset);
    }
    if (access.type) {
        is_private = is_private && !raw_instance_dict(object, access.type);
        return raw_instance_field(object, access.type, field.name, field.hint, value) == RawFind::Found ? value
                                                                                                        : nullptr;
    }
    is_private = is_private && !reinterpret_cast<PyDictObject*>(object)->ma_values;
    return raw_dict_field(object, field.name, field.hint, value) == RawFind::Found ? value : nullptr;
}

}  // namespace

RawPath raw_path(const OriginPath& path) {
    RawPath raw{path.column, {}};
    KindRef kind = path.kind;
    for (const uint32_t index : path.items) {
        raw.steps.push_back({index, kind->tag == Tag::Record ? &record_access(kind) : nullptr});
        kind = kind->items[index];
    }
    return raw;
}

RawOriginal raw_find_original(const RawPath& path, std::span<const ElementSpan> columns, int64_t source,
                              const BoxNode* node, int64_t position) {
    PyObject* object = columns[path.column].items[source];
    bool is_private = Py_REFCNT(object) == 1;
    for (const RawPath::Step& step : path.steps) {
        object =
            step.record ? record_field(object, *step.record, step.index, is_private) : row_item(object, step.index);
        if (!object) {
            return {nullptr, false};
        }
        is_private = is_private && Py_REFCNT(object) == 1;
    }
    return {holds(object, node, position) ? object : nullptr, is_private};
}

}  // namespace pp::data
