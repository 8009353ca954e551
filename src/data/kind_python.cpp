/// The kinds of Python objects.
#include <algorithm>
#include <array>
#include <atomic>

#include "data/field_name_python.h"
#include "data/item_python.h"
#include "data/large_ints_python.h"
#include "data/list_item_python.h"
#include "data/number_class_python.h"
#include "data/reader_python.h"
#include "data/record_class_python.h"
#include "ir/record_names.h"

namespace pp::data {
namespace {

/// Row kinds met lately, found without the lock and the allocation of the table of all kinds.
class RecentRows {
public:
    KindRef find(Tag tag, std::span<const KindRef> items) {
        std::atomic<KindRef>& entry = entries_[hash(tag, items) % entries_.size()];
        KindRef kind = entry.load(std::memory_order_acquire);
        if (!kind || kind->tag != tag || !std::ranges::equal(kind->items, items)) {
            kind = tag == Tag::Tuple ? tuple_kind(items) : list_kind(items);
            entry.store(kind, std::memory_order_release);
        }
        return kind;
    }

private:
    static size_t hash(Tag tag, std::span<const KindRef> items) {
        size_t value = static_cast<size_t>(tag);
        for (KindRef item : items) {
            value = (value ^ reinterpret_cast<uintptr_t>(item)) * 0x9E3779B97F4A7C15u;
        }
        return value >> 32;
    }

    std::array<std::atomic<KindRef>, 256> entries_{};
};

/// Names and values of a record's fields.
struct Record {
    std::vector<std::string> names;
    std::vector<PyObject*> values;  ///< owned

    Record() = default;
    Record(const Record&) = delete;
    Record& operator=(const Record&) = delete;
    ~Record() {
        for (PyObject* value : values) {
            Py_DECREF(value);
        }
    }

    bool take_dict(PyObject* dict) {
        PyObject *key = nullptr, *value = nullptr;
        for (Py_ssize_t position = 0; PyDict_Next(dict, &position, &key, &value);) {
            if (names.size() == kMaximumFields || !append_name(key, names)) {
                return false;
            }
            values.push_back(Py_NewRef(value));
        }
        return true;
    }

    bool take_tuple(PyObject* tuple, const RecordClass& known) {
        const Py_ssize_t count = PyTuple_GET_SIZE(tuple);
        if (static_cast<size_t>(count) != known.fields.size() || known.fields.size() > kMaximumRow) {
            return false;
        }
        names = known.fields;
        for (Py_ssize_t i = 0; i < count; ++i) {
            values.push_back(Py_NewRef(PyTuple_GET_ITEM(tuple, i)));
        }
        return true;
    }

    bool has(std::string_view name) const { return std::find(names.begin(), names.end(), name) != names.end(); }

    /// Whether a field is called as those are that are no attributes. Nobody's are, but anybody may do so.
    bool has_name_of_own() const {
        return has(RecordShape::kIdentity) || has(RecordShape::kNumber) || has(kOthersField);
    }

    /// A field that is the record itself, looked at in a way of its own.
    void add_own(std::string_view name, PyObject* object) {
        names.emplace_back(name);
        values.push_back(Py_NewRef(object));
    }
};

/// Rows may share items, so that few objects make a tree without end: what is visited is counted, not what exists.
/// Where that is too much, what lies deep is only carried.
class KindFinder {
public:
    static KindRef find(PyObject* object, KindRef large_int) {
        KindRef kind = nullptr;
        for (int deepest = kMaximumDepth; !kind; deepest /= 2) {
            KindFinder finder(deepest, large_int);
            kind = finder.find(object, 0);
            if (finder.visited_ > kMaximumNodes && deepest > 0) {
                kind = nullptr;
            }
        }
        return kind;
    }

private:
    KindFinder(int deepest, KindRef large_int) : deepest_(deepest), large_int_(large_int) {}

