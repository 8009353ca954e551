/// The cyclic collector and rows that were made without it noticing: where they join it, and what it is owed for them.
#pragma once

#include <Python.h>

#include <cstdint>

#include "data/interpreter_python.h"
#include "data/tracked_rows_python.h"
#include "python/object.h"

namespace pp::python {

/// One for each interpreter. The collector starts when births exceed deaths by a threshold; rows made in pools are not
/// counted as born but count as dead, so that it would starve. Therefore each call that made some collects the youngest
/// generation at its end, an older one when CPython's own counters say so, and everything when rows were made and
/// memory has grown by so much that garbage among them may be the reason. GIL held for every member; throws
/// PythonError.
class Collector {
public:
    /// The current interpreter's.
    static Collector& current();
    ~Collector() = default;

    /// Makes the rows the collector's, in its oldest generation, where they would arrive anyway after two visits. While
    /// the application has frozen objects they go to the youngest. Runs no Python code.
    void adopt(data::TrackedRows& rows);
    /// Collects what has become due through rows adopted. May run any Python code.
    void settle();

    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

private:
    friend class data::Interpreter;
    Collector();
    Object call(const char* function) const;
    int64_t number(const char* function) const;
    int due_generation();

    Object gc_;                ///< the module's dictionary as it was, in case somebody replaces its functions
    Object oldest_;            ///< a list of the oldest generation; null until it was possible to have one
    int64_t adopted_ = 0;      ///< since the last `settle`
    int64_t uncollected_ = 0;  ///< since the last full collection
    int64_t full_collections_ = 0;
    int64_t memory_then_ = 0;  ///< at the last full collection
};

}  // namespace pp::python
