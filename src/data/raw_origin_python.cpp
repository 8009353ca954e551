/// Follows origins into the columns without calling into CPython.
#include "data/raw_origin_python.h"

#include <bit>

#include "data/layout_python.h"

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
    default: return false;
    }
}

}  // namespace

RawOriginal raw_find_original(const OriginPath& path, std::span<const ElementSpan> columns, int64_t source,
                              const BoxNode* node, int64_t position) {
    PyObject* object = columns[path.column].items[source];
    bool is_private = Py_REFCNT(object) == 1;
    for (const uint32_t index : path.items) {
        const auto size = static_cast<Py_ssize_t>(index) + 1;
        if (PyTuple_CheckExact(object) && reinterpret_cast<PyVarObject*>(object)->ob_size >= size) {
            object = reinterpret_cast<PyTupleObject*>(object)->ob_item[index];
        } else if (PyList_CheckExact(object) && reinterpret_cast<PyVarObject*>(object)->ob_size >= size) {
            object = reinterpret_cast<PyListObject*>(object)->ob_item[index];
        } else {
            return {nullptr, false};
        }
        is_private = is_private && Py_REFCNT(object) == 1;
    }
    return {holds(object, node, position) ? object : nullptr, is_private};
}

}  // namespace pp::data
