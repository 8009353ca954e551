/// See packed_element_python.h.
#include "data/packed_element_python.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/error.h"
#include "data/element_refusal_python.h"
#include "data/item_memory.h"
#include "data/record_class_python.h"
#include "data/record_layout_python.h"
#include "data/record_place_python.h"
#include "data/stored_items.h"

namespace pp::data {

void refuse_element(PyObject* object, const std::string& wanted, KindRef kind) {
    const std::string what = kind ? what_differs(object, kind) : std::string();
    throw UserError(ErrorKind::Conversion, std::string("an element of type '") + Py_TYPE(object)->tp_name +
                                               "' where the Array holds " + wanted + (what.empty() ? "" : ": ") + what);
}

bool has_only_fields(PyObject* object, KindRef kind) {
    const RecordClass& known = record_class(kind->record->class_id);
    if (known.type->tp_dictoffset == 0 && known.slots.size() == kind->items.size()) {
        return true;
    }
    RawAttributes attributes;
    if (!known.slots.empty() || !raw_records_enabled() || !raw_attributes(object, known.type, attributes) ||
        !attributes.values) {
        std::vector<std::string> names;
        std::vector<PyObject*> values;
        const bool has_few = own_attributes(object, known, kind->items.size(), names, values);
        for (PyObject* value : values) {
            Py_DECREF(value);
        }
        return has_few && names.size() == kind->items.size();
    }
    const RawKeys* keys = raw_class_keys(known.type);
    size_t count = 0;
    for (Py_ssize_t i = 0; i < keys->count; ++i) {
        count += attributes.values[i] != nullptr;
    }
    return count == kind->items.size();
}

PackedElement::PackedElement(PyObject* object, const ElementType& type, IntsAsFloats ints) : ints_(ints) {
    words_.reserve(type.leaves.size());
    pack(object, type, type.kind);
}

void PackedElement::pack(PyObject* object, const ElementType& type, KindRef kind) {
    if (kind->is_scalar()) {
        return pack_number(object, type.leaves[words_.size()]);
    }
    if (is_optional(kind)) {
        const bool is_there = object != Py_None;
        if (is_there) {
            pack(object, type, kind->items[0]);
        } else {
            words_.resize(words_.size() + kind->items[0]->leaves);
        }
        words_.push_back({{static_cast<char>(is_there)}});
        return;
    }
    if (kind->tag == Tag::Text) {
        return pack_text(object, kind);
    }
    if (kind->item) {
        return pack_sequence(object, type, kind);
    }
    if (kind->tag == Tag::Record && kind->record->form != RecordForm::NamedTuple) {
        return pack_record(object, type, kind);
    }
    const bool is_own_class =
        kind->tag != Tag::Record || Py_IS_TYPE(object, record_access(kind).type) || PyTuple_CheckExact(object);
    const bool is_row = PyList_CheckExact(object) || (PyTuple_Check(object) && is_own_class);
    if (!is_row) {
        refuse_element(object, type.to_string());
    }
    const auto size = static_cast<Py_ssize_t>(kind->items.size());
    for (Py_ssize_t i = 0; i < size; ++i) {
        if (Py_SIZE(object) != size) {
            throw UserError(ErrorKind::Conversion, "a row of " + std::to_string(Py_SIZE(object)) +
                                                       " items where the Array holds " + type.to_string());
        }
        PyObject* item = PyList_CheckExact(object) ? PyList_GET_ITEM(object, i) : PyTuple_GET_ITEM(object, i);
        Py_INCREF(item);  // an `__index__` may change the list
        try {
            pack(item, type, kind->items[static_cast<size_t>(i)]);
        } catch (...) {
            Py_DECREF(item);
            throw;
        }
        Py_DECREF(item);
    }
}

namespace {

/// The fields of a record as the Array has them, owned. Throws where it is none, has others or fewer.
class RecordFields {
public:
    RecordFields(PyObject* object, KindRef kind, const std::string& wanted) : fields_(kind->items.size(), nullptr) {
        if (kind->record->is_dict() ? !take_dict(object, kind) : !take_instance(object, kind)) {
            if (PyErr_Occurred()) {
                throw PythonErrorSet{};
            }
            refuse_element(object, wanted, kind);
        }
    }
    RecordFields(const RecordFields&) = delete;
    ~RecordFields() {
        for (PyObject* field : fields_) {
            Py_XDECREF(field);
        }
    }
    PyObject* operator[](size_t i) const { return fields_[i]; }

private:
    bool take_dict(PyObject* object, KindRef kind) {
        if (!PyDict_CheckExact(object) || PyDict_GET_SIZE(object) != static_cast<Py_ssize_t>(fields_.size())) {
            return false;
        }
        const RecordAccess& access = record_access(kind);
        for (size_t i = 0; i < fields_.size(); ++i) {
            fields_[i] = Py_XNewRef(PyDict_GetItemWithError(object, access.fields[i].name));
            if (!fields_[i]) {
                return false;
            }
        }
        return true;
    }

