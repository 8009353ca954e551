/// Runs a specialisation on the CPU pool: blocks first, then the elements of blocks that were marked.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.h"
#include "device/thread_pool.h"
#include "engine/run.h"

namespace pp::engine {

namespace {

/// Elements whose columns stay in the first-level cache, and few enough to run again when one of them is marked.
constexpr int64_t kBlock = 1024;
/// Below this many nanoseconds of estimated work, waking another thread costs more than it saves.
constexpr double kWorthWaking = 60'000;
/// Nanoseconds of one estimated operation on one thread; deliberately low, measured runs replace it.
constexpr double kNanosecondsPerOperation = 0.4;

/// What `poll` needs: asked on whichever thread runs the kernel, only the caller's may enter Python.
struct PollContext {
    std::thread::id caller;
    const Supervisor* supervisor;
    std::atomic<bool>* stopped;
};

int32_t poll(void* context) noexcept {
    auto* poll = static_cast<PollContext*>(context);
    if (poll->stopped->load(std::memory_order_relaxed)) return 1;
    if (poll->supervisor && std::this_thread::get_id() == poll->caller && (*poll->supervisor)()) {
        poll->stopped->store(true, std::memory_order_relaxed);
        return 1;
    }
    return 0;
}

/// Elements of [begin, end) that are to be handed back, appended to `flagged`.
bool locate(const codegen::CpuKernel& kernel, CpuArguments arguments, int64_t begin, int64_t end,
            std::vector<int64_t>& flagged) {
    std::vector<uint8_t> flags(static_cast<size_t>(end - begin));
    arguments.flags = flags.data() - begin;
    if (kernel.locate(&arguments, begin, end) & kCancelled) return false;
    for (int64_t i = begin; i < end; ++i) {
        if (arguments.flags[i]) flagged.push_back(i);
    }
    return true;
}

/// The memory of one thread of a run, and what it held before a range was run: `locate` makes all of it again.
class ThreadMemory {
public:
    ThreadMemory(const RunRequest& request, int worker, CpuArguments& arguments) {
        if (!request.specialisation->uses_memory()) return;
        arena_ = &request.memory->of(worker);
        mark_ = arena_->mark();
        arguments.memory = arena_->kernel_memory();
        is_scratch_ = !request.specialisation->returns_memory();
    }
    /// Nothing of it outlives an element.
    bool is_scratch() const { return is_scratch_; }
    void rewind() {
        if (arena_) arena_->rewind(mark_);
    }

private:
    data::Arena* arena_ = nullptr;
    data::Arena::Mark mark_{};
    bool is_scratch_ = false;
};

/// What `kernel` answers for a range. Elements that leave nothing in memory use the same again, a few at a time: what
/// they make stays in the cache, and a run of any length needs no more of it.
uint32_t run_range(const codegen::CpuKernel& kernel, const CpuArguments& arguments, int64_t begin, int64_t end,
                   ThreadMemory& memory) {
    if (!memory.is_scratch()) return kernel.run(&arguments, begin, end);
    constexpr int64_t kFew = 16;
    uint32_t status = kOk;
    for (int64_t i = begin; i < end && !(status & kCancelled); i += kFew) {
        // Every call starts with fuel of its own, so that a range of long elements might never ask by itself.
        if (arguments.poll(arguments.poll_context) != 0) return status | kCancelled;
        status |= kernel.run(&arguments, i, std::min(i + kFew, end));
        memory.rewind();
    }
    return status;
}

/// The GIL is held.
void prepare_captured(const RunRequest& request) {
    for (const data::CapturedUse& use : request.captured)
        use.data->before_host_reads();
}

int32_t never_asked(void*) noexcept {
    return 0;
}

/// Views that the kernel can work on where they lie, as it wants to be told of them.
class NativeColumns {
public:
    NativeColumns(const RunRequest& request, bool gathers, CpuArguments& arguments) {
        if (!request.views || gathers) return;
        const ir::Function& function = request.specialisation->function();
        for (const data::LeafView& view : request.views->inputs)
            inputs_.push_back(view.base);
        arguments.inputs = inputs_.data();
        if (request.views->outputs.empty()) return;
        outputs_.resize(function.outputs.size());
        for (size_t leaf = 0; leaf < request.views->outputs.size(); ++leaf)
            outputs_[function.variants.front().slots[leaf]] = request.views->outputs[leaf].base;
        arguments.outputs = outputs_.data();
    }

private:
    std::vector<const void*> inputs_;
    std::vector<void*> outputs_;
};

/// What every thread does with a block of elements.
struct BlockRun {
    const RunRequest& request;
    const codegen::CpuKernel& kernel;
    ViewedBlocks* viewed;
    const CpuArguments& arguments;
    std::atomic<bool>& stopped;
    RunAnswer& answer;
    std::mutex mutex{};  ///< of `answer` and `failure`
    std::exception_ptr failure{};

