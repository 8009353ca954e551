/// See sharing_python.h.
#include "data/sharing_python.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <unordered_set>

#include "data/address_set.h"
#include "data/container_python.h"
#include "data/parallel_python.h"
#include "data/read_plan.h"

namespace pp::data {
namespace {

/// Calls `visit(element, object)` for every object of the column in [begin, end).
template <typename Visit> void for_each_object(const ObjectColumn& column, int64_t begin, int64_t end, Visit visit) {
    for (int64_t i = begin; i < end; ++i) {
        if (column.skip && column.skip[i]) {
            continue;
        }
        const int64_t element = column.indices ? column.indices[i] : i;
        const Container object(column.elements.items[element], column.way);
        if (object.get() && PyList_CheckExact(object.get())) {
            visit(element, object.get());
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
        total += column.count;
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

void append_below(int64_t element, PyObject* object, int depth, size_t& visited, std::vector<ReachedObject>& reached) {
    if (++visited > kMaximumNodes || depth > kMaximumDepth) {
        return;
    }
    if (PyList_CheckExact(object)) {
        reached.push_back({element, object});
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(object); ++i) {
            const ListItem item(object, i);
            if (item.get()) {
                append_below(element, item.get(), depth + 1, visited, reached);
            }
        }
    } else if (PyTuple_CheckExact(object)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); ++i) {
            append_below(element, PyTuple_GET_ITEM(object, i), depth + 1, visited, reached);
        }
    }
}

}  // namespace

void append_reached(int64_t element, PyObject* object, std::vector<ReachedObject>& reached) {
    size_t visited = 0;
    append_below(element, object, 0, visited, reached);
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
