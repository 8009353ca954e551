/// Compiled calls, found again by code object, kinds and guards.
#pragma once

#include <Python.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "data/boxer_python.h"
#include "data/element_type.h"
#include "engine/specialisation.h"
#include "python/environment.h"
#include "python/guards.h"

namespace pp::python {

struct LoggedCall;

/// A function analysed for one signature: either a specialisation or the refusal. Shared, since a call that has
/// released the GIL still needs it when another one evicts it from the cache.
struct CompiledCall {
    std::vector<KindRef> columns;  ///< as far as the function looks at them: elements may differ in what is Any
    codegen::Options options;
    std::vector<Object> keyword_names;
    size_t leading_count = 0;
    bool changes_elements = false;
    bool reads_all = false;

    std::vector<Guard> guards;
    uint32_t uniform_words = 0;
    std::vector<Object> objects;  ///< constants that results may be
    std::vector<PyObject*> object_pointers;
    std::vector<data::OriginPath> origins;

    std::unique_ptr<engine::Specialisation> specialisation;  ///< null: refused
    std::optional<UserError> refusal;
    std::vector<std::string> refused_types;  ///< the types that are only carried of those it was refused for
    bool sees_arrays = false;                ///< of its surroundings
    bool is_forbidden = false;               ///< refused, and not to be evaluated by CPython either
    engine::Timings last_timings;            ///< of its last run; all zero before. `compile` is the sum of all runs'
    double interpreted_nanoseconds = 0;      ///< spent calling it element by element instead of compiling it
    uint64_t last_use = 0;                   ///< on the cache's clock
    /// As `logged_writes.h` makes it for the CPU and for GPUs: asked for by nobody yet, or null where it cannot be.
    std::optional<std::shared_ptr<LoggedCall>> logged[2];
    /// Its results as they are stored in Arrays of a type (array_map.cpp); null where they need no other function.
    /// True: ints that go into floats are rounded.
    std::map<std::pair<data::ElementTypeRef, bool>, std::shared_ptr<engine::Specialisation>> joined;
    /// The same for the type of the last call, which is mostly the next one's.
    struct Stored {
        data::ElementTypeRef fits = nullptr;  ///< all results have places of their own in it
        data::ElementTypeRef type = nullptr;
        bool rounds = false;
        engine::Specialisation* runs = nullptr;  ///< its own, or one of `joined`
    } stored;

    void remember(const engine::Timings& timings) {
        double compile = last_timings.compile + timings.compile;
        last_timings = timings;
        last_timings.compile = compile;
    }
    /// Whether elements are to run one after the other: what one does to an Array the next one sees, be it compiled or
    /// not.
    bool is_ordered() const {
        return specialisation && (specialisation->writes_shared() ||
                                  (changes_elements && sees_arrays && specialisation->has_unsupported_path()));
    }
    size_t bytes() const noexcept;
    data::ResultShape result_shape() const {
        return {specialisation->function().variants, specialisation->function().has_tag(), origins, object_pointers};
    }
};

/// What is known of one function.
struct FunctionEntry {
    Object code;                                       ///< the code object, or the builtin
    std::vector<std::shared_ptr<CompiledCall>> calls;  ///< most recently used first
    uint64_t last_use = 0;
    bool warned = false;  ///< its PerformanceWarning was given
};

/// One for each interpreter; the GIL guards it. Capped in what it holds and in the memory that takes: what was used
/// longest ago goes first, and its kernels with the last run that uses them.
class FunctionCache {
public:
    /// The current interpreter's. GIL held.
    static FunctionCache& instance();

    FunctionEntry& entry(PyObject* root);

    /// The compiled call for these kinds whose guards hold, analysing the function where there is none. `example` has
    /// one element of each column, of these kinds, for messages; `seen` gets its uniform words. `before_analysis`
    /// is called before anything that may run Python code. Throws PythonError, UserError(Type) for what is no function.
    std::shared_ptr<CompiledCall> find_or_analyse(const CallShape& shape, std::span<const KindRef> columns,
                                                  std::span<PyObject* const> example, codegen::Options options,
                                                  Surroundings& seen, const std::function<void()>& before_analysis);

    static constexpr size_t kMaximumFunctions = 512;
    static constexpr size_t kMaximumCalls = 1024;
    static constexpr size_t kMaximumCallsPerFunction = 64;
    /// Of representations and kernels, as `Specialisation::bytes` counts.
    static constexpr size_t kMaximumBytes = size_t{128} << 20;

private:
    /// Takes out what exceeds the bounds, but not `newest`. What is returned is to die when nothing of the cache is
    /// looked at any more: dropping its references may run code that calls `map` again.
    std::vector<std::shared_ptr<CompiledCall>> take_oldest(const CompiledCall* newest);

    std::unordered_map<PyObject*, std::unique_ptr<FunctionEntry>> entries_;
    uint64_t clock_ = 0;
};

}  // namespace pp::python
