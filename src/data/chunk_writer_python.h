/// Writing the results of one chunk into claimed blocks, by any thread.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/boxer_python.h"
#include "data/chunk_objects_python.h"
#include "data/pack_plan_python.h"
#include "data/raw_origin_python.h"
#include "data/row_recipe_python.h"

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
    std::span<const RawPath> origins;  ///< by origin number minus 1
    ReadyObjects ready;
};

/// What one thread keeps while it writes one chunk after the other.
struct WriterState {
    PendingReferences references;
    std::vector<int64_t> records_made;             ///< by BoxNode::model_number
    uint64_t next_version = 0, versions_left = 0;  ///< RecordModel::new_versions
};

class ChunkWriter {
public:
    /// `blocks`: where the chunk's blocks begin, for each class that it needs.
    ChunkWriter(const WriterContext& context, ChunkBlocks& blocks, WriterState& state, ChunkResult& result)
        : context_(context), blocks_(blocks), state_(state), result_(result),
          objects_(context.ready, blocks, state.references, result.watched) {}

    /// Makes elements [begin, end). Never throws.
    void write(int64_t begin, int64_t end) noexcept;

private:
    template <typename Make> void fill(int64_t begin, int64_t end, Make make) noexcept;
    void write_variant(const PackPlan& plan, int64_t begin, int64_t end) noexcept;
    template <Tag kTag> void write_float_rows(const PackPlan& plan, int64_t begin, int64_t end) noexcept;

    void write_recipe(const PackPlan& plan, const RowRecipe& recipe, int64_t begin, int64_t end) noexcept;
    template <Tag kTag, Tag kFrom>
    void write_recipe_rows(const PackPlan& plan, const RowRecipe& recipe, int64_t begin, int64_t end) noexcept;

    PyObject* make(const BoxNode* node, int64_t position, PyObject** place) noexcept;
    PyObject* make_fresh(const BoxNode* node, int64_t position, PyObject** place) noexcept;
    PyObject* make_row(const BoxNode* node, int64_t position) noexcept;
    PyObject* make_record(const BoxNode* node, int64_t position) noexcept;
    uint64_t new_version() noexcept;
    PyObject* leave_missing(const BoxNode* node, int64_t position, PyObject** place) noexcept;

    const WriterContext& context_;
    ChunkBlocks& blocks_;
    WriterState& state_;
    ChunkResult& result_;
    ChunkObjects objects_;
};

}  // namespace pp::data
