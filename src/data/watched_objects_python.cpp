/// See watched_objects_python.h.
#include "data/watched_objects_python.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "data/layout_python.h"
#include "data/reader_python.h"
#include "data/record_class_python.h"
#include "device/thread_pool.h"

namespace pp::data {
namespace {

/// Whether something else can be put into the place of an object's item.
bool is_changeable_row(KindRef kind) {
    return kind->tag == Tag::List || kind->tag == Tag::ListOf ||
           (kind->tag == Tag::Record && kind->record->form != RecordForm::NamedTuple);
}

/// Whether the object, or one that it leads to, can change while it stays the same object.
bool may_change(KindRef kind) {
    return is_changeable_row(kind) || (kind->item && may_change(kind->item)) ||
           std::any_of(kind->items.begin(), kind->items.end(), may_change);
}

/// The objects that a row, a sequence or a record holds directly; false where it is not of the kind any more.
bool find_items(PyObject* object, KindRef kind, PyObject** scratch, PyObject* const*& items, Py_ssize_t& size) {
    switch (kind->tag) {
    case Tag::Tuple:
    case Tag::TupleOf: return raw_tuple(object, items, size);
    case Tag::List:
    case Tag::ListOf: return raw_list(object, items, size);
    case Tag::Record:
        items = scratch;
        size = static_cast<Py_ssize_t>(kind->items.size());
        return raw_record_fields(object, record_access(kind), scratch);
    default: break;
    }
    size = 0;
    return true;
}

KindRef item_kind(KindRef kind, Py_ssize_t index) {
    return kind->item ? kind->item : kind->items[static_cast<size_t>(index)];
}

/// Whether any of the items can change: none of many floats can.
bool items_may_change(KindRef kind) {
    return kind->item ? may_change(kind->item) : std::any_of(kind->items.begin(), kind->items.end(), may_change);
}

/// Comes to every object by whose place a change shows, in one order, as long as `visit(items, size)` answers true for
/// what each changeable object holds.
template <typename Visit> bool walk(PyObject* object, KindRef kind, Visit& visit) {
    if (!may_change(kind)) {
        return true;
    }
    PyObject* scratch[kMaximumFields];
    PyObject* const* items = nullptr;
    Py_ssize_t size;
    if (!find_items(object, kind, scratch, items, size) || (is_changeable_row(kind) && !visit(items, size))) {
        return false;
    }
    for (Py_ssize_t i = 0; items_may_change(kind) && i < size; ++i) {
        if (!walk(items[i], item_kind(kind, i), visit)) {
            return false;
        }
    }
    return true;
}

bool are_same(PyObject* const* left, PyObject* const* right, Py_ssize_t size) {
    // Half a nanosecond each; waking others takes longer than comparing fewer.
    constexpr Py_ssize_t kWorthWaking = 1 << 18, kChunk = 1 << 15;
    if (size < kWorthWaking) {
        return size == 0 || std::memcmp(left, right, static_cast<size_t>(size) * sizeof *left) == 0;
    }
    std::atomic<bool> same{true};
    device::ThreadPool::instance().parallel_for(size, kChunk, [&](int64_t begin, int64_t end, int) {
        const auto bytes = static_cast<size_t>(end - begin) * sizeof *left;
        if (same.load(std::memory_order_relaxed) && std::memcmp(left + begin, right + begin, bytes) != 0) {
            same.store(false, std::memory_order_relaxed);
        }
    });
    return same.load(std::memory_order_relaxed);
}

/// The same for a dict or a set as a whole.
template <typename Visit> bool walk_table(PyObject* table, KindRef kind, Visit& visit) {
    const TableItems items(table);
    const auto visit_all = [&](const std::vector<PyObject*>& objects) {
        return visit(objects.data(), static_cast<Py_ssize_t>(objects.size()));
    };
    if (!visit_all(items.keys) || !visit_all(items.values)) {
        return false;
    }
    return items.values.empty() || std::ranges::all_of(items.values, [&](PyObject* value) {
               const KindRef column = kind->items.back();
               return !column->item || walk(value, column->item, visit);  // what is mixed holds nothing that can change
           });
}

template <typename Visit> bool walk_all(PyObject* object, KindRef kind, Visit& visit) {
    return is_table(object, kind) ? walk_table(object, kind, visit) : walk(object, kind, visit);
}

/// Whether a change shows by the places of what the object holds; else it is the object itself that must be the same.
bool shows_changes(PyObject* object, KindRef kind) {
    return is_changeable_row(kind) || is_table(object, kind);
}

}  // namespace

bool is_table(PyObject* object, KindRef kind) {
    return kind->tag == Tag::Tuple && (PyDict_CheckExact(object) || PyAnySet_CheckExact(object));
}

TableItems::TableItems(PyObject* table) {
    if (PyDict_CheckExact(table)) {
        PyObject *key = nullptr, *value = nullptr;
        for (Py_ssize_t position = 0; PyDict_Next(table, &position, &key, &value);) {
            keys.push_back(key);
            values.push_back(value);
        }
        return;
    }
    const auto* set = reinterpret_cast<PySetObject*>(table);
    constexpr Py_hash_t kRemoved = -1;
    for (Py_ssize_t i = 0; i <= set->mask; ++i) {
        if (set->table[i].key && set->table[i].hash != kRemoved) {
            keys.push_back(set->table[i].key);
        }
    }
}

WatchedObjects::~WatchedObjects() {
    for (PyObject* object : held_) {
        Py_XDECREF(object);
    }
}

void WatchedObjects::remember(PyObject* object, KindRef kind) {
    is_watching_ = raw_reads_enabled() && raw_records_enabled();
    if (!is_watching_) {
        return;
    }
    auto hold = [this](PyObject* const* items, Py_ssize_t size) {
        sizes_.push_back(size);
        held_.insert(held_.end(), items, items + size);
        constexpr Py_ssize_t kAhead = 16;  // objects lie anywhere in memory
        for (Py_ssize_t i = 0; i < size; ++i) {
            __builtin_prefetch(items[std::min(i + kAhead, size - 1)], 1);
            Py_XINCREF(items[i]);
        }
        return true;
    };
    if (!shows_changes(object, kind)) {
        hold(&object, 1);
    }
    is_watching_ = walk_all(object, kind, hold);
}

bool WatchedObjects::are_in(PyObject* object, KindRef kind) const {
    size_t next = 0, row = 0;
    auto compare = [&](PyObject* const* items, Py_ssize_t size) {
        if (row == sizes_.size() || sizes_[row++] != size) {
            return false;
        }
        const bool same = are_same(items, held_.data() + next, size);
        next += static_cast<size_t>(size);
        return same;
    };
    return is_watching_ && (shows_changes(object, kind) || compare(&object, 1)) && walk_all(object, kind, compare);
}

size_t WatchedObjects::bytes() const noexcept {
    return held_.capacity() * sizeof(PyObject*) + sizes_.capacity() * sizeof(Py_ssize_t);
}

}  // namespace pp::data
