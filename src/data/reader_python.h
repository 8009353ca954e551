/// Reading Python objects into columns with many threads, while the calling thread holds the GIL and waits.
///
/// Workers read exact-type objects only, touch no reference count and run no Python code (reference: the invariants in
/// docs/architecture.md). Anything else is reported, never guessed.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/arena.h"
#include "data/column.h"
#include "data/read_plan.h"
#include "ir/kind.h"

namespace pp::data {

/// The kind of one object: exact float, int within 64 bits, bool, None, complex, exact str, tuple or list, dict with
/// plain str keys, namedtuple, instance of a class of Python's own (at most `kMaximumFields` fields, nesting at most
/// `kMaximumDepth`, `kMaximumNodes` objects in all; rows of more than `kMaximumRow` items must have one kind of item,
/// and only some are looked at). Other for anything else, also within these. GIL held; runs no Python code.
KindRef kind_of(PyObject* object);

/// Appends one name for each node of `kind` in preorder: the name of the type of what is only carried, else an empty
/// one. `object` may be null, and then so are all names.
void append_carried_types(PyObject* object, KindRef kind, std::vector<std::string>& names);

/// Whether something that `kind` only carries in `object` is a number or a row that CPython computes with though its
/// like has a compiled form: an int beyond 64 bits, an instance of a subclass.
bool has_unforeseen(PyObject* object, KindRef kind);

/// Borrowed pointers to a column's elements: a list's or tuple's own item array, valid while the GIL is held and no
/// Python code runs.
struct ElementSpan {
    PyObject* const* items = nullptr;
    int64_t count = 0;
};

/// The kind as which a column is best read: the first element's, or where others among those looked at are rows of
/// other lengths, or wider text, the kind that takes in both. `count` must be positive.
KindRef column_kind(ElementSpan elements);

/// Called by the thread that has read elements [begin, end) and has their leaves at hand; may be null. Lower ones have
/// been read by then or are in the hands of other threads, which wait for nobody. Must not throw.
using AfterChunk = std::function<void(int64_t begin, int64_t end)>;

/// Reads elements [0, count) of `elements`, all expected to be of `kind`, into the arrays of its leaves.
/// Appends the index of every element that is not of that kind to `others`, in ascending order; their slots hold
/// zeros. Items of rows whose length is not part of the kind go to `memory`, which dynamic kinds need and which must
/// outlive the columns. GIL held and kept; wakes the thread pool only where the elements are many. `after` is called
/// for every element, also where this throws. Throws std::bad_alloc.
void read_elements(ElementSpan elements, KindRef kind, std::span<void* const> leaves, std::vector<int64_t>& others,
                   Arenas* memory = nullptr, const AfterChunk& after = {});

/// The same for the elements at `indices`, written densely: element `indices[i]` goes to position i. `others` receives
/// elements of `indices`, in their order.
void read_elements_at(ElementSpan elements, std::span<const int64_t> indices, KindRef kind,
                      std::span<void* const> leaves, std::vector<int64_t>& others, Arenas* memory = nullptr);

/// Reads the leaves of one value of `kind` as uniform words; false when the value is not of that kind (some words may
/// have been written then). Items of dynamic length go to `memory`, which dynamic kinds need. GIL held. Throws
/// std::bad_alloc.
bool read_uniform(PyObject* value, KindRef kind, uint64_t* words, Arenas* memory = nullptr);

/// Reads objects as the items of a sequence of `item`, one behind the other from `place` on (ir/kind.h), what these
/// hold of dynamic length into `memory`; false where one is of another kind. GIL held and kept; wakes the thread pool
/// only where the objects are many. Throws std::bad_alloc.
bool read_items(ElementSpan objects, KindRef item, char* place, Arenas& memory);

/// Whether raw reads were found to work in this interpreter (self-test at first use); otherwise the public API is used
/// on the calling thread. PARALLEL_PARTY_RAW_READS=0 turns them off.
bool raw_reads_enabled();

}  // namespace pp::data