    void run(int64_t begin, int64_t end, int worker) {
        try {
            compute(begin, end, worker);
        } catch (...) {  // no memory for what is gathered
            std::lock_guard lock(mutex);
            failure = std::current_exception();
            stopped.store(true, std::memory_order_relaxed);
        }
    }

    /// Where the function has loops, none of `gaps`, ascending elements without values: a loop might never end over
    /// them.
    uint32_t run_between(const CpuArguments& own, int64_t begin, int64_t end, std::span<const int64_t> gaps,
                         ThreadMemory& memory) {
        if (!request.specialisation->has_loops()) return run_range(kernel, own, begin, end, memory);
        uint32_t status = kOk;
        for (const int64_t gap : gaps) {
            if (begin < gap) status |= run_range(kernel, own, begin, gap, memory);
            begin = gap + 1;
        }
        return begin < end ? status | run_range(kernel, own, begin, end, memory) : status;
    }

    bool locate_between(const CpuArguments& own, int64_t begin, int64_t end, std::vector<int64_t>& flagged) {
        if (!request.specialisation->has_loops()) return locate(kernel, own, begin, end, flagged);
        for (const int64_t gap : std::vector(flagged)) {
            if (begin < gap && !locate(kernel, own, begin, gap, flagged)) return false;
            begin = gap + 1;
        }
        return begin >= end || locate(kernel, own, begin, end, flagged);
    }

