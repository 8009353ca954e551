/// Writing the results of one chunk into claimed blocks, by any thread.
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "data/block_cursor_python.h"
#include "data/boxer_python.h"
#include "data/pack_plan_python.h"
#include "data/reference_counts_python.h"
#include "data/tracked_rows_python.h"

namespace pp::data {

/// A place that the calling thread has to fill through the API: what should have been there was changed meanwhile.
struct MissingObject {
    PyObject** place;
    const BoxNode* node;
    int64_t position;
};

/// What is left of a chunk when its objects have been written.
struct ChunkResult {
    TrackedChain watched;
    std::vector<MissingObject> missing;
    bool is_done = false;
    bool out_of_memory = false;  ///< some of `missing` could not be noted
};

/// What all chunks of a job share; read only.
struct WriterContext {
    const BoxJob& job;
    std::span<const PackPlan> plans;
    const SmallInts& small_ints;
    PyObject* empty_tuple;
    uintptr_t link_flags;
};

class ChunkWriter {
public:
    using Cursors = std::array<BlockCursor, kBlockClasses>;

    /// `cursors`: where the chunk's blocks begin, for each class that it needs.
    ChunkWriter(const WriterContext& context, Cursors& cursors, PendingReferences& references, ChunkResult& result)
        : context_(context), cursors_(cursors), references_(references), result_(result) {}

    /// Makes elements [begin, end). Never throws.
    void write(int64_t begin, int64_t end) noexcept;

private:
    template <typename Make> void fill(int64_t begin, int64_t end, Make make) noexcept;
    void write_variant(const PackPlan& plan, int64_t begin, int64_t end) noexcept;
    template <Tag kTag> void write_float_rows(const PackPlan& plan, int64_t begin, int64_t end) noexcept;

    PyObject* make(const BoxNode* node, int64_t position, PyObject** place) noexcept;
    PyObject* make_fresh(const BoxNode* node, int64_t position) noexcept;
    PyObject* make_row(const BoxNode* node, int64_t position) noexcept;
    template <Tag kTag> PyObject* new_row(uint32_t size, PyObject**& items) noexcept;
    void watch(PyObject* row) noexcept { result_.watched.append(link_of(row), context_.link_flags); }
    PyObject* leave_missing(const BoxNode* node, int64_t position, PyObject** place) noexcept;

    const WriterContext& context_;
    Cursors& cursors_;
    PendingReferences& references_;
    ChunkResult& result_;
};

}  // namespace pp::data
