/// See pending_map.h.
#include "python/pending_map.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/environment_variable.h"
#include "base/error.h"
#include "data/interpreter_python.h"
#include "data/pending_runs.h"
#include "python/array_values.h"
#include "python/exceptions.h"
#include "python/hand_back.h"
#include "python/imports.h"
#include "python/streams.h"

namespace pp::python {

namespace {

/// A device is busy with two; more let the caller go further ahead.
constexpr size_t kMostRuns = 32;
constexpr size_t kMostBytes = size_t{1} << 30;

/// An exception, for each who looks; where nobody has when it dies, `sys.unraisablehook` is told.
class PythonFailure final : public data::Failure {
public:
    PythonFailure(Object exception, Object function)
        : exception_(std::move(exception)), function_(std::move(function)),
          trace_(Object::steal(PyException_GetTraceback(exception_.get()))) {}
    ~PythonFailure() override { report(); }
    PythonFailure(const PythonFailure&) = delete;

    [[noreturn]] void raise() override {
        was_seen_ = true;
        // As it was when it was raised, not with what other lookers have added.
        PyException_SetTraceback(exception_.get(), trace_ ? trace_.get() : Py_None);
        set_error(exception_);
        throw PythonError{};
    }
    bool was_seen() const noexcept { return was_seen_; }
    /// Nobody will look.
    void report() noexcept {
        if (std::exchange(was_seen_, true)) return;
        PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
        PyErr_Fetch(&type, &value, &trace);
        set_error(exception_);
        PyErr_WriteUnraisable(function_.get());
        PyErr_Restore(type, value, trace);
    }

private:
    const Object exception_, function_, trace_;
    bool was_seen_ = false;
};

/// Of the exception in flight, C++'s or Python's. Throws it again where it is an interruption.
std::shared_ptr<PythonFailure> failure_in_flight(PyObject* function) {
    raise_current_exception();
    if (!PyErr_ExceptionMatches(PyExc_Exception)) throw PythonError{};
    return std::make_shared<PythonFailure>(take_current_error(), Object::borrow(function));
}

class PendingMap final : public data::PendingRun {
public:
    PendingMap(MapToSettle map, const std::shared_ptr<data::ArrayBody>& out)
        : PendingRun(map.columns.blocks(), map.block), map_(std::move(map)) {
        if (out) out_ = Out{out, out->share(), out->first()};
    }

protected:
    bool is_whole() noexcept override { return map_.run->is_whole(); }
    std::shared_ptr<data::Failure> wait() override;
    Outcome evaluate() override;
    std::shared_ptr<data::Failure> store() noexcept override;
    std::shared_ptr<data::Failure> start_again() noexcept override;
    void before_failure_is_raised() override;
    void release() noexcept override;

private:
    struct Out {
        std::weak_ptr<data::ArrayBody> body;
        std::shared_ptr<data::ArrayBlock> before;
        int64_t first;  ///< of the elements in it
    };

    void evaluate_flagged(const std::vector<int64_t>& flagged);

    MapToSettle map_;
    std::optional<Out> out_;
    std::vector<std::pair<int64_t, data::PackedElement>> evaluated_;
    const std::weak_ptr<data::ArrayBlock> result_ = map_.block;  ///< to know it by
};

/// Lets another thread go on with what it evaluates.
void let_others_run() {
    PyThreadState* state = PyEval_SaveThread();
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    outlasting_the_interpreter([state] { PyEval_RestoreThread(state); });
    checked(PyErr_CheckSignals());
}

/// Whether any call has ever gone on, in any interpreter.
bool has_any = false;

PyObject* at_exit(PyObject*, PyObject*);
PyMethodDef at_exit_method{"settle_at_exit", at_exit, METH_NOARGS, nullptr};

/// All of an interpreter's.
struct PendingMaps {
    data::PendingRuns runs{let_others_run};

