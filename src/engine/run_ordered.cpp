/// See run_ordered.h.
#include "engine/run_ordered.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "base/error.h"
#include "engine/write_journal.h"

namespace pp::engine {

namespace {

/// Elements between two questions to the supervisor, and what makes memory that is used again.
constexpr int64_t kBlock = ViewedBlocks::kBlock;
constexpr int64_t kBlockWithMemory = 64;
constexpr double kMillisecondsPerOperation = 0.4e-6;

int32_t poll(void* context) noexcept {
    const auto* supervisor = static_cast<const Supervisor*>(context);
    return supervisor && (*supervisor)() ? 1 : 0;
}

class OrderedRun {
public:
    OrderedRun(const RunRequest& request, int64_t count, Timings& timings)
        : request_(request), specialisation_(*request.specialisation),
          kernel_(specialisation_.cpu(timings, kMillisecondsPerOperation * specialisation_.estimated_operations() *
                                                   static_cast<double>(count))) {
        arguments_ = {request.inputs.data(),
                      request.outputs.data(),
                      request.uniforms.data(),
                      nullptr,
                      poll,
                      const_cast<Supervisor*>(request.supervisor),
                      nullptr,
                      &journal_,
                      &next_};
        if (request.views) viewed_.emplace(specialisation_.function(), *request.views, request.outputs, 1);
        if (specialisation_.uses_memory()) {
            arena_ = &request.memory->of(0);
            arguments_.memory = arena_->kernel_memory();
            keeps_memory_ = specialisation_.returns_memory();
        }
    }

    OrderedAnswer run(int64_t begin, int64_t end) {
        const int64_t most = arena_ ? kBlockWithMemory : kBlock;
        for (int64_t from = begin; from < end;) {
            const int64_t until = std::min(from + most, end);
            if (poll(arguments_.poll_context) != 0) return {false, from, false};
            const OrderedAnswer answer = run_block(from, until);
            if (!answer.completed || answer.has_flagged) return answer;
            from = until;
        }
        return {true, end, false};
    }

private:
    OrderedAnswer run_block(int64_t begin, int64_t end) {
        CpuArguments own = arguments_;
        int64_t stop = end;
        if (viewed_) {
            std::vector<int64_t> unread;
            viewed_->load(own, begin, end, 0, unread);
            if (!unread.empty()) stop = *std::ranges::min_element(unread);
        }
        std::optional<data::Arena::Mark> mark;
        if (arena_ && !keeps_memory_) mark = arena_->mark();
        const OrderedAnswer answer = begin < stop ? run_range(own, begin, stop) : OrderedAnswer{true, stop, false};
        if (mark) arena_->rewind(*mark);
        if (answer.completed && !answer.has_flagged && stop < end) return {true, stop, true};
        return answer;
    }

    OrderedAnswer run_range(CpuArguments& arguments, int64_t begin, int64_t end) {
        const uint32_t status = kernel_.run(&arguments, begin, end);
        if (status & kCancelled) return {false, begin, false};
        if (!(status & kHandedBack)) return {true, end, false};
        if (specialisation_.writes_shared()) {
            journal_.undo(next_ - 1);
            return {true, next_ - 1, true};
        }
        // What writes nothing runs on, and may run again.
        flags_.resize(static_cast<size_t>(end - begin));
        arguments.flags = flags_.data() - begin;
        if (kernel_.locate(&arguments, begin, end) & kCancelled) return {false, begin, false};
        const auto first = std::ranges::find(flags_, uint8_t{1}) - flags_.begin();
        return {true, begin + first, begin + first < end};
    }

    const RunRequest& request_;
    Specialisation& specialisation_;
    const codegen::CpuKernel& kernel_;
    CpuArguments arguments_{};
    WriteJournal journal_;
    int64_t next_ = 0;
    std::optional<ViewedBlocks> viewed_;
    data::Arena* arena_ = nullptr;
    bool keeps_memory_ = false;
    std::vector<uint8_t> flags_;
};

}  // namespace

OrderedAnswer run_ordered(const RunRequest& request, int64_t begin, int64_t end, Timings& timings) {
    for (const data::CapturedUse& use : request.captured)
        use.data->before_host_reads();
    OrderedRun run(request, end - begin, timings);
    const auto start = std::chrono::steady_clock::now();
    const OrderedAnswer answer = run.run(begin, end);
    const double milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    timings.run += milliseconds;
    request.specialisation->note_cpu_run(milliseconds);
    statistics().launches.fetch_add(1, std::memory_order_relaxed);
    return answer;
}

}  // namespace pp::engine
