/// Finding the input's own object for a result that passed through a function unchanged.
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>
#include <span>

#include "data/box_plan_python.h"
#include "data/boxer_python.h"

namespace pp::data {

/// Whether `object` is exactly what `node` describes for element `position`: same types, same bits. GIL held; runs no
/// Python code.
bool holds_value(PyObject* object, const BoxNode* node, int64_t position);

/// The same for a node that is a complex number, by any thread: nothing of CPython's is called.
bool holds_complex(PyObject* object, const BoxNode* node, int64_t position);

/// A new reference to the object that lies at `path` for element `source`, if it (still) holds the value of `node`;
/// else null without an exception.
PyObject* find_original(const OriginPath& path, std::span<const ElementSpan> columns, int64_t source,
                        const BoxNode* node, int64_t position);

/// A new reference to whatever lies at `path` for element `source`; null without an exception where nothing does (any
/// more).
PyObject* new_object_at(const OriginPath& path, std::span<const ElementSpan> columns, int64_t source);

/// Asks for the elements that origins are soon to lead to, one call for each element in turn.
class OriginPrefetch {
public:
    /// Element i of the run is at `indices ? indices[i] : i` of its column.
    OriginPrefetch(std::span<const BoxNode> nodes, std::span<const OriginPath> origins,
                   std::span<const ElementSpan> columns, const int64_t* indices, int64_t count) noexcept;

    void ask(int64_t position) const;

private:
    struct Column {
        PyObject* const* items;
        const int64_t* indices;
        Tag tag;  ///< Tuple, List, else Float for all that is no row
        Py_ssize_t size;

        PyObject* const* at(int64_t position) const { return items + (indices ? indices[position] : position); }
    };

    /// The processor cannot follow more at once, and a hint must not be what there is no memory for.
    std::array<Column, 8> columns_;
    size_t used_ = 0;
    int64_t last_;
};

}  // namespace pp::data