    KindRef find(PyObject* object, int depth) {
        if (++visited_ > kMaximumNodes) {
            return other_kind();
        }
        if (PyFloat_CheckExact(object)) {
            return float_kind();
        }
        if (PyLong_CheckExact(object)) {
            int overflow = 0;
            PyLong_AsLongLongAndOverflow(object, &overflow);
            return overflow ? large_int_ : int_kind();
        }
        if (PyTuple_CheckExact(object)) {
            return find_row(object, Tag::Tuple, PyTuple_Size(object), depth);
        }
        if (PyList_CheckExact(object)) {
            return find_row(object, Tag::List, PyList_Size(object), depth);
        }
        if (object == Py_True || object == Py_False) {
            return bool_kind();
        }
        if (PyUnicode_CheckExact(object)) {
            return PyUnicode_IS_COMPACT(object) ? text_kind(PyUnicode_KIND(object) == PyUnicode_1BYTE_KIND ? 1 : 4)
                                                : other_kind();
        }
        if (object == Py_None) {
            return none_kind();
        }
        if (PyComplex_CheckExact(object)) {
            return complex_kind();
        }
        return depth == deepest_ ? other_kind() : find_record(object, depth);
    }

    KindRef find_record(PyObject* object, int depth) {
        Record record;
        if (PyDict_CheckExact(object)) {
            if (!record.take_dict(object) || record.has_name_of_own()) {
                return other_kind();
            }
            return find_fields(record, record_shape(RecordForm::Dict, 0, "dict", record.names), depth);
        }
        const RecordClass* known = record_class_of(Py_TYPE(object));
        if (!known) {
            return other_kind();
        }
        if (known->form == RecordForm::Number) {
            uint64_t bits = 0;
            return !raw_number(object, known->number, bits)
                       ? other_kind()
                       : record_kind(record_shape(known->form, known->id, known->name, known->fields),
                                     std::array{number_kind(known->number)});
        }
        const bool is_taken = known->form == RecordForm::NamedTuple
                                  ? record.take_tuple(object, *known)
                                  : own_attributes(object, *known, kMaximumFields, record.names, record.values);
        if (is_taken && record.has_name_of_own()) {
            return other_kind();
        }
        if (is_taken && known->is_enum) {
            uint64_t bits = 0;
            const bool is_number = known->number != NumberLayout::None;
            if (record.names.size() + 1 >= kMaximumFields || (is_number && !raw_number(object, known->number, bits))) {
                return other_kind();
            }
            record.add_own(RecordShape::kIdentity, object);
            if (is_number) {
                record.add_own(RecordShape::kNumber, object);
            }
        }
        return is_taken ? find_fields(record, record_shape(known->form, known->id, known->name, record.names), depth)
                        : other_kind();
    }

    KindRef find_fields(const Record& record, const RecordShape* shape, int depth) {
        std::vector<KindRef> items;
        items.reserve(record.values.size());
        for (size_t i = 0; i < record.values.size(); ++i) {
            const std::string_view name = shape->fields[i];
            items.push_back(name == RecordShape::kIdentity ? identity_kind()
                            : name == RecordShape::kNumber ? number_kind(NumberLayout::Python)
                                                           : find(record.values[i], depth + 1));
        }
        return record_kind(shape, items);
    }

    KindRef find_row(PyObject* row, Tag tag, Py_ssize_t size, int depth) {
        // A list within itself nests without end.
        if (depth == deepest_) {
            return other_kind();
        }
        if (size > static_cast<Py_ssize_t>(kMaximumRow)) {
            return find_sequence(row, tag, size, depth);
        }
        KindRef items[kMaximumRow];
        for (Py_ssize_t i = 0; i < size; ++i) {
            items[i] = tag == Tag::Tuple ? find(PyTuple_GetItem(row, i), depth + 1) : find_item(row, i, depth + 1);
        }
        static RecentRows recent;
        return recent.find(tag, {items, static_cast<size_t>(size)});
    }

