/// See logged_writes.h.
#include "python/logged_writes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "device/thread_pool.h"
#include "engine/combine_on_device.h"
#include "engine/placement.h"
#include "python/array_captures.h"
#include "python/array_object.h"
#include "python/typed_run.h"

namespace pp::python {

namespace {

/// On the CPU a log costs about as much as adding; fewer elements are not worth other threads.
constexpr double kOperationsWorthALog = 60;
constexpr int64_t kElementsWorthALog = 4096;
constexpr int64_t kMostLogBytes = int64_t{2} << 30;

std::shared_ptr<LoggedCall> make_logged(const CompiledCall& call, bool reads_items) {
    auto logged = passes::log_writes(call.specialisation->function(), reads_items);
    if (!logged) return nullptr;
    auto specialisation =
        std::make_unique<engine::Specialisation>(std::move(logged->function), call.columns, call.options);
    return std::make_shared<LoggedCall>(LoggedCall{std::move(specialisation), std::move(logged->writes)});
}

LoggedCall* logged_call(CompiledCall& call, bool on_gpu) {
    auto& known = call.logged[on_gpu ? 1 : 0];
    if (!known) known = make_logged(call, on_gpu);
    return known->get();
}

/// An Array that is written to.
struct Target {
    Object array;
    std::shared_ptr<data::ArrayBody> body;
    uint64_t version;
    std::vector<size_t> writes{};      ///< numbers of those that mean it
    std::vector<PyObject*> objects{};  ///< for each of these: it, or a view of it, by which it is seen
    std::shared_ptr<data::ArrayBlock> block{};
};

class LoggedRun {
public:
    LoggedRun(CompiledCall& call, const MapArguments& arguments, const TypedColumns& columns, engine::Timings& timings)
        : call_(call), arguments_(arguments), columns_(columns), timings_(timings) {}

    bool run();

private:
    bool find_device();
    bool find_targets();
    bool has_one_order(const Target& target) const;
    bool compute();
    bool apply();
    engine::WriteLog log_of(size_t write, const Target& target, PyObject* object) const;
    void commit();

