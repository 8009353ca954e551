/// Takes records made through the API apart.
#include "data/record_model_python.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "data/new_record_python.h"
#include "data/object_writer_python.h"
#include "data/read_plan.h"
#include "data/record_layout_python.h"

namespace pp::data {
namespace {

/// Instances made before two agree, at the most: each makes room in the next for fewer attributes, down to what is
/// used. No class has room for more than 30.
constexpr int kMostTries = 40;
/// CPython counts versions of dicts up from 0, a few millions a second.
constexpr uint64_t kFirstVersion = uint64_t{1} << 62;
constexpr size_t kVersionOffset = offsetof(PyDictObject, ma_keys) - sizeof(uint64_t);

/// Where a record lies.
struct Pieces {
    size_t head;  ///< bytes before the object
    size_t bytes;
    const char* table = nullptr;
    size_t table_bytes = 0;
    ptrdiff_t link = 0;  ///< from the object to the address of the table
    ptrdiff_t link_target = 0;
    size_t table_head = 0;   ///< bytes of the table that hold the order of insertion, with gaps never written to
    size_t table_order = 0;  ///< bytes of these that are in use, at their end
};

bool find_dict(PyObject* object, Pieces& pieces) {
    const RawKeys* keys = raw_keys(object);
    if (reinterpret_cast<PyDictObject*>(object)->ma_values || keys->kind == kGeneralKeys || keys->references != 1 ||
        keys->version != 0) {
        return false;
    }
    pieces.head = sizeof(CollectorLink);
    pieces.bytes = sizeof(PyDictObject);
    pieces.table = reinterpret_cast<const char*>(keys);
    pieces.table_bytes = sizeof(RawKeys) + (size_t{1} << keys->log2_index_bytes) +
                         static_cast<size_t>(keys->usable + keys->count) * 2 * sizeof(PyObject*);
    pieces.link = offsetof(PyDictObject, ma_keys);
    return true;
}

bool find_named_tuple(PyObject* object, const PyTypeObject* type, Pieces& pieces) {
    pieces.head = sizeof(CollectorLink);
    pieces.bytes = static_cast<size_t>(type->tp_basicsize) +
                   static_cast<size_t>(Py_SIZE(object)) * static_cast<size_t>(type->tp_itemsize);
    return type->tp_basicsize == PyTuple_Type.tp_basicsize && type->tp_itemsize == PyTuple_Type.tp_itemsize &&
           type->tp_dictoffset == 0 && type->tp_weaklistoffset == 0;
}

/// Bytes before the collector's link of instances with a dict or weak references.
size_t before_link(PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030C0000
    constexpr unsigned long kFlags = Py_TPFLAGS_MANAGED_DICT | Py_TPFLAGS_MANAGED_WEAKREF;
#else
    constexpr unsigned long kFlags = Py_TPFLAGS_MANAGED_DICT;
#endif
    return type->tp_flags & kFlags ? 2 * sizeof(PyObject*) : 0;
}

/// The values of an instance under its class's keys, within or beside the object. False where it has a dict.
bool find_values(PyObject* object, PyTypeObject* type, Pieces& pieces) {
    RawAttributes attributes;
    const RawKeys* keys = raw_class_keys(type);
    if (!keys || !raw_attributes(object, type, attributes) || !attributes.values || raw_instance_dict(object, type)) {
        return false;
    }
    const auto room = static_cast<size_t>(keys->usable + keys->count);
    const auto* values = reinterpret_cast<const char*>(attributes.values);
    const size_t value_bytes = room * sizeof(PyObject*);
#if PY_VERSION_HEX >= 0x030D0000
    // Capacity, size and flags; the values; the order of insertion.
    const char* inlined = reinterpret_cast<char*>(object) + type->tp_basicsize;
    constexpr size_t kHead = 8;
    pieces.bytes += kHead + value_bytes + (room + 7) / 8 * 8;
    return inlined + kHead == values && static_cast<uint8_t>(inlined[0]) == room;
#else
    // The order of insertion, its size and that of this head; the values.
    const auto* ends = reinterpret_cast<const uint8_t*>(values);
    pieces.table_head = ends[-1];
    pieces.table_order = ends[-2] + size_t{2};
    pieces.table = values - pieces.table_head;
    pieces.table_bytes = pieces.table_head + value_bytes;
    pieces.link_target = static_cast<ptrdiff_t>(pieces.table_head);
#if PY_VERSION_HEX >= 0x030C0000
    pieces.link = -3 * static_cast<ptrdiff_t>(sizeof(PyObject*));
    pieces.link_target -= 1;  // the tag that says that it is no dict
#else
    pieces.link = -4 * static_cast<ptrdiff_t>(sizeof(PyObject*));
#endif
    return pieces.table_head >= room + 2 && pieces.table_order <= pieces.table_head;
#endif
}

bool find_instance(PyObject* object, PyTypeObject* type, Pieces& pieces) {
    pieces.head = sizeof(CollectorLink) + before_link(type);
    pieces.bytes = static_cast<size_t>(type->tp_basicsize);
    if (!PyType_IS_GC(type) || type->tp_itemsize != 0) {
        return false;
    }
    return PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT) ? find_values(object, type, pieces)
                                                            : type->tp_dictoffset == 0;
}

bool find_pieces(PyObject* object, const RecordAccess& access, Pieces& pieces) {
    switch (access.form) {
    case RecordForm::Dict: return PyDict_CheckExact(object) && find_dict(object, pieces);
    case RecordForm::NamedTuple: return find_named_tuple(object, access.type, pieces);
    case RecordForm::Object: return find_instance(object, access.type, pieces);
    case RecordForm::Keys:
    case RecordForm::Number:
    case RecordForm::Optional:
    case RecordForm::Items: break;
    }
    return false;
}

/// Calls `use` with each place where these bytes hold this address.
template <typename Use> void for_places(const std::vector<char>& bytes, const PyObject* address, Use use) {
    for (size_t at = 0; at + sizeof address <= bytes.size(); at += sizeof address) {
        if (std::memcmp(bytes.data() + at, &address, sizeof address) == 0) {
            use(at);
        }
    }
}

/// Floats to be told from all other objects.
bool new_fields(size_t count, PyObject** fields) {
    for (size_t i = 0; i < count; ++i) {
        fields[i] = PyFloat_FromDouble(static_cast<double>(i) + 0.5);
        if (!fields[i]) {
            while (i-- > 0) {
                Py_DECREF(fields[i]);
            }
            return false;
        }
    }
    return true;
}

}  // namespace

