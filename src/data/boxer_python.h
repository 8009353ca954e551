/// Making Python objects from result columns.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/reader_python.h"
#include "data/tracked_rows_python.h"
#include "ir/ir.h"

namespace pp::data {

struct BoxNode;

/// Where an origin's object is found: column, whose elements are of `kind`, then item indices down through its rows.
struct OriginPath {
    uint32_t column;
    KindRef kind;
    std::vector<uint32_t> items;
};

/// What boxing needs of a compiled function.
struct ResultShape {
    std::span<const ir::Variant> variants;
    bool has_tag = false;
    std::span<const OriginPath> origins;  ///< by origin number minus 1
    std::span<PyObject* const> objects;   ///< by Kind::object; borrowed
    /// By origin number minus 1: what was taken out of columns early, by position of the run; null where nothing was.
    std::span<PyObject* const* const> taken{};
};

/// Results of one specialisation. Position i belongs to element `source(i)`, unless `skip[i]` is nonzero.
struct RunResults {
    ResultShape shape;
    std::span<void* const> slots;
    int64_t count = 0;
    const int64_t* indices = nullptr;  ///< null: all, in order
    const uint8_t* skip = nullptr;     ///< null: none
    std::span<const ElementSpan> columns;
    /// Whether the elements hold what they held when they were read: the GIL was held and no Python code has run.
    bool is_as_read = false;

    int64_t source(int64_t position) const { return indices ? indices[position] : position; }
    bool is_left_out(int64_t position) const { return skip && skip[position]; }
    /// Which of the shape's variants the result is.
    size_t variant_at(int64_t position) const {
        return shape.has_tag ? static_cast<const uint8_t*>(slots[0])[position] : 0;
    }
};

/// Results to be made into objects, that of position i at `target[source(i)]` as a new reference. A node with an origin
/// becomes the input's own object if that still holds the same value (bit for bit), else a new one:
/// `columns[c].items[source(i)]`, which must be alive.
struct BoxJob : RunResults {
    PyObject** target = nullptr;
    bool target_is_blank = false;  ///< the slots hold nothing yet, not even nulls; only without `indices`
};

/// Makes all results, by many threads where they are many and the interpreter allows it. GIL held; runs no Python code.
/// Rows that the collector shall watch are added to `rows`, or are its own already. Returns false with a Python
/// exception set; slots already filled keep their references, others are null or stay as they were.
bool box_results(const BoxJob& job, TrackedRows& rows);

/// A new reference to the object of one node of a result, `position` and `source` as above. Null with an exception set.
/// `objects` by Kind::object; may be empty where sequences hold none.
PyObject* box_node(std::span<const OriginPath> origins, std::span<const ElementSpan> columns, const BoxNode& node,
                   int64_t position, int64_t source, std::span<PyObject* const> objects = {});

/// A new object equal to what the column held at `index` when it was read: used when an element was changed meanwhile.
/// `carried`: by node of `kind`, the object where it is only carried; borrowed. May be empty where there is none.
PyObject* rebuild_element(KindRef kind, std::span<void* const> leaves, int64_t index,
                          std::span<PyObject* const> carried = {});

/// Whether `object` still holds, bit for bit, what the column held at `index` when it was read.
bool is_as_read(PyObject* object, KindRef kind, std::span<void* const> leaves, int64_t index);

/// Pauses the cyclic collector while results are made: each collection would visit all that was made so far, and
/// on 3.11 it runs within an allocation and with it any Python code. What came due runs at the first occasion
/// afterwards.
class CollectorPause {
public:
    CollectorPause();
    ~CollectorPause();
    CollectorPause(const CollectorPause&) = delete;
    CollectorPause& operator=(const CollectorPause&) = delete;

private:
    bool was_enabled_;
};

}  // namespace pp::data