    bool take_instance(PyObject* object, KindRef kind) {
        const RecordAccess& access = record_access(kind);
        if (!api_record_fields(object, access, fields_.data())) {
            std::ranges::fill(fields_, nullptr);  // which have been let go
            return false;
        }
        return has_only_fields(object, kind);
    }

    std::vector<PyObject*> fields_;
};

}  // namespace

void PackedElement::pack_record(PyObject* object, const ElementType& type, KindRef kind) {
    PyObject* own = nullptr;
    if (const RecordPlace* place = record_place(object)) {
        own = record_at(*place);
        if (!own) {
            throw PythonErrorSet{};
        }
        object = own;
    }
    try {
        const RecordFields fields(object, kind, type.to_string());
        for (size_t i = 0; i < kind->items.size(); ++i) {
            pack(fields[i], type, kind->items[i]);
        }
    } catch (...) {
        Py_XDECREF(own);
        throw;
    }
    Py_XDECREF(own);
}

namespace {

template <typename Word> void put_words(std::vector<Word>& words, const void* items, Py_ssize_t count) {
    const uint64_t values[] = {reinterpret_cast<uintptr_t>(items), static_cast<uint64_t>(count)};
    for (const uint64_t& value : values) {
        Word word{};
        std::memcpy(word.bytes, &value, sizeof value);
        words.push_back(word);
    }
}

}  // namespace

void PackedElement::pack_text(PyObject* object, KindRef kind) {
    if (!PyUnicode_CheckExact(object)) {
        refuse_element(object, "str");
    }
    const Py_ssize_t length = PyUnicode_GET_LENGTH(object);
    if (kind->object == 1 && PyUnicode_KIND(object) != PyUnicode_1BYTE_KIND) {
        throw TextIsWide{};
    }
    items_.push_back(std::make_unique<char[]>(static_cast<size_t>(length) * kind->object + 1));
    store_units(PyUnicode_DATA(object), PyUnicode_KIND(object), length, kind->object, items_.back().get());
    put_words(words_, items_.back().get(), length);
}

void PackedElement::pack_sequence(PyObject* object, const ElementType& type, KindRef kind) {
    if (!PyList_CheckExact(object) && !PyTuple_CheckExact(object)) {
        refuse_element(object, type.to_string());
    }
    const ElementType& item_type = *element_type(kind->item);
    const uint32_t bytes = item_bytes(kind->item);
    PyObject* row = PySequence_Tuple(object);  // an `__index__` may change the list
    if (!row) {
        throw PythonErrorSet{};
    }
    const Py_ssize_t size = PyTuple_GET_SIZE(row);
    auto items = std::make_unique<char[]>(static_cast<size_t>(size) * bytes + 1);
    const std::vector<LeafView> leaves = item_leaves(kind->item, items.get());
    try {
        for (Py_ssize_t i = 0; i < size; ++i) {
            PackedElement item(PyTuple_GET_ITEM(row, i), item_type, ints_);
            item.store(leaves, i);
            std::ranges::move(item.items_, std::back_inserter(items_));
        }
    } catch (...) {
        Py_DECREF(row);
        throw;
    }
    Py_DECREF(row);
    put_words(words_, items.get(), size);
    items_.push_back(std::move(items));
}

namespace {

/// The int as a double; throws where that is beyond all, or where it must be equal and is not.
double double_of(PyObject* number, IntsAsFloats ints, NumberFormat format) {
    const double nearest = PyLong_AsDouble(number);  // raises OverflowError as float() does
    if (PyErr_Occurred()) {
        throw PythonErrorSet{};
    }
    PyObject* back = ints == IntsAsFloats::Exact ? PyLong_FromDouble(nearest) : Py_NewRef(number);
    const int is_same = back ? PyObject_RichCompareBool(back, number, Py_EQ) : -1;
    Py_XDECREF(back);
    if (is_same < 0) {
        throw PythonErrorSet{};
    }
    if (!is_same) {
        throw UserError(ErrorKind::Overflow,
                        std::string("an int that no float is equal to, where the Array holds ") + to_string(format));
    }
    return nearest;
}

/// Throws why the object's `__index__` has raised: NumPy's arrays have one, whatever they hold.
[[noreturn]] void refuse_index(PyObject* object) {
    if (!PyObject_CheckBuffer(object) || !PyErr_ExceptionMatches(PyExc_TypeError)) {
        throw PythonErrorSet{};
    }
    PyErr_Clear();
    const bool is_masked = std::string(Py_TYPE(object)->tp_name) == "MaskedConstant";
    throw UserError(ErrorKind::Conversion,
                    std::string("an element of type '") + Py_TYPE(object)->tp_name +
                        "', of which an Array holds none: it " +
                        (is_masked ? "is masked; give what the masked array's filled() or tolist() makes"
                                   : "is an Array, or another buffer; give its items as a list or tuple, as its "
                                     "tolist() does"));
}

[[noreturn]] void refuse_number(PyObject* object, NumberFormat format) {
    const std::string advice = advice_on_number(object);
    refuse_element(object, to_string(format) + (advice.empty() ? advice : "; " + advice));
}

}  // namespace

void PackedElement::pack_number(PyObject* object, NumberFormat format) {
    Word word{};
    bool has_fit = false;
    const auto put = [&](auto value) {
        with_number(format, [&](auto kind) {
            using Stored = decltype(kind);
            has_fit = fits<Stored>(value);
            if (has_fit) {
                const auto stored = static_cast<Stored>(value);
                std::memcpy(word.bytes, &stored, sizeof(stored));
            }
        });
    };
    const auto put_int = [&](PyObject* number) {
        int overflow = 0;
        const int64_t value = PyLong_AsLongLongAndOverflow(number, &overflow);
        if (is_floating(format) && (overflow || !is_exact_float(value))) {
            put(double_of(number, ints_, format));
        } else if (!overflow) {
            put(value);
        } else if (overflow > 0 && format == NumberFormat::UInt64) {
            const unsigned long long large = PyLong_AsUnsignedLongLong(number);
            has_fit = !PyErr_Occurred();
            PyErr_Clear();
            std::memcpy(word.bytes, &large, sizeof(large));
        }
    };
    if (PyBool_Check(object)) {
        put(static_cast<int64_t>(object == Py_True));
    } else if (format == NumberFormat::Bool) {
        refuse_number(object, format);
    } else if (PyFloat_Check(object)) {
        if (!is_floating(format)) {
            refuse_element(object, to_string(format));
        }
        put(PyFloat_AS_DOUBLE(object));
    } else if (PyLong_Check(object) || PyIndex_Check(object)) {
        const std::unique_ptr<PyObject, decltype([](PyObject* owned) { Py_DECREF(owned); })> number(
            PyNumber_Index(object));
        if (!number) {
            refuse_index(object);
        }
        put_int(number.get());
    } else {
        refuse_number(object, format);
    }
    if (!has_fit) {
        throw UserError(ErrorKind::Overflow, std::string("a value is out of the bounds of ") + to_string(format));
    }
    words_.push_back(word);
}

void PackedElement::store(std::span<const LeafView> leaves, int64_t index) const {
    for (size_t i = 0; i < leaves.size(); ++i) {
        std::memcpy(leaves[i].at(index), words_[i].bytes, format_bytes(leaves[i].format));
    }
}

}  // namespace pp::data
