/// A launch or two, and a word that comes back.
#include "device/cuda_combiner.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace pp::device::cuda {

namespace {

uint64_t word(int64_t number) {
    return static_cast<uint64_t>(number);
}

}  // namespace

/// As many as fill the device some times over: each thread takes several.
int64_t Combiner::blocks_for(int64_t count) const {
    constexpr int kBlocksEach = 8;
    const int64_t most = int64_t{kBlocksEach} * session_.attribute(kAttributeMultiprocessors);
    return std::clamp<int64_t>((count + kCombineThreads - 1) / kCombineThreads, 1, most);
}

double Combiner::bound(std::span<const CombineLog> logs, int64_t count, const CombineTarget& target) {
    const OwnKernels::Functions& kernels = kernels_.functions();
    std::array<uint64_t, 2> words{};  // the total, the most
    const ScratchMemory place(memory_, sizeof words);
    {
        const Session::Queue queue(session_);
        session_.driver().call(session_.driver().cuMemsetD8Async, place.address(), static_cast<unsigned char>(0),
                               sizeof words, queue.stream());
        for (const CombineLog& log : logs) {
            const std::array parameters{log.offsets.address, word(log.offsets.step),
                                        log.values.address,  word(log.values.step),
                                        word(count),         word(static_cast<int64_t>(log.kind)),
                                        place.address()};
            launch_blocks(session_, queue, kernels.total_of_log, blocks_for(count), kCombineThreads, parameters);
        }
        const std::array parameters{target.numbers.address, word(target.numbers.step), word(target.count),
                                    word(static_cast<int64_t>(logs.front().kind)), place.address() + 8};
        launch_blocks(session_, queue, kernels.most_of_numbers, blocks_for(target.count), kCombineThreads, parameters);
    }
    staging_.download(words.data(), place.address(), sizeof words);
    return std::bit_cast<double>(words[0]) + std::bit_cast<double>(words[1]);
}

bool Combiner::combine(const CombineLog& log, int64_t count, const CombineTarget& target) {
    const OwnKernels::Functions& kernels = kernels_.functions();
    const bool is_sum = log.how == CombineHow::Add || log.how == CombineHow::Subtract;
    const int64_t extent = target.count * target.numbers.step;
    std::vector<uint64_t> parameters{log.target,
                                     log.offsets.address,
                                     word(log.offsets.step),
                                     log.values.address,
                                     word(log.values.step),
                                     word(count),
                                     word(static_cast<int64_t>(log.kind)),
                                     word(static_cast<int64_t>(log.how))};
    if (is_sum && (log.kind == CombineKind::Int64 || log.kind == CombineKind::Float64) && extent <= kCombineTable &&
        log.target == target.numbers.address && count > 4 * target.count) {
        parameters.push_back(word(extent));
        launch_blocks(session_, Session::Queue(session_), kernels.combine_few, blocks_for(count), kCombineThreads,
                      parameters);
        return true;
    }
    uint32_t failed = 0;
    const ScratchMemory place(memory_, sizeof(uint64_t));
    parameters.push_back(place.address());
    {
        const Session::Queue queue(session_);
        session_.driver().call(session_.driver().cuMemsetD8Async, place.address(), static_cast<unsigned char>(0),
                               sizeof(uint64_t), queue.stream());
        launch_blocks(session_, queue, kernels.combine, blocks_for(count), kCombineThreads, parameters);
    }
    if (!is_sum) staging_.download(&failed, place.address(), sizeof failed);
    return failed == 0;
}

}  // namespace pp::device::cuda
