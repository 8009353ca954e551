/// Runs a specialisation on an NVIDIA GPU: columns up, a launch for each piece that fits, columns down.
#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "device/transfers.h"
#include "engine/captured_on_device.h"
#include "engine/memory_on_device.h"
#include "engine/placement.h"
#include "engine/run.h"
#include "engine/run_resident.h"

namespace pp::engine {

namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Offset of each array in one device block, 256-byte aligned as the driver's own allocations are.
size_t align(size_t bytes) {
    return (bytes + 255) & ~size_t{255};
}

/// The most elements of one launch: a quarter of the device's memory, so that other programs on it go on working.
int64_t piece_of(const ir::Function& function, int64_t count, uint64_t memory) {
    size_t bytes = 1;
    for (auto type : function.inputs)
        bytes += data::storage_bytes(type);
    for (auto type : function.outputs)
        bytes += data::storage_bytes(type);
    int64_t most = std::max<int64_t>(static_cast<int64_t>(memory / 4 / bytes), 1 << 16);
    return std::min(count, most);
}

/// Memory of a heap: at first as much as the elements took before, or are guessed to take; then more.
constexpr size_t kLeastHeap = size_t{4} << 20;
constexpr size_t kMostHeap = size_t{4} << 30;
constexpr double kGuessedBytesEach = 256;
constexpr size_t kHeapGrowth = 4;
/// So few elements are not divided any further: those for which there is no memory are handed back.
constexpr int64_t kFewElements = 1024;

class CudaRun {
public:
    CudaRun(const RunRequest& request, int ordinal, Timings& timings)
        : request_(request), timings_(timings), device_(device::cuda::Device::get(ordinal)),
          program_(request.specialisation->cuda(ordinal, timings)), function_(request.specialisation->function()),
          seen_(put_on_device(device_, ordinal, request.captured, request.uniforms, timings)),
          most_heap_(std::clamp<size_t>(device_.info().memory_total / 4, kLeastHeap, kMostHeap)) {}

    RunAnswer run() {
        RunAnswer answer;
        int64_t piece = piece_of(function_, request_.count, device_.info().memory_total);
        for (int64_t begin = 0; begin < request_.count && answer.completed; begin += piece) {
            run_all(begin, std::min(begin + piece, request_.count), answer);
        }
        return answer;
    }

private:
    enum class Outcome : uint8_t { Done, Stopped, NeedsMemory };

    /// Divides what has not enough memory.
    void run_all(int64_t begin, int64_t end, RunAnswer& answer) {
        const bool is_last = end - begin <= kFewElements;
        if (run_piece(begin, end, is_last, answer) != Outcome::NeedsMemory) return;
        const int64_t middle = begin + (end - begin) / 2;
        run_all(begin, middle, answer);
        if (answer.completed) run_all(middle, end, answer);
    }

    /// `is_last`: it must do with the memory there is.
    Outcome run_piece(int64_t begin, int64_t end, bool is_last, RunAnswer& answer) {
        Piece piece{begin, end};
        try {
            prepare(piece);
            const Outcome outcome = launch(piece, is_last);
            if (outcome == Outcome::Stopped) answer.completed = false;
            if (outcome == Outcome::Done) fetch(piece, answer);
            return outcome;
        } catch (const UserError& error) {
            if (error.kind() != ErrorKind::Memory || is_last) throw;
            return Outcome::NeedsMemory;
        }
    }

    /// Some of the elements, on the device.
    struct Piece {
        int64_t begin, end;
        std::vector<size_t> outputs{};  ///< where each begins in `memory`
        device::cuda::Buffer memory{}, flags{}, verdict{};
        std::vector<uint64_t> parameters{};
        std::optional<SequencesOnDevice> sequences{};
        std::unique_ptr<HeapOnDevice> heap{};
        bool is_flagged = false;

        int64_t count() const { return end - begin; }
    };

    bool is_there(size_t leaf) const { return !request_.on_device.empty() && request_.on_device[leaf] != 0; }