bool RecordModel::find_fields(PyObject* const* fields, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        for_places(body_, fields[i], [&](size_t offset) { fields_.push_back({false, offset}); });
        for_places(table_, fields[i], [&](size_t offset) { fields_.push_back({true, offset}); });
        if (fields_.size() != i + 1) {
            return false;
        }
    }
    for (const Place& place : fields_) {
        std::memset((place.is_in_table ? table_ : body_).data() + place.offset, 0, sizeof(PyObject*));
    }
    return true;
}

/// Takes a record apart; what differs from one to the next becomes zeros.
bool RecordModel::read(PyObject* object, const RecordAccess& access) {
    Pieces pieces{};
    if (!find_pieces(object, access, pieces) || Py_REFCNT(object) != 1) {
        return false;
    }
    const char* first = reinterpret_cast<char*>(object) - pieces.head;
    body_.assign(first, first + pieces.head + pieces.bytes);
    head_ = pieces.head;
    std::memset(body_.data() + head_ - sizeof(CollectorLink), 0, sizeof(CollectorLink));
    if (pieces.table) {
        link_ = static_cast<size_t>(static_cast<ptrdiff_t>(head_) + pieces.link);
        link_target_ = pieces.link_target;
        const char* target = pieces.table + link_target_;
        if (std::memcmp(body_.data() + link_, &target, sizeof target) != 0) {
            return false;
        }
        std::memset(body_.data() + link_, 0, sizeof target);
        table_.assign(pieces.table, pieces.table + pieces.table_bytes);
        std::memset(table_.data(), 0, pieces.table_head - pieces.table_order);
    }
    has_version_ = access.form == RecordForm::Dict && PY_VERSION_HEX < 0x030E0000;
    if (has_version_) {
        std::memset(body_.data() + head_ + kVersionOffset, 0, sizeof(uint64_t));
    }
    is_always_watched_ = PyObject_GC_IsTracked(object);
    return true;
}

