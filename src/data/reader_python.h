/// Reading Python objects into columns with many threads, while the calling thread holds the GIL and waits.
///
/// Workers read exact-type objects only, touch no reference count and run no Python code (reference: the invariants in
/// docs/architecture.md). Anything else is reported, never guessed.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/column.h"
#include "data/read_plan.h"
#include "ir/kind.h"

namespace pp::data {

/// The kind of one object: exact float, int within 64 bits, bool, None, exact tuple or list of readable items (at most
/// `kMaximumRow` items, nesting at most `kMaximumDepth`, `kMaximumNodes` objects in all, no list within itself). Null
/// for anything else. GIL held; runs no Python code.
KindRef kind_of(PyObject* object);

/// Borrowed pointers to a column's elements: a list's or tuple's own item array, valid while the GIL is held and no
/// Python code runs.
struct ElementSpan {
    PyObject* const* items = nullptr;
    int64_t count = 0;
};

/// Reads elements [0, count) of `elements`, all expected to be of `kind`, into the arrays of its leaves.
/// Appends the index of every element that is not of that kind to `others`, in ascending order; their slots hold
/// zeros. GIL held and kept; wakes the thread pool only where the elements are many. Throws std::bad_alloc.
void read_elements(ElementSpan elements, KindRef kind, std::span<void* const> leaves, std::vector<int64_t>& others);

/// The same for the elements at `indices`, written densely: element `indices[i]` goes to position i. `others` receives
/// elements of `indices`, in their order.
void read_elements_at(ElementSpan elements, std::span<const int64_t> indices, KindRef kind,
                      std::span<void* const> leaves, std::vector<int64_t>& others);

/// Reads the scalars of one value of `kind` as uniform words; false when the value is not of that kind (some words may
/// have been written then).
bool read_uniform(PyObject* value, KindRef kind, uint64_t* words);

/// Whether raw reads were found to work in this interpreter (self-test at first use); otherwise the public API is used
/// on the calling thread. PARALLEL_PARTY_RAW_READS=0 turns them off.
bool raw_reads_enabled();

}  // namespace pp::data
