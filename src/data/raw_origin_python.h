/// Finding the input's own object for a result, by any thread while the owner of the GIL waits: see origin_python.h.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/box_plan_python.h"
#include "data/boxer_python.h"

namespace pp::data {

/// The way to an origin's object, with all that is known beforehand.
struct RawPath {
    struct Step {
        uint32_t index;
        const RecordAccess* record;  ///< null: an item of a row
    };
    uint32_t column;
    std::vector<Step> steps;
};

/// GIL held. Precondition where the way leads through records: `raw_records_enabled`.
RawPath raw_path(const OriginPath& path);

struct RawOriginal {
    PyObject* object;  ///< borrowed; null where it no longer holds the value
    bool is_private;   ///< only this very element leads to it: nobody else holds a reference to it, nor to its rows
};

/// The object at `path` for element `source`, if it holds the value of `node`.
RawOriginal raw_find_original(const RawPath& path, std::span<const ElementSpan> columns, int64_t source,
                              const BoxNode* node, int64_t position);

}  // namespace pp::data