    CompiledCall& call_;
    MapArguments arguments_;
    const TypedColumns& columns_;
    engine::Timings& timings_;
    LoggedCall* logged_ = nullptr;
    int ordinal_ = -1;  ///< of the GPU; -1: the CPU
    Surroundings seen_;
    std::vector<SeenObject> captured_;
    std::vector<Target> targets_;
    std::shared_ptr<data::ArrayBlock> log_;
};

bool LoggedRun::run() {
    bool holds = false;
    captured_ = captured_arrays(call_, arguments_.shape, seen_, holds);
    if (!holds || !find_device() || !find_targets() || !compute() || !apply()) return false;
    commit();
    return true;
}

/// Where it is asked for, or where the columns or an Array that is named are used; else the CPU, if that pays.
bool LoggedRun::find_device() {
    engine::DeviceRequest& device = arguments_.device;
    int home = columns_.home();
    for (const SeenObject& one : captured_)
        home = home < 0 ? ArrayAccess(one.object).body().home() : home;
    device = engine::follow(device, home);
    const bool on_gpu = device.kind == engine::DeviceRequest::Kind::Cuda;
    logged_ = logged_call(call_, on_gpu);
    if (!logged_) return false;
    const int64_t bytes = static_cast<int64_t>(16 * logged_->writes.size()) * columns_.count();
    if (bytes > kMostLogBytes) return false;
    const engine::Specialisation& specialisation = *logged_->specialisation;
    if (!on_gpu) {
        device = {engine::DeviceRequest::Kind::Cpu, 0};
        return columns_.count() >= kElementsWorthALog && device::ThreadPool::instance().thread_count() > 1 &&
               specialisation.estimated_operations() >= kOperationsWorthALog;
    }
    const auto placement = engine::place(device, specialisation, columns_.count(), false);
    ordinal_ = placement.first_ordinal();
    device = {engine::DeviceRequest::Kind::Cuda, ordinal_};
    return engine::can_combine_on_cuda(ordinal_);
}

bool LoggedRun::find_targets() {
    std::vector<PyObject*> written;
    for (size_t i = 0; i < logged_->writes.size(); ++i) {
        const uint32_t uniform = logged_->writes[i].uniform;
        const auto one = std::ranges::find_if(captured_, [uniform](const SeenObject& seen) {
            return seen.first_uniform <= uniform && uniform < seen.first_uniform + seen.kind->leaves;
        });
        if (one == captured_.end()) return false;
        const ArrayAccess access(one->object);
        auto target = std::ranges::find(targets_, access.shared_body(), &Target::body);
        if (target == targets_.end()) {
            targets_.push_back({Object::borrow(one->object), access.shared_body(), access.body().version()});
            target = targets_.end() - 1;
        }
        target->writes.push_back(i);
        target->objects.push_back(one->object);
        written.push_back(one->object);
    }
    // What is read of an Array by another name is not what the loop would read there.
    for (const SeenObject& one : captured_) {
        const bool is_target =
            std::ranges::find(targets_, ArrayAccess(one.object).shared_body(), &Target::body) != targets_.end();
        if (is_target && std::ranges::find(written, one.object) == written.end()) return false;
    }
    return std::ranges::all_of(targets_, [this](const Target& target) {
        return !target.body->is_exported() && target.body->count() > 0 && (ordinal_ < 0 || has_one_order(target));
    });
}

/// Whether its elements become the same in any order, floats' last bits aside; and it is a run of numbers.
bool LoggedRun::has_one_order(const Target& target) const {
    const auto class_of = [this](size_t write) {
        const passes::Combination combination = logged_->writes[write].combination;
        return combination == passes::Combination::Subtract ? passes::Combination::Add : combination;
    };
    const auto same = [&](size_t write) { return class_of(write) == class_of(target.writes.front()); };
    const auto is_it = [&](PyObject* object) { return object == target.objects.front(); };
    return std::ranges::all_of(target.writes, same) && std::ranges::all_of(target.objects, is_it) &&
           ArrayAccess(target.objects.front()).type()->leaves.size() == 1;
}

/// Has all elements say what they add. False where some is to be handed back.
bool LoggedRun::compute() {
    const ir::Function& function = logged_->specialisation->function();
    data::ElementTypeRef type = data::element_type(function.variants.front().kind);
    log_ = std::make_shared<data::ArrayBlock>(type, columns_.count());
    std::vector<data::LeafView> results;
    for (size_t i = 0; i < type->leaves.size(); ++i)
        results.push_back(log_->leaf(i));
    std::optional<data::Arenas> memory;
    const engine::RunAnswer answer = run_typed(*logged_->specialisation, arguments_, columns_,
                                               {.results = results, .block = log_.get()}, seen_, timings_, memory);
    return answer.flagged.empty() && answer.misfits.empty();
}

engine::WriteLog LoggedRun::log_of(size_t write, const Target& target, PyObject* object) const {
    const auto one = std::ranges::find(captured_, object, &SeenObject::object);
    const std::vector<uint64_t> words = array_words(object, *target.block, 0);
    const uint64_t address = words[logged_->writes[write].uniform - one->first_uniform];
    // Of the block's own memory.
    char* const base = target.block->leaf(0).base;
    char* const place = base + (address - reinterpret_cast<uintptr_t>(base));
    return {logged_->writes[write], log_->leaf(2 * write), log_->leaf(2 * write + 1), place};
}

/// To copies, which nobody else knows of.
bool LoggedRun::apply() {
    seen_.captured.clear();
    const int64_t count = columns_.count();
    for (Target& target : targets_) {
        if (target.body->version() != target.version) continue;  // `commit` says so
        target.block = target.body->copy();
        std::vector<engine::WriteLog> logs;
        for (size_t i = 0; i < target.writes.size(); ++i)
            logs.push_back(log_of(target.writes[i], target, target.objects[i]));
        if (ordinal_ < 0) {
            log_->before_read(0, count);
            target.block->before_read(0, target.block->capacity());
            if (!engine::apply_in_order(logs, count)) return false;
            target.block->before_write(0, target.block->capacity());
            continue;
        }
        const ArrayAccess access(target.objects.front());
        const engine::LoggedTarget numbers{target.block.get(), access.leaves_in(*target.block, 0).front(),
                                           access.count()};
        if (!engine::combine_on_cuda(ordinal_, *log_, logs, count, numbers)) return false;
    }
    return true;
}

void LoggedRun::commit() {
    for (const Target& target : targets_) {
        if (target.body->version() == target.version && !target.body->is_exported()) continue;
        PyErr_SetString(PyExc_RuntimeError, "an Array was written to by other code while for_each() was running "
                                            "over it; for_each() has written nothing");
        throw PythonError{};
    }
    for (Target& target : targets_)
        target.body->rewrite(std::move(target.block), 0, target.body->count());
}

}  // namespace

size_t CompiledCall::bytes() const noexcept {
    size_t bytes = sizeof *this + (specialisation ? specialisation->bytes() : 0);
    for (const auto& known : logged)
        if (known && *known) bytes += (*known)->specialisation->bytes();
    for (const auto& [type, known] : joined)
        if (known) bytes += known->bytes();
    return bytes;
}

bool run_logged(CompiledCall& call, const MapArguments& arguments, const TypedColumns& columns,
                engine::Timings& timings) {
    return call.specialisation->writes_shared() && LoggedRun(call, arguments, columns, timings).run();
}

}  // namespace pp::python
