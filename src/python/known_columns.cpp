/// See known_columns.h.
#include "python/known_columns.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "data/interpreter_python.h"
#include "data/reader_python.h"

namespace pp::python {

namespace {

/// Fewer elements are read and sent in the time that this takes.
constexpr int64_t kLeastElements = 1 << 13;
constexpr size_t kMostEntries = 32;
constexpr size_t kMostHostBytes = size_t{64} << 20;
constexpr size_t kMostDeviceBytes = size_t{1} << 30;
constexpr uint32_t kMostPatience = 64;

/// Whether the object can never lead to other numbers than it does.
bool is_fixed(KindRef kind) {
    switch (kind->tag) {
    case Tag::Float:
    case Tag::Int:
    case Tag::Bool:
    case Tag::None:
    case Tag::Complex:
    case Tag::Any:
    case Tag::Some:
    case Tag::Other: return true;
    case Tag::Tuple: return std::ranges::all_of(kind->items, is_fixed);
    default: return false;
    }
}

KindRef kind_of_all(PyObject* column, KindRef kind) {
    return PyTuple_CheckExact(column) ? tuple_of_kind(kind) : list_of_kind(kind);
}

}  // namespace

KnownColumns& KnownColumns::instance() {
    return data::Interpreter::current().the<KnownColumns>();
}

bool KnownColumns::is_worth_it(PyObject* column, KindRef kind, int64_t count) {
    return (PyList_CheckExact(column) || PyTuple_CheckExact(column)) && count >= kLeastElements && kind->leaves > 0 &&
           is_fixed(kind) && data::raw_reads_enabled();
}

KnownColumns::Entries::iterator KnownColumns::entry_of(PyObject* column, KindRef kind, int64_t count, int ordinal) {
    return std::ranges::find_if(entries_, [&](const Entry& entry) {
        return entry.column == column && entry.kind == kind && entry.count == count && entry.ordinal == ordinal;
    });
}

KnownColumns::Kept KnownColumns::find(PyObject* column, KindRef kind, int64_t count, int ordinal) {
    const auto entry = entry_of(column, kind, count, ordinal);
    if (entry == entries_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, entry);
    if (!entry->kept) return nullptr;
    if (entry->watched->are_in(column, kind_of_all(column, kind))) return entry->kept;
    drop(*entry);
    entry->patience = std::min(4 * entry->patience, kMostPatience);
    entry->calls_left = entry->patience;
    return nullptr;
}

bool KnownColumns::is_due(PyObject* column, KindRef kind, int64_t count, int ordinal) {
    const auto entry = entry_of(column, kind, count, ordinal);
    if (entry == entries_.end()) {
        entries_.push_front({column, kind, count, ordinal});
        drop_excess();
        return false;
    }
    if (entry->calls_left == 0) return !entry->kept;
    --entry->calls_left;
    return false;
}

void KnownColumns::keep(PyObject* column, KindRef kind, int64_t count, int ordinal, Kept sent) {
    const auto entry = entry_of(column, kind, count, ordinal);
    PP_CHECK(entry != entries_.end() && !entry->kept);
    entry->watched = std::make_unique<data::WatchedObjects>();
    entry->watched->remember(column, kind_of_all(column, kind));
    entry->owned = Object::borrow(column);
    entry->kept = std::move(sent);
    drop_excess();
}

void KnownColumns::put_off(PyObject* column, KindRef kind, int64_t count, int ordinal) {
    if (const auto entry = entry_of(column, kind, count, ordinal); entry != entries_.end())
        entry->calls_left = kMostPatience;
}

/// What it keeps; it is still known by name.
void KnownColumns::drop(Entry& entry) {
    if (!entry.kept) return;
    Entry& gone = dropped_.emplace_back(Entry{entry.column, entry.kind, entry.count, entry.ordinal});
    gone.owned = std::move(entry.owned);
    gone.watched = std::move(entry.watched);
    entry.kept.reset();
}

void KnownColumns::drop_excess() {
    size_t host = 0, device = 0;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        const auto here = entry++;
        if (here->kept) {
            host += here->watched->bytes();
            device += here->kept->bytes();
        }
        const bool is_last_use = here->kept && Py_REFCNT(here->column) == 1;
        if (is_last_use || host > kMostHostBytes || device > kMostDeviceBytes) drop(*here);
        if (is_last_use) entries_.erase(here);
    }
    while (entries_.size() > kMostEntries) {
        drop(entries_.back());
        entries_.pop_back();
    }
}

void KnownColumns::settle() {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        const auto here = entry++;
        if (!here->kept || Py_REFCNT(here->column) > 1) continue;
        drop(*here);
        entries_.erase(here);
    }
    if (dropped_.empty()) return;
    // Out of reach before they die: what that runs may call `map`.
    const Entries dropped = std::exchange(dropped_, {});
}

uint64_t KnownColumns::trim() {
    const uint64_t all = bytes();
    for (Entry& entry : entries_)
        drop(entry);
    entries_.clear();
    settle();
    return all;
}

uint64_t KnownColumns::bytes() const noexcept {
    uint64_t all = 0;
    for (const Entry& entry : entries_) {
        if (entry.watched) all += entry.watched->bytes();
    }
    return all;
}

}  // namespace pp::python
