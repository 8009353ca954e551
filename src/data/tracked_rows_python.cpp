/// Splicing lists of the collector's.
#include "data/tracked_rows_python.h"

#include <utility>

namespace pp::data {
namespace {

CollectorLink* next_of(const CollectorLink* link) {
    return reinterpret_cast<CollectorLink*>(link->next & ~kLinkFlags);
}

CollectorLink* previous_of(const CollectorLink* link) {
    return reinterpret_cast<CollectorLink*>(link->previous & ~kLinkFlags);
}

/// Makes `right` follow `left`; the flags of both stay.
void join(CollectorLink* left, CollectorLink* right) {
    left->next = reinterpret_cast<uintptr_t>(right) | (left->next & kLinkFlags);
    right->previous = reinterpret_cast<uintptr_t>(left) | (right->previous & kLinkFlags);
}

}  // namespace

bool TrackedRows::find_flags() {
    PyObject* list = PyList_New(0);
    if (!list) {
        return false;
    }
    flags_ = link_of(list)->next & kLinkFlags;
    Py_DECREF(list);
    return true;
}

void TrackedRows::add(const TrackedChain& chain) noexcept {
    if (chain.count == 0) {
        return;
    }
    // Open ends hold no flags yet.
    chain.first->previous = 0;
    chain.last->next = flags_;
    CollectorLink* last = previous_of(&head_);
    join(last, chain.first);
    join(chain.last, &head_);
    count_ += chain.count;
}

void TrackedRows::hand_over(PyObject* neighbour) noexcept {
    CollectorLink* first = next_of(&head_);
    if (first != &head_) {
        CollectorLink* before = link_of(neighbour);
        CollectorLink* last = previous_of(&head_);
        join(last, next_of(before));
        join(before, first);
        head_.next = head_.previous = reinterpret_cast<uintptr_t>(&head_);
    }
    count_ = 0;
}

}  // namespace pp::data
