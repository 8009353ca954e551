/// The elements of a call that share one signature: read, run and boxed together.
#pragma once

#include <Python.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "data/column.h"
#include "data/element_objects.h"
#include "data/element_writer_python.h"
#include "data/list_filler_python.h"
#include "data/sharing_python.h"
#include "engine/placement.h"
#include "engine/run_ordered.h"
#include "python/columns.h"
#include "python/flow.h"
#include "python/function_cache.h"
#include "python/known_columns.h"
#include "python/pins.h"
#include "python/supervision.h"

namespace pp::python {

class GroupRun {
public:
    /// `indices`: the elements, ascending; empty means all of [0, columns.count()).
    GroupRun(std::shared_ptr<CompiledCall> call, Surroundings seen, std::vector<int64_t> indices,
             engine::Placement placement);

    /// Makes private what results carry out of rows that other code could change: to be called before any Python code
    /// may run or the GIL is released. GIL held.
    void own(const Columns& columns) { pins_.take(*call_, columns, indices_, count_); }
    /// Reads the elements' leaves. Indices of elements of another kind go to `others`, ascending. GIL held, runs no
    /// Python code.
    void read(const Columns& columns, std::vector<int64_t>& others, engine::Timings& timings);
    /// `read`, `run` and taking the results in one, block by block. False, and nothing has happened, where that is not
    /// possible or some element is not computed. GIL held, runs no Python code. `patience`: what may be done without
    /// letting others run.
    bool flow(const Columns& columns, Flow& flow, std::chrono::nanoseconds patience, engine::Timings& timings);
    /// Runs on the device; false: `supervision` stopped it and a Python exception is set.
    bool run(Supervision& supervision, engine::Timings& timings);
    /// Runs elements [begin, end) one after the other, see engine::run_ordered; only where it is for all.
    engine::OrderedAnswer run_ordered(const Surroundings& seen, int64_t begin, int64_t end, Supervision& supervision,
                                      engine::Timings& timings);
    /// What it computed, for the caller's list. `is_as_read`: no Python code may have run since `read`.
    data::RunResults results(const Columns& columns, bool is_as_read) const;
    /// What becomes of the elements where the function was compiled to change them.
    data::ElementWriter writer(const Columns& columns, bool is_as_read) const;
    /// Adds the objects of the elements that could be the same as others that are written; `written` are the kinds of
    /// all that some group writes.
    void add_objects(const Columns& columns, bool is_as_read, std::span<const KindRef> written,
                     std::vector<data::ObjectColumn>& objects) const;
    /// Whether CPython may change lists of its elements that `add_objects` cannot name: lists of any length, and what
    /// these hold.
    bool may_write_unnamed() const;
    /// The kinds of objects that its function may write; `all`: of all objects of the elements.
    void add_written(bool all, std::vector<KindRef>& written) const;
    /// Appends the values from outside the function that it was compiled to look at. False where they are no longer as
    /// they were.
    bool add_captured(const CallShape& shape, std::vector<SeenObject>& captured) const;

    /// Boxes everything computed into `target[index]`, except what was left out; `is_blank`: those slots hold nothing
    /// yet and become null. Rows for the collector are added to `rows`. False: a Python exception is set.
    bool box(const Columns& columns, bool is_as_read, PyObject** target, bool is_blank, data::TrackedRows& rows,
             engine::Timings& timings);

    /// Elements (indices of the call) that are to be handed back; valid after `run`.
    const std::vector<int64_t>& flagged() const noexcept { return flagged_; }
    /// Leaves these elements (indices of the call, ascending) out of the results.
    void leave_out(std::span<const int64_t> elements);
    const std::shared_ptr<CompiledCall>& call() const noexcept { return call_; }
    const Surroundings& seen() const noexcept { return seen_; }
    /// Whether the group was made for all elements of the call.
    bool is_for_all() const noexcept { return indices_.empty(); }
    /// Elements that the group computes.
    int64_t count() const noexcept { return count_; }
    /// Keeps the call's timings for `explain`.
    void remember(const engine::Timings& timings) { call_->remember(timings); }

    /// Column `column`'s element number `index` of the call as it was read: the object itself where it still holds the
    /// same values, else one made anew. Throws PythonError.
    Object element_as_read(const Columns& columns, size_t column, int64_t index) const;

private:
    void make_arrays(const Columns& columns);
    void make_outputs(const ir::Function& function);
    void read_column(const Columns& columns, size_t column, size_t first_leaf, std::vector<int64_t>& others,
                     engine::Timings& timings);
    KnownColumns::Kept known_or_sent(const Columns& columns, size_t column, size_t first_leaf,
                                     std::vector<int64_t>& others, engine::Timings& timings);
    void fill_gaps(const Columns& columns, std::span<const int64_t> others);
    bool can_flow(const Columns& columns, std::chrono::nanoseconds patience) const;
    engine::RunRequest request(const engine::Supervisor* supervisor);
    std::vector<void*> outputs_to_fetch();
    int64_t position_of(int64_t index) const noexcept;
    std::vector<void*> leaves_of(size_t column) const;

    std::shared_ptr<CompiledCall> call_;
    Surroundings seen_;  ///< keeps what the kernels read
    std::vector<int64_t> indices_;
    int64_t count_ = 0;
    engine::Placement placement_;
    std::vector<data::ElementObject> objects_;  ///< of its elements
    data::Arrays inputs_, outputs_;
    std::vector<void*> slots_;              ///< where results are: in `outputs_`, or in `inputs_` what passes through
    std::vector<uint8_t> is_read_;          ///< by leaf of `inputs_`: not where the GPU had it
    std::vector<KnownColumns::Kept> kept_;  ///< by column: those that the GPU has for calls to come, too
    std::vector<KnownColumns::Kept> sent_;  ///< those that are there for this call
    std::vector<uint64_t> on_device_;       ///< by leaf, their addresses; empty: there are none
    Pins pins_;
    std::optional<data::Arenas> memory_;  ///< of what the leaves of dynamic kinds point to
    std::vector<uint8_t> skip_;           ///< empty: none is left out
    std::vector<int64_t> flagged_;
    bool has_flowed_ = false;
    bool has_values_ = true;  ///< of some element
};

}  // namespace pp::python