    void prepare(Piece& piece) {
        const auto start = Clock::now();
        const auto count = static_cast<size_t>(piece.count());
        size_t bytes = 0;
        auto place = [&](ir::Type type) {
            size_t offset = bytes;
            bytes += align(data::storage_bytes(type) * count);
            return offset;
        };
        std::vector<size_t> inputs;
        for (size_t i = 0; i < function_.inputs.size(); ++i)
            inputs.push_back(is_there(i) ? 0 : place(function_.inputs[i]));
        for (auto type : function_.outputs)
            piece.outputs.push_back(place(type));
        piece.memory = device_.allocate(std::max<size_t>(bytes, 256));
        piece.flags = device_.allocate(count);
        piece.verdict = device_.allocate(sizeof(CudaVerdict));
        if (request_.specialisation->is_dynamic()) {
            piece.sequences.emplace(device_, *request_.specialisation, request_.inputs, piece.begin, piece.end);
        }
        for (size_t i = 0; i < inputs.size(); ++i) {
            if (is_there(i)) continue;
            size_t size = data::storage_bytes(function_.inputs[i]);
            const void* moved = piece.sequences ? piece.sequences->addresses(i) : nullptr;
            device_.upload(piece.memory, inputs[i],
                           moved ? moved : static_cast<const char*>(request_.inputs[i]) + size_t(piece.begin) * size,
                           size * count);
            device::transfers().add_upload(size * count);
        }
        timings_.upload += milliseconds_since(start);

        for (size_t i = 0; i < inputs.size(); ++i) {
            const size_t before = data::storage_bytes(function_.inputs[i]) * size_t(piece.begin);
            piece.parameters.push_back(is_there(i) ? request_.on_device[i] + before
                                                   : piece.memory.address() + inputs[i]);
        }
        for (size_t offset : piece.outputs)
            piece.parameters.push_back(piece.memory.address() + offset);
        piece.parameters.insert(piece.parameters.end(), seen_.uniforms.begin(), seen_.uniforms.end());
        piece.parameters.push_back(piece.flags.address());
        piece.parameters.push_back(piece.verdict.address());
        piece.parameters.push_back(count);
    }

    /// Runs it, with ever larger heaps where it needs one.
    Outcome launch(Piece& piece, bool is_last) {
        const bool uses_memory = request_.specialisation->uses_memory();
        size_t heap_bytes = uses_memory ? first_heap(piece.count()) : 0;
        for (;;) {
            const auto start = Clock::now();
            std::vector<uint64_t> parameters = piece.parameters;
            if (uses_memory) {
                piece.heap.reset();
                piece.heap = std::make_unique<HeapOnDevice>(device_, heap_bytes);
                piece.heap->clear();
                parameters.push_back(piece.heap->address());
            }
            device_.fill_zero(piece.verdict, sizeof(CudaVerdict));
            device_.launch(*program_.kernel, piece.count(), parameters);
            statistics().launches.fetch_add(1, std::memory_order_relaxed);
            const bool completed =
                device_.synchronize(request_.supervisor ? *request_.supervisor : device::cuda::Supervisor{});
            timings_.run += milliseconds_since(start);
            if (!completed) return Outcome::Stopped;
            CudaVerdict verdict{};
            device_.download(&verdict, piece.verdict, 0, sizeof verdict);
            piece.is_flagged = verdict.handed_back != 0;
            if (verdict.exhausted == 0) return Outcome::Done;
            if (heap_bytes == most_heap_) return is_last ? Outcome::Done : Outcome::NeedsMemory;
            heap_bytes = std::min(kHeapGrowth * heap_bytes, most_heap_);
        }
    }

    size_t first_heap(int64_t count) const {
        const double each = request_.specialisation->gpu_memory_each.load(std::memory_order_relaxed);
        const double wanted = double(count) * (each == 0 ? kGuessedBytesEach : 1.25 * each);
        return std::clamp(align(static_cast<size_t>(wanted)), kLeastHeap, most_heap_);
    }

    /// Brings results and flags back.
    void fetch(Piece& piece, RunAnswer& answer) {
        const auto start = Clock::now();
        const auto count = static_cast<size_t>(piece.count());
        std::vector<int64_t> flagged;
        if (piece.is_flagged) {
            for (int64_t index : device_.select_flagged(piece.flags, piece.count()))
                flagged.push_back(piece.begin + index);
        }
        for (size_t i = 0; i < piece.outputs.size(); ++i) {
            if (request_.outputs[i] == nullptr) continue;
            size_t size = data::storage_bytes(function_.outputs[i]);
            device_.download(static_cast<char*>(request_.outputs[i]) + size_t(piece.begin) * size, piece.memory,
                             piece.outputs[i], size * count);
            device::transfers().add_download(size * count);
        }
        if (piece.heap) {
            request_.specialisation->gpu_memory_each.store(double(piece.heap->used()) / double(count),
                                                           std::memory_order_relaxed);
        }
        if (request_.specialisation->returns_memory()) fetch_memory(piece, flagged);
        answer.flagged.insert(answer.flagged.end(), flagged.begin(), flagged.end());
        timings_.download += milliseconds_since(start);
    }

    void fetch_memory(Piece& piece, std::vector<int64_t>& flagged) {
        data::ForeignMemory from;
        if (piece.heap) piece.heap->add_to(from);
        if (piece.sequences) piece.sequences->add_to(from);
        add_constants(function_, program_, from);
        seen_.add_to(from);
        bring_back(function_, request_.outputs, piece.begin, piece.end, from, *request_.memory, flagged);
    }

    const RunRequest& request_;
    Timings& timings_;
    device::cuda::Device& device_;
    CudaProgram& program_;
    const ir::Function& function_;
    const CapturedOnDevice seen_;
    const size_t most_heap_;
};

}  // namespace

