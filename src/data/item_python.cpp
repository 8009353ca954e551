/// See item_python.h.
#include "data/item_python.h"

#include "data/list_item_python.h"
#include "data/read_plan.h"
#include "data/record_class_python.h"

namespace pp::data {
namespace {

PyObject* new_field(PyObject* object, const RecordAccess& access, size_t index) {
    PyObject* fields[kMaximumFields];
    if (raw_records_enabled()) {
        return raw_record_fields(object, access, fields) ? Py_XNewRef(fields[index]) : nullptr;
    }
    if (!api_record_fields(object, access, fields)) {
        return nullptr;
    }
    for (size_t i = 0; i < access.fields.size(); ++i) {
        if (i != index) {
            Py_XDECREF(fields[i]);
        }
    }
    return fields[index];
}

}  // namespace

PyObject* new_item_of(PyObject* object, KindRef kind, size_t index) {
    const auto position = static_cast<Py_ssize_t>(index);
    switch (kind->tag) {
    case Tag::Tuple:
        return PyTuple_CheckExact(object) && position < PyTuple_GET_SIZE(object)
                   ? Py_NewRef(PyTuple_GET_ITEM(object, position))
                   : nullptr;
    case Tag::List: {
        // The size is looked at first: asking a list for an item that it lacks makes an IndexError.
        if (!PyList_CheckExact(object) || position >= PyList_GET_SIZE(object)) {
            return nullptr;
        }
        const ListItem item(object, position);
        return Py_XNewRef(item.get());
    }
    case Tag::Record: return new_field(object, record_access(kind), index);
    default: return nullptr;
    }
}

}  // namespace pp::data
