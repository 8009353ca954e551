/// See unforeseen.h.
#include "python/unforeseen.h"

#include <algorithm>
#include <span>

#include "data/captured_buffer_python.h"
#include "data/captured_mixed_python.h"
#include "data/captured_table_python.h"
#include "data/read_plan.h"
#include "data/reader_python.h"
#include "data/record_class_python.h"
#include "data/sharing_python.h"
#include "data/watched_objects_python.h"
#include "ir/record_names.h"
#include "python/array_captures.h"
#include "python/captures.h"

namespace pp::python {

namespace {

/// Rows of more scalars lie in memory, if their items have one kind: more uniforms would only cost registers.
constexpr uint32_t kMostLeaves = 16;

/// Objects without attributes may be of types written in C, which hold what they do not show.
bool can_be_uniform(KindRef kind) {
    return !kind->has_carried && (!kind->item || can_be_uniform(kind->item)) &&
           !(kind->is_record(RecordForm::Object) && kind->items.empty()) && !kind->is_record(RecordForm::Number) &&
           std::all_of(kind->items.begin(), kind->items.end(), can_be_uniform);
}

/// The kind that takes in both, records too; null where there is none.
KindRef take_in(KindRef left, KindRef right) {
    return left->tag == Tag::Never ? right : join(left, right);
}

/// The kind of instances that have these attributes, and no others: one that is new may hide something of the class.
KindRef without_others(KindRef kind, std::vector<KindRef> items) {
    const RecordShape& shape = *kind->record;
    if (shape.form != RecordForm::Object || shape.find(RecordShape::kIdentity) != RecordShape::kNoField) {
        return with_items(kind, items);
    }
    if (items.size() == data::kMaximumFields) return other_kind();
    // Without attributes, instances of some types written in C look alike.
    const bool is_pythons = data::record_class(shape.class_id).type->tp_flags & Py_TPFLAGS_MANAGED_DICT;
    if (items.empty() && !is_pythons) return with_items(kind, items);
    std::vector<std::string> names = shape.fields;
    names.emplace_back(kOthersField);
    items.push_back(missing_kind());
    return record_kind(record_shape(shape.form, shape.class_id, shape.class_name, names), items);
}

/// `kind` with rows as sequences where they are long, or their items are themselves of any length.
KindRef lengthened(KindRef kind) {
    if (kind->item) {
        const KindRef item = lengthened(kind->item);
        return kind->tag == Tag::TupleOf ? tuple_of_kind(item) : list_of_kind(item);
    }
    if (!kind->is_row() && kind->tag != Tag::Record) return kind;
    std::vector<KindRef> items;
    KindRef one = never_kind();
    for (KindRef item : kind->items) {
        items.push_back(lengthened(item));
        one = one ? take_in(one, items.back()) : nullptr;
    }
    if (kind->tag == Tag::Record) return without_others(kind, std::move(items));
    const KindRef row = with_items(kind, items);
    if (!one || (row->leaves <= kMostLeaves && !row->is_dynamic)) return row;
    return kind->tag == Tag::Tuple ? tuple_of_kind(one) : list_of_kind(one);
}

/// The kind that takes in all objects; null where there is none.
template <typename Objects> KindRef kind_of_each(const Objects& objects) {
    KindRef kind = never_kind();
    for (PyObject* object : objects) {
        kind = take_in(kind, lengthened(data::kind_of(object)));
        if (!kind) return nullptr;
    }
    return can_be_uniform(kind) ? kind : nullptr;
}

/// Whether a guard of this kind would hold. Some keys of dicts have no name as fields have them.
bool is_read_as(PyObject* value, KindRef kind) {
    if (kind->is_dynamic) return Captures::instance().find(value, kind) != nullptr;
    std::vector<uint64_t> words(kind->leaves);
    return data::read_uniform(value, kind, words.data());
}

/// The kind of a row all of whose items are looked at; null where they have none in common.
KindRef kind_of_all(PyObject* row) {
    if (!PyTuple_CheckExact(row) && !PyList_CheckExact(row)) return nullptr;
    KindRef item = kind_of_each(std::span(PySequence_Fast_ITEMS(row), PySequence_Fast_GET_SIZE(row)));
    if (!item) return nullptr;
    return PyTuple_CheckExact(row) ? tuple_of_kind(item) : list_of_kind(item);
}

class Finder {
public:
    PyObject* find(PyObject* value) {
        // Rows may share items: what is visited is counted, not what exists.
        if (++visited_ > data::kMaximumNodes) return nullptr;
        if (PyTuple_CheckExact(value) || PyList_CheckExact(value)) return find_in_row(value);
        // No type can be derived from bool.
        bool is_like_a_kind =
            PyLong_Check(value) || PyFloat_Check(value) || PyTuple_Check(value) || PyList_Check(value);
        return is_like_a_kind && !uniform_kind(value) ? value : nullptr;
    }

private:
    PyObject* find_in_row(PyObject* row) {
        Py_ssize_t size = PySequence_Fast_GET_SIZE(row);
        if (size > Py_ssize_t{data::kMaximumRow}) return nullptr;
        PyObject* found = nullptr;
        for (Py_ssize_t i = 0; i < size; ++i) {
            PyObject* item = PySequence_Fast_GET_ITEM(row, i);
            if (uniform_kind(item)) continue;
            PyObject* part = find(item);
            if (!part) return nullptr;
            if (!found) found = part;
        }
        return found;
    }