    void compute(int64_t begin, int64_t end, int worker) {
        CpuArguments own = arguments;
        std::vector<int64_t> flagged, misfits;
        if (viewed) viewed->load(own, begin, end, worker, flagged);
        order_flagged(flagged);
        ThreadMemory memory(request, worker, own);
        const uint32_t status = run_between(own, begin, end, flagged, memory);
        if (status & kCancelled) stopped.store(true, std::memory_order_relaxed);
        if (stopped.load(std::memory_order_relaxed)) return;
        if (status & kHandedBack) {
            memory.rewind();
            if (!locate_between(own, begin, end, flagged)) return stopped.store(true, std::memory_order_relaxed);
        }
        if (viewed) {
            order_flagged(flagged);
            viewed->store(begin, end, worker, flagged, misfits);
        }
        if (flagged.empty() && misfits.empty()) return;
        std::lock_guard lock(mutex);
        answer.flagged.insert(answer.flagged.end(), flagged.begin(), flagged.end());
        answer.misfits.insert(answer.misfits.end(), misfits.begin(), misfits.end());
    }
};

}  // namespace

bool PieceRun::is_possible(const Specialisation& specialisation) {
    return specialisation.has_cpu_kernel() && !specialisation.has_loops() && !specialisation.uses_memory() &&
           !specialisation.is_dynamic() && specialisation.measured_nanoseconds.load(std::memory_order_relaxed) > 0;
}

std::chrono::nanoseconds PieceRun::expected(const Specialisation& specialisation, int64_t count) {
    const double each = specialisation.measured_nanoseconds.load(std::memory_order_relaxed);
    return std::chrono::nanoseconds(
        static_cast<int64_t>(each * double(count) / device::ThreadPool::instance().thread_count()));
}

PieceRun::PieceRun(const RunRequest& request, Timings& timings)
    : kernel_(request.specialisation->cpu(timings, 0)),
      arguments_{nullptr, nullptr, request.uniforms.data(), nullptr, never_asked, nullptr, nullptr} {
    prepare_captured(request);
    statistics().launches.fetch_add(1, std::memory_order_relaxed);
}

bool PieceRun::run(void* const* inputs, void* const* outputs, int64_t begin, int64_t end) const noexcept {
    CpuArguments arguments = arguments_;
    arguments.inputs = const_cast<const void* const*>(inputs);
    arguments.outputs = outputs;
    return kernel_.run(&arguments, begin, end) == kOk;
}

RunAnswer run_on_cpu(const RunRequest& request, Timings& timings) {
    RunAnswer answer;
    Specialisation& specialisation = *request.specialisation;
    PP_CHECK(!specialisation.writes_shared());
    prepare_captured(request);
    double nanoseconds = specialisation.measured_nanoseconds.load(std::memory_order_relaxed);
    if (nanoseconds == 0) nanoseconds = specialisation.estimated_operations() * kNanosecondsPerOperation;
    const double expected_milliseconds =
        nanoseconds * 1e-6 * double(request.count) / device::ThreadPool::instance().thread_count();
    if (request.supervisor && specialisation.cpu_takes_long(expected_milliseconds) && (*request.supervisor)()) {
        answer.completed = false;
        return answer;
    }
    const codegen::CpuKernel& kernel = specialisation.cpu(timings, expected_milliseconds);
    std::atomic<bool> stopped{false};
    PollContext context{std::this_thread::get_id(), request.supervisor, &stopped};
    CpuArguments arguments{
        request.inputs.data(), request.outputs.data(), request.uniforms.data(), nullptr, poll, &context, nullptr};
    auto start = std::chrono::steady_clock::now();
    const bool gathers = request.views && !are_native(specialisation.function(), *request.views);
    NativeColumns native(request, gathers, arguments);
    const bool alone = request.count <= kBlock && nanoseconds * double(request.count) < kWorthWaking;
    std::optional<ViewedBlocks> viewed;
    if (gathers) {
        const int threads = alone ? 1 : device::ThreadPool::instance().thread_count();
        viewed.emplace(specialisation.function(), *request.views, request.outputs, threads);
    }
    std::atomic<int64_t> busy{0};
    BlockRun block{request, kernel, viewed ? &*viewed : nullptr, arguments, stopped, answer};
    if (alone) {
        block.run(0, request.count, 0);
        answer.completed = !stopped.load();
    } else {
        auto body = [&](int64_t begin, int64_t end, int worker) {
            auto from = std::chrono::steady_clock::now();
            block.run(begin, end, worker);
            busy.fetch_add((std::chrono::steady_clock::now() - from).count(), std::memory_order_relaxed);
        };
        // Heavy elements in small chunks, so that every thread gets some; light ones in blocks.
        int64_t chunk = std::clamp<int64_t>(static_cast<int64_t>(kWorthWaking / std::max(nanoseconds, 0.1)), 1, kBlock);
        auto& pool = device::ThreadPool::instance();
        bool finished = pool.parallel_for(request.count, chunk, body,
                                          request.supervisor ? *request.supervisor : device::Supervisor{});
        answer.completed = finished && !stopped.load();
        std::sort(answer.flagged.begin(), answer.flagged.end());
        std::sort(answer.misfits.begin(), answer.misfits.end());
    }
    if (block.failure) std::rethrow_exception(block.failure);
    auto elapsed = std::chrono::steady_clock::now() - start;
    const double busy_nanoseconds = double(alone ? std::chrono::nanoseconds(elapsed).count() : busy.load());
    const double milliseconds = std::chrono::duration<double, std::milli>(elapsed).count();
    timings.run += milliseconds;
    specialisation.note_cpu_run(milliseconds);
    if (answer.completed) {
        specialisation.measured_nanoseconds.store(busy_nanoseconds / double(std::max<int64_t>(request.count, 1)),
                                                  std::memory_order_relaxed);
    }
    statistics().launches.fetch_add(1, std::memory_order_relaxed);
    return answer;
}

}  // namespace pp::engine
