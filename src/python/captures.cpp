/// See captures.h.
#include "python/captures.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "data/interpreter_python.h"
#include "python/array_captures.h"
#include "python/array_object.h"

namespace pp::python {

namespace {

/// A sixteenth of the machine's memory, but for machines that have little.
uint64_t most_bytes() {
    static const uint64_t bytes = [] {
        const int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
        return std::max(pages / 16 * page, int64_t{256} << 20);
    }();
    return bytes;
}

}  // namespace

Captures& Captures::instance() {
    return data::Interpreter::current().the<Captures>();
}

CapturedRef Captures::find(PyObject* object, KindRef kind) {
    if (is_array(object)) return is_captured_array(object) ? capture_array(object, kind) : nullptr;
    const auto known = index_.find({object, kind});
    if (known != index_.end()) {
        Entry& entry = *known->second;
        entries_.splice(entries_.begin(), entries_, known->second);
        if (entry.captured->is_current(object)) return entry.captured;
    }
    std::shared_ptr<data::CapturedObject> read = data::CapturedObject::read(object, kind);
    if (known != index_.end()) {
        if (!read) return drop(known->second), nullptr;
        Entry& entry = *known->second;
        bytes_ += read->bytes() - entry.captured->bytes();
        replaced_.push_back(std::exchange(entry.captured, read));
    } else if (read) {
        entries_.push_front({object, kind, Object::borrow(object), read});
        index_.emplace(Key{object, kind}, entries_.begin());
        bytes_ += read->bytes();
        drop_excess();
    }
    return read;
}

void Captures::drop(Entries::iterator entry) {
    bytes_ -= entry->captured->bytes();
    index_.erase({entry->object, entry->kind});
    dropped_.splice(dropped_.end(), entries_, entry);
}

void Captures::drop_excess() {
    for (auto entry = std::next(entries_.begin()); entry != entries_.end();) {
        const auto next = std::next(entry);
        if (Py_REFCNT(entry->object) == 1) drop(entry);
        entry = next;
    }
    while (entries_.size() > 1 && (entries_.size() > kMaximumEntries || bytes_ > most_bytes()))
        drop(std::prev(entries_.end()));
}

void Captures::settle() {
    if (dropped_.empty() && replaced_.empty()) return;
    // Out of reach before they die: what that runs may call `map`.
    const Entries dropped = std::exchange(dropped_, {});
    const auto replaced = std::exchange(replaced_, {});
}

uint64_t Captures::trim() {
    const uint64_t bytes = bytes_;
    while (!entries_.empty())
        drop(entries_.begin());
    settle();
    return bytes;
}

}  // namespace pp::python