    PendingMaps() {
        const Object module = import_module("atexit");
        const Object function = checked(PyCFunction_New(&at_exit_method, nullptr));
        checked(PyObject_CallMethod(module.get(), "register", "O", function.get()));
    }
    static PendingMaps& instance() { return data::Interpreter::current().the<PendingMaps>(); }
};

PythonFailure& failure_of(const data::PendingRun& run) {
    return static_cast<PythonFailure&>(*run.failure());
}

/// What nobody has looked at until now nobody will.
PyObject* at_exit(PyObject*, PyObject*) {
    return guarded([] {
        PendingMaps& maps = PendingMaps::instance();
        maps.runs.settle_all();
        for (const auto& run : maps.runs.failed())
            failure_of(*run).report();
        return Py_NewRef(Py_None);
    });
}

std::shared_ptr<data::Failure> PendingMap::wait() {
    const auto run = map_.run;  // which another thread may let go
    try {
        wait_supervised([&run](const engine::Supervisor& ask) { return run->wait(ask); });
        return nullptr;
    } catch (const UserError&) {
        return failure_in_flight(map_.arguments.function);
    }
}

data::PendingRun::Outcome PendingMap::evaluate() {
    try {
        const std::vector<int64_t> flagged = map_.run->flagged();
        if (flagged.empty()) return {};
        map_.call->specialisation->note_trial(false);
        evaluate_flagged(flagged);
        return {true, nullptr};
    } catch (...) {
        evaluated_.clear();
        return {false, failure_in_flight(map_.arguments.function)};
    }
}

void PendingMap::evaluate_flagged(const std::vector<int64_t>& flagged) {
    const Object function = map_.function->function();
    MapArguments arguments = map_.arguments;
    arguments.function = function.get();
    HandBack hand_back(arguments, map_.columns.size(),
                       [this](size_t column, int64_t index) { return map_.columns.element(column, index); });
    evaluated_.clear();
    for (const int64_t index : flagged) {
        const Object result = hand_back.call(index);
        evaluated_.emplace_back(index, pack_result(result.get(), *map_.type, index, map_.rounds));
        if (evaluated_.size() % 64 == 0) checked(PyErr_CheckSignals());
    }
    hand_back.add(flagged);
    engine::statistics().handed_back.fetch_add(flagged.size(), std::memory_order_relaxed);
    hand_back.warn_if_many(map_.columns.count());
}

std::shared_ptr<data::Failure> PendingMap::store() noexcept {
    try {
        std::vector<data::LeafView> leaves;
        for (size_t i = 0; i < map_.type->leaves.size(); ++i)
            leaves.push_back(map_.block->leaf(i));
        for (const auto& [index, element] : evaluated_) {
            map_.block->before_write(index, index + 1);
            element.store(leaves, index);
        }
        return nullptr;
    } catch (const UserError&) {
        return failure_in_flight(map_.arguments.function);
    }
}

std::shared_ptr<data::Failure> PendingMap::start_again() noexcept {
    try {
        map_.run->start_again();
        return nullptr;
    } catch (const UserError&) {
        return failure_in_flight(map_.arguments.function);
    }
}

/// The call has never been, as far as anybody can see who looks from now on.
void PendingMap::before_failure_is_raised() {
    if (!out_) return;
    const Out out = *std::exchange(out_, std::nullopt);
    const auto body = out.body.lock();
    if (body && body->share() == result_.lock()) body->replace(out.before, out.first, body->count());
}

void PendingMap::release() noexcept {
    const MapToSettle dying = std::exchange(map_, {});
    if (evaluated_.empty() && !failure()) dying.call->specialisation->note_trial(true);
    if (!failure()) out_.reset();
    evaluated_.clear();
}

}  // namespace

bool goes_on_always() {
    static const EnvironmentVariable variable("PARALLEL_PARTY_DEBUG");
    const char* debug = variable.value();
    return debug && std::string_view(debug) == "queue";
}

std::unique_ptr<const KeptFunction> keep_for_later(const CompiledCall& call, const MapArguments& arguments) {
    const auto can_change = [](const Guard& guard) {
        switch (guard.source.kind) {
        case Source::Kind::Class:
        case Source::Kind::ClassAttribute:
        case Source::Kind::SuperAttribute:
        case Source::Kind::ClassBases:
        case Source::Kind::Imported:
        case Source::Kind::Getter:
        case Source::Kind::Item:
        case Source::Kind::Key:
        case Source::Kind::DictValue:
        case Source::Kind::OwnAttribute:
        case Source::Kind::Setter: return true;
        default: return false;
        }
    };
    if (call.specialisation->has_unsupported_path() || arguments.function != arguments.shape.root ||
        std::ranges::any_of(call.guards, can_change) ||
        !std::ranges::all_of(arguments.keyword_values,
                             [](PyObject* value) { return KeptFunction::is_constant(value); }))
        return nullptr;
    return KeptFunction::keep(arguments.function);
}

void add_pending(MapToSettle map, const std::shared_ptr<data::ArrayBody>& out) {
    // First, as it may run code of the user's.
    has_any = true;
    PendingMaps& maps = PendingMaps::instance();
    MapArguments& arguments = map.arguments;
    arguments.columns.clear();
    arguments.out = nullptr;
    arguments.owned.push_back(Object::borrow(arguments.function));
    for (size_t i = 0; i < arguments.keyword_names.size(); ++i) {
        arguments.owned.push_back(Object::borrow(arguments.keyword_names[i]));
        arguments.owned.push_back(Object::borrow(arguments.keyword_values[i]));
    }
    maps.runs.add(std::make_shared<PendingMap>(std::move(map), out));
}

void make_room_for_pending() {
    if (!has_any) return;
    data::PendingRuns& runs = PendingMaps::instance().runs;
    runs.settle_whole();
    while (runs.size() >= kMostRuns || runs.bytes() > kMostBytes)
        runs.settle_first();
}

void settle_all_pending() {
    if (!has_any) return;
    PendingMaps::instance().runs.settle_all();
}

void raise_pending_failures() {
    if (!has_any) return;
    data::PendingRuns& runs = PendingMaps::instance().runs;
    runs.settle_all();
    for (const auto& run : runs.failed()) {
        if (!failure_of(*run).was_seen()) run->settle();
    }
}

}  // namespace pp::python
