/// for_each() with functions that assign to elements of Arrays from outside: elements run one after the other, and
/// all that they wrote is taken back where one of them raises.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "data/array_body.h"
#include "engine/run_ordered.h"
#include "python/function_cache.h"
#include "python/guards.h"
#include "python/object.h"

namespace pp::python {

/// The Arrays that a call sees now. `seen`: what kernels are handed; `holds`: whether everything that it sees is as it
/// was analysed. Throws std::bad_alloc.
std::vector<SeenObject> captured_arrays(const CompiledCall& call, const CallShape& shape, Surroundings& seen,
                                        bool& holds);

/// The Arrays that a function sees, as they were at the call. GIL held for every member.
class SeenArrays {
public:
    /// Keeps those that this call sees, once each. Throws std::bad_alloc.
    void keep(const CompiledCall& call, const CallShape& shape);
    /// Those that CPython can come by, too: see named_arrays.h.
    void keep_named(const CallShape& shape);
    /// Puts them back, but for those that others have written to. The exception that is set stays set; where an Array
    /// could not be put back, a note on it says so.
    void restore() noexcept;
    /// Somebody else wrote to it: it stays as it is.
    void forget(const data::ArrayBody& body);

private:
    struct Entry {
        Object array;  ///< keeps the body
        data::ArrayBody* body;
        std::shared_ptr<data::ArrayBlock> block;
        int64_t first, count;
        uint64_t version;
    };
    void keep(PyObject* array);
    static bool put_back(Entry& entry);

    std::vector<Entry> entries_;
};

/// All elements of a call, in order. GIL held.
class OrderedRun {
public:
    /// Runs elements [begin, end) compiled, with these uniforms.
    using RunRange = std::function<engine::OrderedAnswer(const Surroundings& seen, int64_t begin, int64_t end)>;
    /// Has CPython evaluate an element. Throws PythonError.
    using Evaluate = std::function<void(int64_t element)>;

    OrderedRun(std::shared_ptr<CompiledCall> call, const CallShape& shape, Surroundings seen, SeenArrays& arrays);

    /// Elements [begin, count); those `left` (ascending) are evaluated by CPython. Answers all that were, ascending.
    /// Throws PythonError, UserError, std::bad_alloc: the Arrays are then to be put back.
    std::vector<int64_t> run(int64_t begin, int64_t count, const std::vector<int64_t>& left, const RunRange& run_range,
                             const Evaluate& evaluate);
    /// The bodies of the Arrays that compiled code writes to.
    std::vector<const data::ArrayBody*> written() const;

private:
    /// An Array that is written to. Until somebody else may look at it, in memory that nobody else knows of.
    struct Target {
        Object array;
        data::ArrayBody* body;
        std::shared_ptr<data::ArrayBlock> block;
        int64_t first;
        uint64_t version;       ///< of the body, as far as it is known to be ours
        bool is_shown = false;  ///< the body has the block itself
    };

    void find_arrays();
    void find_targets();
    void set_words();
    void show();
    void take_again();

    std::shared_ptr<CompiledCall> call_;
    const CallShape& shape_;
    Surroundings seen_;
    SeenArrays& arrays_;
    std::vector<SeenObject> captured_;  ///< Arrays only
    std::vector<Target> targets_;
    bool is_compiled_ = true;  ///< what the function sees is still as it was analysed
};

}  // namespace pp::python