    size_t visited_ = 0;
};

}  // namespace

PyObject* unforeseen_part(PyObject* value) {
    return Finder().find(value);
}

KindRef uniform_kind(PyObject* value) {
    if (is_captured_array(value)) return nullptr;
    KindRef kind = lengthened(data::kind_of(value));
    if (kind->tag == Tag::Text) return nullptr;
    if (can_be_uniform(kind) && is_read_as(value, kind)) return kind;
    // Of long rows only some items were looked at.
    kind = kind_of_all(value);
    return kind && Captures::instance().find(value, kind) ? kind : nullptr;
}

namespace {

/// The kind of items of a few types; null where they are more, or can change.
KindRef kind_of_mixed(std::span<PyObject* const> items) {
    std::vector<KindRef> kinds;
    for (PyObject* item : items) {
        const KindRef kind = lengthened(data::kind_of(item));
        if (!kind->is_plain || !data::is_plain_data(kind)) return nullptr;
        const auto takes_in = [&](KindRef known) { return join(known, kind) != nullptr; };
        const auto known = std::ranges::find_if(kinds, takes_in);
        if (known != kinds.end()) {
            *known = join(*known, kind);
        } else if (kinds.size() < data::kMostMixed) {
            kinds.push_back(kind);
        } else {
            return nullptr;
        }
    }
    return kinds.size() < 2 ? nullptr : data::mixed_kind(kinds);
}

/// The kind of a table's keys or values.
KindRef kind_of_column(const std::vector<PyObject*>& objects) {
    KindRef item = kind_of_each(objects);
    return item ? tuple_of_kind(item) : kind_of_mixed(objects);
}

}  // namespace

KindRef table_kind(PyObject* value) {
    if (is_captured_array(value)) return array_capture_kind(value);
    if (PyList_CheckExact(value) || PyTuple_CheckExact(value)) {
        KindRef kind =
            kind_of_mixed({PySequence_Fast_ITEMS(value), static_cast<size_t>(PySequence_Fast_GET_SIZE(value))});
        return kind && Captures::instance().find(value, kind) ? kind : nullptr;
    }
    if (data::is_buffer(value)) {
        KindRef kind = PyBytes_CheckExact(value) ? nullptr : data::buffer_kind(value);
        return kind && Captures::instance().find(value, kind) ? kind : nullptr;
    }
    if (!PyDict_CheckExact(value) && !PyAnySet_CheckExact(value)) return nullptr;
    const data::TableItems items(value);
    KindRef keys = kind_of_column(items.keys), values = nullptr;
    if (PyDict_CheckExact(value) && !(values = kind_of_column(items.values))) return nullptr;
    KindRef kind = keys ? data::table_kind(keys, values) : nullptr;
    return kind && Captures::instance().find(value, kind) ? kind : nullptr;
}

}  // namespace pp::python