    /// Of a long row: some items tell the kind, the reader finds out whether the others are alike.
    KindRef find_sequence(PyObject* row, Tag tag, Py_ssize_t size, int depth) {
        constexpr Py_ssize_t kLookAt = 32;
        KindRef item = never_kind();
        for (Py_ssize_t i = 0; item && i < kLookAt; ++i) {
            const Py_ssize_t index = i * (size - 1) / (kLookAt - 1);
            const KindRef kind =
                tag == Tag::Tuple ? find(PyTuple_GetItem(row, index), depth + 1) : find_item(row, index, depth + 1);
            item = join(item, kind);
        }
        return !item ? other_kind() : tag == Tag::Tuple ? tuple_of_kind(item) : list_of_kind(item);
    }

    KindRef find_item(PyObject* list, Py_ssize_t index, int depth) {
        const ListItem item(list, index);
        return item.get() ? find(item.get(), depth) : other_kind();
    }

    int deepest_;
    KindRef large_int_;  ///< the kind of ints of more than 64 bits
    size_t visited_ = 0;
};

}  // namespace

KindRef kind_of(PyObject* object) {
    return KindFinder::find(object, other_kind());
}

KindRef kind_with_large_ints(PyObject* object) {
    return KindFinder::find(object, int_kind());
}

namespace {

/// The name of its type, and of a row that could have had a kind why it has none.
std::string carried_type(PyObject* object) {
    std::string name = Py_TYPE(object)->tp_name;
    if (PyTuple_CheckExact(object) || PyList_CheckExact(object)) {
        name += PySequence_Fast_GET_SIZE(object) > static_cast<Py_ssize_t>(kMaximumRow)
                    ? " of more than " + std::to_string(kMaximumRow) + " items of several types"
                    : " nested more than " + std::to_string(kMaximumDepth) + " deep, or of more than " +
                          std::to_string(kMaximumNodes) + " objects";
    }
    return name;
}

}  // namespace

void append_carried_types(PyObject* object, KindRef kind, std::vector<std::string>& names) {
    names.push_back(kind->is_carried() && object ? carried_type(object) : std::string());
    for (size_t i = 0; i < kind->items.size(); ++i) {
        const ItemOf item(object, kind, i);
        append_carried_types(item.get(), kind->items[i], names);
    }
}

bool has_unforeseen(PyObject* object, KindRef kind) {
    if (kind->is_record(RecordForm::Number)) {
        return object && PyFloat_Check(object);
    }
    if (kind->is_record(RecordForm::Object) && object && PyLong_Check(object)) {
        return true;
    }
    if (kind->is_carried()) {
        return object &&
               (PyLong_Check(object) || PyFloat_Check(object) || PyTuple_Check(object) || PyList_Check(object)) &&
               !PyTuple_CheckExact(object) && !PyList_CheckExact(object);
    }
    for (size_t i = 0; kind->has_carried && i < kind->items.size(); ++i) {
        const ItemOf item(object, kind, i);
        if (has_unforeseen(item.get(), kind->items[i])) {
            return true;
        }
    }
    return false;
}

KindRef column_kind(ElementSpan elements) {
    constexpr int64_t kLookAt = 64;
    PyObject* first = elements.items[0];
    KindRef kind = kind_of(first);
    if (!kind->is_plain || (!kind->is_row() && !kind->is_dynamic)) {
        return kind;  // no kind takes in others than itself
    }
    const int64_t looked_at = std::min(elements.count, kLookAt);
    for (int64_t i = 1; i < looked_at; ++i) {
        PyObject* object = elements.items[i * (elements.count - 1) / (looked_at - 1)];
        if (kind->tag == Tag::Text && kind->object == 4) {
            break;
        }
        if (Py_TYPE(object) == Py_TYPE(first) && kind->is_row() && Py_SIZE(object) == Py_SIZE(first)) {
            continue;
        }
        const KindRef both = join(kind, kind_of(object));
        kind = both ? both : kind;
    }
    return kind;
}

}  // namespace pp::data
