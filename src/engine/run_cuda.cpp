/// Runs a specialisation on an NVIDIA GPU: columns up, one launch for each piece that fits, columns down.
#include <algorithm>
#include <chrono>

#include "engine/captured_on_device.h"
#include "engine/run.h"

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

class CudaRun {
public:
    CudaRun(const RunRequest& request, int ordinal, Timings& timings)
        : request_(request), timings_(timings), device_(device::cuda::Device::get(ordinal)),
          program_(request.specialisation->cuda(ordinal, timings)), function_(request.specialisation->function()),
          seen_(put_on_device(device_, ordinal, request.captured, request.uniforms, timings)) {}

    RunAnswer run() {
        RunAnswer answer;
        int64_t piece = piece_of(function_, request_.count, device_.info().memory_total);
        for (int64_t begin = 0; begin < request_.count && answer.completed; begin += piece) {
            run_piece(begin, std::min(begin + piece, request_.count), answer);
        }
        return answer;
    }

private:
    void run_piece(int64_t begin, int64_t end, RunAnswer& answer) {
        int64_t count = end - begin;
        size_t bytes = 0;
        auto place = [&](ir::Type type) {
            size_t offset = bytes;
            bytes += align(data::storage_bytes(type) * size_t(count));
            return offset;
        };
        std::vector<size_t> inputs, outputs;
        for (auto type : function_.inputs)
            inputs.push_back(place(type));
        for (auto type : function_.outputs)
            outputs.push_back(place(type));
        size_t total_without_flags = bytes;
        auto memory = device_.allocate(std::max<size_t>(total_without_flags, 256));
        auto flags = device_.allocate(size_t(count));
        auto any = device_.allocate(sizeof(uint32_t));

        auto start = Clock::now();
        for (size_t i = 0; i < inputs.size(); ++i) {
            size_t size = data::storage_bytes(function_.inputs[i]);
            device_.upload(memory, inputs[i], static_cast<const char*>(request_.inputs[i]) + size_t(begin) * size,
                           size * size_t(count));
            statistics().uploaded_bytes.fetch_add(size * uint64_t(count), std::memory_order_relaxed);
        }
        device_.fill_zero(any, sizeof(uint32_t));
        timings_.upload += milliseconds_since(start);

        std::vector<uint64_t> parameters;
        for (size_t offset : inputs)
            parameters.push_back(memory.address() + offset);
        for (size_t offset : outputs)
            parameters.push_back(memory.address() + offset);
        parameters.insert(parameters.end(), seen_.uniforms.begin(), seen_.uniforms.end());
        parameters.push_back(flags.address());
        parameters.push_back(any.address());
        parameters.push_back(static_cast<uint64_t>(count));
        start = Clock::now();
        device_.launch(*program_.kernel, count, parameters);
        statistics().launches.fetch_add(1, std::memory_order_relaxed);
        answer.completed = device_.synchronize(request_.supervisor ? *request_.supervisor : device::cuda::Supervisor{});
        timings_.run += milliseconds_since(start);
        if (!answer.completed) return;

        start = Clock::now();
        uint32_t any_flagged = 0;
        device_.download(&any_flagged, any, 0, sizeof any_flagged);
        if (any_flagged) {
            for (int64_t index : device_.select_flagged(flags, count))
                answer.flagged.push_back(begin + index);
        }
        for (size_t i = 0; i < outputs.size(); ++i) {
            size_t size = data::storage_bytes(function_.outputs[i]);
            device_.download(static_cast<char*>(request_.outputs[i]) + size_t(begin) * size, memory, outputs[i],
                             size * size_t(count));
            statistics().downloaded_bytes.fetch_add(size * uint64_t(count), std::memory_order_relaxed);
        }
        timings_.download += milliseconds_since(start);
    }

    const RunRequest& request_;
    Timings& timings_;
    device::cuda::Device& device_;
    CudaProgram& program_;
    const ir::Function& function_;
    const CapturedOnDevice seen_;
};

}  // namespace

namespace {

/// Gathers the columns, runs, and scatters what came back.
RunAnswer run_staged(RunRequest request, int ordinal, Timings& timings) {
    const ir::Function& function = request.specialisation->function();
    const ViewedColumns& views = *request.views;
    const data::Arrays inputs(function.inputs, request.count);
    const bool has_own = views.outputs.empty();
    const data::Arrays outputs(has_own ? std::span<const ir::Type>() : function.outputs, request.count);
    std::vector<int64_t> flagged;
    for (size_t i = 0; i < views.inputs.size(); ++i)
        data::read_leaf(views.inputs[i], 0, request.count, inputs.pointers()[i], flagged);
    auto pointers = inputs.pointers();
    request.inputs = {const_cast<const void* const*>(pointers.data()), pointers.size()};
    if (!has_own) request.outputs = outputs.pointers();
    request.views = nullptr;
    RunAnswer answer = run_on_cuda(request, ordinal, timings);
    if (!answer.completed) return answer;
    answer.flagged.insert(answer.flagged.end(), flagged.begin(), flagged.end());
    std::sort(answer.flagged.begin(), answer.flagged.end());
    answer.flagged.erase(std::unique(answer.flagged.begin(), answer.flagged.end()), answer.flagged.end());
    store_results(function, request.outputs, 0, request.count, answer.flagged, views.outputs, answer.misfits);
    std::sort(answer.misfits.begin(), answer.misfits.end());
    return answer;
}

}  // namespace

RunAnswer run_on_cuda(const RunRequest& request, int ordinal, Timings& timings) {
    if (request.views) return run_staged(request, ordinal, timings);
    return CudaRun(request, ordinal, timings).run();
}

}  // namespace pp::engine
