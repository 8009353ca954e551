/// Rows that the cyclic collector shall watch, linked by the threads that wrote them and handed over as a whole.
#pragma once

#include <Python.h>

#include <cstdint>

#include "data/object_writer_python.h"

namespace pp::data {

/// A piece of a list of the collector's, linked by one thread. The first link's `previous` and the last one's `next`
/// are open.
struct TrackedChain {
    CollectorLink* first = nullptr;
    CollectorLink* last = nullptr;
    int64_t count = 0;

    /// `flags`: those of `TrackedRows::flags`.
    void append(CollectorLink* link, uintptr_t flags) noexcept {
        if (last) {
            last->next = reinterpret_cast<uintptr_t>(link) | flags;
            link->previous = reinterpret_cast<uintptr_t>(last);
        } else {
            first = link;
        }
        last = link;
        ++count;
    }
};

/// A list of rows in the collector's own form that is not yet the collector's: a row that dies unlinks itself as it
/// would from there. A collection sees the rows as objects it does not watch. GIL held for every member.
class TrackedRows {
public:
    TrackedRows() = default;
    /// Every row must have died or been handed over.
    ~TrackedRows() = default;
    TrackedRows(const TrackedRows&) = delete;
    TrackedRows& operator=(const TrackedRows&) = delete;

    /// The flags of a new object's `next` link, found by making a list. False with a Python exception set.
    bool find_flags();
    uintptr_t flags() const noexcept { return flags_; }

    /// Adds a chain linked with `flags()`.
    void add(const TrackedChain& chain) noexcept;
    /// How many were added since the last hand-over, those that died included.
    int64_t count() const noexcept { return count_; }
    /// Takes back `count` of those added, which have died.
    void forget(int64_t count) noexcept { count_ -= count; }
    /// Makes the rows the collector's, next to `neighbour`, which it watches.
    void hand_over(PyObject* neighbour) noexcept;

private:
    CollectorLink head_{reinterpret_cast<uintptr_t>(&head_), reinterpret_cast<uintptr_t>(&head_)};
    uintptr_t flags_ = 0;
    int64_t count_ = 0;
};

}  // namespace pp::data