namespace {

/// The share of one of several GPUs.
struct Share {
    Share(const RunRequest& whole, int64_t begin, int64_t end) : begin(begin), request(whole) {
        const ir::Function& function = whole.specialisation->function();
        for (size_t i = 0; i < whole.inputs.size(); ++i)
            inputs.push_back(static_cast<const char*>(whole.inputs[i]) + offset(function.inputs[i]));
        for (size_t i = 0; i < whole.outputs.size(); ++i)
            outputs.push_back(static_cast<char*>(whole.outputs[i]) + offset(function.outputs[i]));
        request.inputs = inputs;
        request.outputs = outputs;
        request.count = end - begin;
    }
    Share(const Share&) = delete;
    size_t offset(ir::Type type) const { return data::storage_bytes(type) * static_cast<size_t>(begin); }

    void compute() noexcept {
        try {
            answer = run->run();
        } catch (...) {
            failure = std::current_exception();
        }
    }

    const int64_t begin;
    RunRequest request;
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    Timings timings;
    std::optional<CudaRun> run;
    RunAnswer answer;
    std::exception_ptr failure;
};

/// Divides the elements evenly. The calling thread serves the supervisor, and one of the GPUs.
RunAnswer run_on_several(const RunRequest& request, std::span<const int> ordinals, Timings& timings) {
    std::deque<Share> shares;
    const auto parts = static_cast<int64_t>(ordinals.size());
    for (int64_t i = 0; i < parts; ++i) {
        Share& share = shares.emplace_back(request, request.count * i / parts, request.count * (i + 1) / parts);
        if (i > 0) share.request.supervisor = nullptr;
        // Here, as it may look at what the GIL guards.
        share.run.emplace(share.request, ordinals[static_cast<size_t>(i)], share.timings);
    }
    std::vector<std::thread> threads;
    for (size_t i = 1; i < shares.size(); ++i)
        threads.emplace_back([&share = shares[i]] { share.compute(); });
    shares.front().compute();
    for (std::thread& thread : threads)
        thread.join();
    RunAnswer answer;
    for (Share& share : shares) {
        if (share.failure) std::rethrow_exception(share.failure);
        answer.completed &= share.answer.completed;
        for (const int64_t index : share.answer.flagged)
            answer.flagged.push_back(share.begin + index);
        timings.compile += share.timings.compile;
        timings.upload = std::max(timings.upload, share.timings.upload);
        timings.run = std::max(timings.run, share.timings.run);
        timings.download = std::max(timings.download, share.timings.download);
    }
    return answer;
}

/// Gathers the columns, runs, and scatters what came back.
RunAnswer run_staged(RunRequest request, int ordinal, Timings& timings) {
    if (request.fetch) (*request.fetch)();
    const ir::Function& function = request.specialisation->function();
    const ViewedColumns& views = *request.views;
    const data::Arrays inputs(function.inputs, request.count);
    const bool has_own = views.outputs.empty();
    const data::Arrays outputs(has_own ? std::span<const ir::Type>() : function.outputs, request.count);
    std::vector<int64_t> flagged;
    for (size_t i = 0; i < views.inputs.size(); ++i) {
        if (views.elements.empty())
            data::read_leaf(views.inputs[i], 0, request.count, inputs.pointers()[i], flagged);
        else
            data::read_leaf_at(views.inputs[i], views.elements, 0, inputs.pointers()[i], flagged);
    }
    order_flagged(flagged);
    auto pointers = inputs.pointers();
    if (request.specialisation->has_loops() && !flagged.empty() &&
        !data::fill_gaps(function.inputs, pointers, flagged, request.count)) {
        RunAnswer none;
        none.flagged = std::move(flagged);
        return none;
    }
    request.inputs = {const_cast<const void* const*>(pointers.data()), pointers.size()};
    if (!has_own) request.outputs = outputs.pointers();
    request.views = nullptr;
    request.residents = nullptr;
    RunAnswer answer = run_on_cuda(request, ordinal, timings);
    if (!answer.completed) return answer;
    answer.flagged.insert(answer.flagged.end(), flagged.begin(), flagged.end());
    order_flagged(answer.flagged);
    store_results(function, request.outputs, 0, request.count, answer.flagged, views, answer.misfits);
    std::sort(answer.misfits.begin(), answer.misfits.end());
    return answer;
}

}  // namespace

RunAnswer run_on_cuda(const RunRequest& request, int ordinal, Timings& timings) {
    RunAnswer answer;
    std::vector<int> ordinals{ordinal == kEveryGpu ? first_gpu() : ordinal};
    if (ordinal == kEveryGpu && device::cuda::usable_ordinals().size() > 1) ordinals = device::cuda::usable_ordinals();
    const bool is_one = ordinals.size() == 1;
    const bool has_stayed = request.residents && (is_one ? run_resident(request, ordinals.front(), timings, answer)
                                                         : run_resident_on_each(request, ordinals, timings, answer));
    if (!has_stayed) {
        // The columns are gathered first: then the call comes here again.
        answer = request.views ? run_staged(request, ordinal, timings)
                 : is_one      ? CudaRun(request, ordinals.front(), timings).run()
                               : run_on_several(request, ordinals, timings);
    }
    answer.ordinal = is_one ? ordinals.front() : kEveryGpu;
    return answer;
}

}  // namespace pp::engine
