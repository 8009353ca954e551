/// Follows origins into the columns and compares what lies there with the results.
#include "data/origin_python.h"

#include <algorithm>
#include <bit>

#include "data/item_python.h"
#include "data/list_item_python.h"
#include "data/prefetch_python.h"
#include "data/sequence_boxer_python.h"

namespace pp::data {
namespace {

bool holds_float(PyObject* object, double value) {
    return PyFloat_CheckExact(object) &&
           std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(object)) == std::bit_cast<uint64_t>(value);
}

bool holds_int(PyObject* object, int64_t value) {
    if (!PyLong_CheckExact(object)) {
        return false;
    }
    int overflow = 0;
    return PyLong_AsLongLongAndOverflow(object, &overflow) == value && !overflow;
}

bool holds_tuple(PyObject* object, const BoxNode* node, int64_t position) {
    if (!PyTuple_CheckExact(object) || PyTuple_GET_SIZE(object) != static_cast<Py_ssize_t>(node->size)) {
        return false;
    }
    const BoxNode* child = node + 1;
    for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
        if (!holds_value(PyTuple_GET_ITEM(object, i), child, position)) {
            return false;
        }
    }
    return true;
}

bool holds_list(PyObject* object, const BoxNode* node, int64_t position) {
    if (!PyList_CheckExact(object) || PyList_GET_SIZE(object) != static_cast<Py_ssize_t>(node->size)) {
        return false;
    }
    const BoxNode* child = node + 1;
    for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
        const ListItem item(object, i);
        if (!item.get() || !holds_value(item.get(), child, position)) {
            return false;
        }
    }
    return true;
}

/// Walks `items` down from `object`, which is of `kind`, and compares the object found there.
PyObject* find_below(PyObject* object, KindRef kind, std::span<const uint32_t> items, const BoxNode* node,
                     int64_t position) {
    if (items.empty()) {
        return holds_value(object, node, position) ? Py_NewRef(object) : nullptr;
    }
    const ItemOf item(object, kind, items.front());
    return item.get() ? find_below(item.get(), kind->items[items.front()], items.subspan(1), node, position) : nullptr;
}

}  // namespace

bool holds_complex(PyObject* object, const BoxNode* node, int64_t position) {
    if (!PyComplex_CheckExact(object)) {
        return false;
    }
    const Py_complex value = reinterpret_cast<PyComplexObject*>(object)->cval;
    return std::bit_cast<uint64_t>(value.real) == static_cast<const uint64_t*>(node->data)[position] &&
           std::bit_cast<uint64_t>(value.imag) == static_cast<const uint64_t*>(node->imaginary)[position];
}

bool holds_value(PyObject* object, const BoxNode* node, int64_t position) {
    switch (node->tag) {
    case Tag::Float: return holds_float(object, static_cast<const double*>(node->data)[position]);
    case Tag::Int: return holds_int(object, static_cast<const int64_t*>(node->data)[position]);
    case Tag::Bool: return object == (static_cast<const uint8_t*>(node->data)[position] ? Py_True : Py_False);
    case Tag::None:
    case Tag::Object: return object == node->object;
    case Tag::Tuple: return holds_tuple(object, node, position);
    case Tag::List: return holds_list(object, node, position);
    case Tag::Any: return true;
    case Tag::Some:
    case Tag::Other: return object != Py_None && !PyBool_Check(object);
    case Tag::Complex: return holds_complex(object, node, position);
    case Tag::TupleOf:
    case Tag::ListOf:
    case Tag::Text:
        return holds_dynamic(object, node->kind, static_cast<const int64_t*>(node->data)[position],
                             node->lengths[position]);
    case Tag::Record:  // those of the input are carried, all others are new
    case Tag::Missing:
    case Tag::Identity:
    case Tag::Never: break;
    }
    return false;
}

PyObject* find_original(const OriginPath& path, std::span<const ElementSpan> columns, int64_t source,
                        const BoxNode* node, int64_t position) {
    return find_below(columns[path.column].items[source], path.kind, path.items, node, position);
}

PyObject* new_object_at(const OriginPath& path, std::span<const ElementSpan> columns, int64_t source) {
    PyObject* object = Py_NewRef(columns[path.column].items[source]);
    KindRef kind = path.kind;
    for (uint32_t index : path.items) {
        PyObject* item = object ? new_item_of(object, kind, index) : nullptr;
        Py_XDECREF(object);
        object = item;
        kind = kind->items[index];
    }
    return object;
}

OriginPrefetch::OriginPrefetch(std::span<const BoxNode> nodes, std::span<const OriginPath> origins,
                               std::span<const ElementSpan> columns, const int64_t* indices, int64_t count) noexcept
    : last_(count - 1) {
    if (count <= kScalarsAhead || !raw_reads_enabled()) {
        return;
    }
    const auto is_used = [&](size_t column) {
        return std::ranges::any_of(nodes, [&](const BoxNode& node) {
            return node.origin > ir::kFresh && origins[static_cast<size_t>(node.origin) - 1].column == column;
        });
    };
    for (size_t c = 0; c < columns.size() && used_ < columns_.size(); ++c) {
        if (is_used(c)) {
            // The others are likely to be what the first one is; where they are not, nothing is asked for.
            PyObject* first = columns[c].items[indices ? indices[0] : 0];
            const Tag tag = PyTuple_CheckExact(first) ? Tag::Tuple : PyList_CheckExact(first) ? Tag::List : Tag::Float;
            columns_[used_++] = {columns[c].items, indices, tag, tag == Tag::Float ? 0 : Py_SIZE(first)};
        }
    }
}

void OriginPrefetch::ask(int64_t position) const {
    for (const Column& column : std::span(columns_).first(used_)) {
        if (column.tag == Tag::Tuple) {
            ask_for_rows<Tag::Tuple>(column, position, last_, column.size);
        } else if (column.tag == Tag::List) {
            ask_for_rows<Tag::List>(column, position, last_, column.size);
        } else if (position + kScalarsAhead <= last_) {
            prefetch_object(*column.at(position + kScalarsAhead));
        }
    }
}

}  // namespace pp::data
