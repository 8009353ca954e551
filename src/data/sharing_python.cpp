/// See sharing_python.h.
#include "data/sharing_python.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <unordered_set>

#include "data/address_set.h"
#include "data/list_item_python.h"
#include "data/parallel_python.h"
#include "data/prefetch_python.h"
#include "data/read_plan.h"
#include "data/referents_python.h"

namespace pp::data {
namespace {

/// Calls `visit(element, object)` for every object of the column in [begin, end), and for the dicts in which instances
/// keep their attributes: several may have one dict.
template <typename Visit> void for_each_object(const ObjectColumn& column, int64_t begin, int64_t end, Visit visit) {
    const bool is_raw = raw_records_enabled();
    const bool is_instance = column.kind->is_record(RecordForm::Object) && !column.has_no_dicts;
    const bool asks = is_raw && is_instance && column.way.empty();
    for (int64_t i = begin; i < end; ++i) {
        if (asks && i + kScalarsAhead < end) {
            const int64_t ahead = i + kScalarsAhead;
            const PyObject* next = column.elements.items[column.indices ? column.indices[ahead] : ahead];
            prefetch(reinterpret_cast<const char*>(next) - 4 * sizeof(void*));
            prefetch(next);
        }
        if (column.skip && column.skip[i]) {
            continue;
        }
        const int64_t element = column.indices ? column.indices[i] : i;
        const ObjectAt object(column.elements.items[element], column.way, is_raw);
        if (!object.get()) {
            continue;
        }
        visit(element, object.get());
        if (PyObject* dict = is_instance ? dict_of_instance(object.get()) : nullptr) {
            visit(element, dict);
        }
    }
}

/// Whether each object lies behind the one before: then all differ, and that is how fresh objects lie.
bool is_ascending(const ObjectColumn& column) {
    std::atomic<bool> ascends{true};
    in_chunks(column.count, 1, [&](int64_t begin, int64_t end) {
        PyObject* last = nullptr;
        // The chunk before is looked into, so that the border between the two is compared as well.
        for_each_object(column, std::max<int64_t>(begin - 1, 0), end, [&](int64_t, PyObject* object) {
            if (object <= last) {
                ascends.store(false, std::memory_order_relaxed);
            }
            last = object;
        });
    });
    return ascends.load();
}

using Addresses = std::unordered_set<PyObject*>;

Addresses objects_met_twice(std::span<const ObjectColumn> columns, std::span<const ReachedObject> reached) {
    int64_t total = static_cast<int64_t>(reached.size());
    for (const ObjectColumn& column : columns) {
        total += column.count * (column.kind->is_record(RecordForm::Object) ? 2 : 1);
    }
    AddressSet seen(total);
    Addresses twice;
    std::mutex mutex;
    for (const ObjectColumn& column : columns) {
        in_chunks(column.count, 1, [&](int64_t begin, int64_t end) {
            for_each_object(column, begin, end, [&](int64_t, PyObject* object) {
                if (!seen.insert(object)) {
                    std::lock_guard lock(mutex);
                    twice.insert(object);
                }
            });
        });
    }
    for (const ReachedObject& one : reached) {
        if (!seen.insert(one.object)) {
            twice.insert(one.object);
        }
    }
    return twice;
}

/// Collects what an element leads to: an object once for every way there, but goes on from it only once.
class Follower {
public:
    Follower(int64_t element, std::vector<ReachedObject>& reached) : element_(element), reached_(reached) {}

    /// False where it leads too far.
    bool follow(PyObject* object) {
        take(object);
        while (!pending_.empty() && followed_.size() <= kMaximumNodes) {
            PyObject* next = pending_.back();
            pending_.pop_back();
            if (followed_.insert(next).second) {
                go_on_from(next);
            }
        }
        return pending_.empty();
    }

private:
    void take(PyObject* object) {
        if (!object || !PyObject_IS_GC(object) || PyType_Check(object)) {
            return;
        }
        if (!PyTuple_Check(object)) {
            reached_.push_back({element_, object});
        }
        pending_.push_back(object);
    }

    void go_on_from(PyObject* object) {
        if (PyList_CheckExact(object)) {
            for (Py_ssize_t i = 0; i < PyList_GET_SIZE(object); ++i) {
                const ListItem item(object, i);
                take(item.get());
            }
        } else if (PyTuple_Check(object)) {
            for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); ++i) {
                take(PyTuple_GET_ITEM(object, i));
            }
        } else if (PyDict_CheckExact(object)) {
            PyObject *key = nullptr, *value = nullptr;
            for (Py_ssize_t position = 0; PyDict_Next(object, &position, &key, &value);) {
                take(key);
                take(value);
            }
        } else if (const RecordClass* known = record_class_of(Py_TYPE(object))) {
            for (PyObject* value : attribute_values(object, *known)) {
                take(value);
            }
            take(dict_of_instance(object));
            visit_class_attributes(Py_TYPE(object), take_referent, this);
        } else {
            visit_referents(object, take_referent, this);
        }
    }

    static void take_referent(PyObject* object, void* self) { static_cast<Follower*>(self)->take(object); }

    const int64_t element_;
    std::vector<ReachedObject>& reached_;
    std::vector<PyObject*> pending_;
    std::unordered_set<PyObject*> followed_;
};

}  // namespace

bool append_reached(int64_t element, PyObject* object, std::vector<ReachedObject>& reached) {
    return Follower(element, reached).follow(object);
}

bool is_plain_data(KindRef item) {
    const bool is_object = item && (item->tag == Tag::List || item->tag == Tag::ListOf || item->tag == Tag::Record);
    return item && !is_object && (!item->item || is_plain_data(item->item)) &&
           std::all_of(item->items.begin(), item->items.end(), is_plain_data);
}

std::vector<int64_t> sharing_elements(std::span<const ObjectColumn> columns, std::span<const ReachedObject> reached) {
    if (columns.size() + reached.size() <= 1 &&
        (columns.empty() || (!columns.front().skip && is_ascending(columns.front())))) {
        return {};
    }
    const Addresses twice = objects_met_twice(columns, reached);
    std::vector<int64_t> elements;
    if (twice.empty()) {
        return elements;
    }
    const auto note = [&](int64_t element, PyObject* object) {
        if (twice.contains(object)) {
            elements.push_back(element);
        }
    };
    for (const ObjectColumn& column : columns) {
        for_each_object(column, 0, column.count, note);
    }
    for (const ReachedObject& one : reached) {
        note(one.element, one.object);
    }
    std::sort(elements.begin(), elements.end());
    elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
    return elements;
}

}  // namespace pp::data