bool RecordModel::agrees(const RecordModel& other) const {
    return body_ == other.body_ && table_ == other.table_ && head_ == other.head_ && link_ == other.link_ &&
           link_target_ == other.link_target_ && fields_ == other.fields_ &&
           is_always_watched_ == other.is_always_watched_ &&
           std::equal(shared_.begin(), shared_.end(), other.shared_.begin(), other.shared_.end(),
                      [](const Shared& a, const Shared& b) { return a.references == b.references; });
}

/// Writes a record and takes it apart as well.
bool RecordModel::writes_the_same(const RecordAccess& access, PyObject* const* fields) const {
    std::vector<char> body(body_.size()), table(table_.size());
    const Made made = write(body.data(), table.data(), kFirstVersion);
    for (size_t i = 0; i < fields_.size(); ++i) {
        *field(made, i) = fields[i];
    }
    RecordModel again;
    return again.read(made.object, access) && again.find_fields(fields, fields_.size()) && again.body_ == body_ &&
           again.table_ == table_ && again.fields_ == fields_;
}

namespace {

/// What a record may hold references to beside its fields: its class or its keys.
std::vector<PyObject*> held_objects(const RecordAccess& access) {
    std::vector<PyObject*> held;
    if (access.type) {
        held.push_back(reinterpret_cast<PyObject*>(access.type));
    } else {
        for (const FieldAccess& field : access.fields) {
            held.push_back(field.name);
        }
    }
    return held;
}

}  // namespace

std::unique_ptr<RecordModel> RecordModel::learn(const RecordAccess& access) {
    const size_t count = access.fields.size();
    const bool has_missing = std::any_of(access.fields.begin(), access.fields.end(),
                                         [](const FieldAccess& field) { return field.is_missing; });
    const bool is_variable = access.form == RecordForm::Number || access.form == RecordForm::Items;
    if (is_variable || count == 0 || has_missing || !raw_records_enabled()) {
        return nullptr;
    }
    const std::vector<PyObject*> held = held_objects(access);
    std::unique_ptr<RecordModel> last;
    for (int turn = 0; turn < kMostTries; ++turn) {
        auto model = std::make_unique<RecordModel>();
        for (PyObject* object : held) {
            model->shared_.push_back({object, -static_cast<int64_t>(Py_REFCNT(object))});
        }
        PyObject* fields[kMaximumFields];
        PyObject* made = new_fields(count, fields) ? new_record(access, fields) : nullptr;
        if (!made) {
            PyErr_Clear();  // no memory: the caller will meet the shortage itself
            return nullptr;
        }
        for (Shared& shared : model->shared_) {
            shared.references += static_cast<int64_t>(Py_REFCNT(shared.object));
        }
        // The record keeps its fields alive.
        const bool fits =
            model->read(made, access) && model->find_fields(fields, count) && model->writes_the_same(access, fields);
        Py_DECREF(made);
        if (!fits) {
            return nullptr;
        }
        if (last && last->agrees(*model)) {
            return model;
        }
        last = std::move(model);
    }
    return nullptr;
}

RecordModel::Made RecordModel::write(char* body, char* table, uint64_t version) const noexcept {
    std::memcpy(body, body_.data(), body_.size());
    if (!table_.empty()) {
        std::memcpy(table, table_.data(), table_.size());
        const char* target = table + link_target_;
        std::memcpy(body + link_, &target, sizeof target);
    }
    if (has_version_) {
        std::memcpy(body + head_ + kVersionOffset, &version, sizeof version);
    }
    return {reinterpret_cast<PyObject*>(body + head_), body, table};
}

uint64_t RecordModel::new_versions(uint64_t count) noexcept {
    static std::atomic<uint64_t> next{kFirstVersion};
    return next.fetch_add(count * kVersionStep, std::memory_order_relaxed);
}

}  // namespace pp::data
