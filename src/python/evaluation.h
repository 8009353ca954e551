/// The elements of one call on their way: sorted by kinds, read, run, and the rest handed back to CPython.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "python/array_writes.h"
#include "python/columns.h"
#include "python/group_run.h"
#include "python/hand_back.h"
#include "python/map_arguments.h"
#include "python/signatures.h"

namespace pp::python {

/// Its steps, in this order: `read`, `run`, `hand_back`; or `call_all` alone. GIL held for every member; throws
/// PythonError, UserError.
class Evaluation {
public:
    explicit Evaluation(MapArguments arguments);
    Evaluation(const Evaluation&) = delete;

    const MapArguments& arguments() const noexcept { return arguments_; }
    Columns& columns() noexcept { return columns_; }
    int64_t count() const noexcept { return columns_.count(); }
    /// How many elements, the first ones, `read` has called the function for.
    int64_t interpreted() const noexcept { return interpreted_; }
    std::vector<GroupRun>& groups() noexcept { return groups_; }
    HandBack& handed_back() noexcept { return hand_back_; }
    engine::Timings& timings() noexcept { return timings_; }

    /// Where results go, asked for only when there are some: one place for each element, null by now. None: results
    /// are dropped.
    using Results = std::function<PyObject**()>;
    /// Finds the compiled function for every combination of kinds and reads all elements. A handful of elements of a
    /// new function may be evaluated right here.
    void read(const Results& results);
    /// Where `read` finds that all elements have one signature whose results can be taken block by block, they go
    /// there at once; `has_flowed` says so. `flow` must live as long as this object.
    void use(Flow& flow) noexcept { flow_ = &flow; }
    bool has_flowed() const noexcept { return has_flowed_; }
    /// These elements (ascending) are to be evaluated by CPython.
    void leave_to_python(const std::vector<int64_t>& elements);
    /// Runs what was read. Throws the refusal where there is nothing that could be evaluated.
    void run();
    /// From now on the Arrays that compiled calls see are kept as they were.
    void use(SeenArrays& arrays) noexcept { arrays_ = &arrays; }
    /// Whether what was read is to run one element after the other: `run_in_order` instead of `run` and `hand_back`.
    bool is_ordered() const;
    void run_in_order();
    /// Evaluates what was handed back, lowest index first.
    void hand_back(PyObject** results);
    /// Keeps timings for `explain`, counts the elements.
    void finish();

    /// Everything is to be evaluated by CPython: PARALLEL_PARTY_DEBUG=python, or code that runs while this thread
    /// imports what compiling takes.
    static bool is_all_in_python();
    void call_all(PyObject** results) {
        python_may_have_run_ = true;
        hand_back_.evaluate_all(results, count());
    }

    /// Whether Python code may have run since the elements were read.
    bool python_may_have_run() const noexcept { return python_may_have_run_; }

private:
    void own();
    std::shared_ptr<CompiledCall> find_call(const Signature& kinds, int64_t example, Surroundings& seen);
    bool is_refused(const Signature& kinds, int64_t example);
    std::vector<int64_t> read_first_group(const Results& results);
    void read_other_groups(const std::vector<int64_t>& unread, const Results& results);
    /// Whether one more group, of so many elements, is to be compiled.
    bool pays_to_compile(size_t elements);
    void read_group(const Signature& kinds, int64_t example, std::vector<int64_t> indices, std::vector<int64_t>& others,
                    const Results& results);
    void hand_back_group(const CompiledCall& call, const std::vector<int64_t>& indices, std::vector<int64_t>& others);
    void refuse_forbidden();
    bool interpret_first(CompiledCall& call, std::vector<int64_t>& done, const Results& results);
    Object argument(size_t column, int64_t index) const;

    MapArguments arguments_;
    Columns columns_;
    HandBack hand_back_;
    std::vector<GroupRun> groups_;
    std::optional<UserError> refusal_;
    bool may_hand_back_all_ = false;  ///< some signature's paths all raise: CPython shall raise its own exception
    int64_t interpreted_ = 0;
    size_t other_groups_ = 0;      ///< that `pays_to_compile` has been asked about
    bool is_interpreted_ = false;  ///< all elements have been evaluated already
    bool python_may_have_run_ = false;
    Flow* flow_ = nullptr;
    bool has_flowed_ = false;
    SeenArrays* arrays_ = nullptr;
    engine::Timings timings_;
};

}  // namespace pp::python
