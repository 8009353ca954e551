/// Makes new results in claimed pools a few at a time, as they are computed: one new float each, or rows of new floats
/// and of items of the elements.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "data/boxer_python.h"
#include "data/chunk_objects_python.h"
#include "data/few_results_python.h"
#include "data/pack_plan_python.h"
#include "data/pool_claims_python.h"
#include "data/row_recipe_python.h"

namespace pp::data {

/// GIL held from `open` until `close` or `drop`, and no Python code runs.
class FewBoxer {
public:
    /// For results that come in chunks of `chunk`, the last one shorter; the arrays behind `job` have no values yet,
    /// and `job.target` is blank. Null where they cannot be made like that; then nothing has happened. Throws
    /// std::bad_alloc.
    static std::unique_ptr<FewBoxer> open(const BoxJob& job, int64_t chunk, TrackedRows& rows);
    ~FewBoxer();

    /// Claims pools, while other threads begin to fill them already. On the calling thread, once.
    void claim() noexcept { claims_.claim(); }
    /// Has `few` make the results of a chunk, and makes objects of them. False where that cannot be. Any thread.
    /// Throws std::bad_alloc.
    bool take(int64_t begin, int64_t end, FewResults& few);
    /// When every chunk was taken: all is made, and what the collector shall watch is in `rows`.
    void close() noexcept;
    /// Lets go of what was made. The targets are null then.
    void drop() noexcept;

    FewBoxer(const FewBoxer&) = delete;
    FewBoxer& operator=(const FewBoxer&) = delete;

private:
    /// What one chunk has come to.
    struct Chunk {
        int64_t made = 0;
        TrackedChain watched;
        PendingReferences references;
    };
    /// One thread's state while it makes a chunk.
    struct Maker;

    FewBoxer(const BoxJob& job, PackPlan plan, int64_t chunk, TrackedRows& rows);
    bool find_ready();
    int64_t first(int64_t chunk) const { return chunk * chunk_size_; }
    int64_t count_of(int64_t chunk) const { return std::min(chunk_size_, job_.count - first(chunk)); }
    template <Tag kTag, Tag kFrom> void write_rows(Maker& maker, int64_t begin, int64_t end) const;
    template <Tag kTag> void write_rows_of(Maker& maker, int64_t begin, int64_t end) const;
    void write(Maker& maker, int64_t begin, int64_t end) const;

    const BoxJob job_;
    const PackPlan plan_;
    const int64_t chunk_size_;
    TrackedRows& rows_;
    std::optional<RowRecipe> recipe_;  ///< none: one new float each
    uint32_t slot_ = 0;                ///< of that float
    bool is_watched_row_ = false;
    std::optional<ReadyObjects> ready_;
    PyObject* empty_tuple_ = nullptr;
    PoolClaims claims_;
    std::vector<Chunk> chunks_;
};

}  // namespace pp::data
