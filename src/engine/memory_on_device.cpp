/// See memory_on_device.h.
#include "engine/memory_on_device.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <string>

#include "device/thread_pool.h"
#include "device/transfers.h"
#include "engine/statistics.h"

namespace pp::engine {

namespace {

using device::cuda::Buffer;
using device::cuda::Device;

/// More than a result that is of use takes. An element that never stops growing a list must not use up what others
/// need, and one GPU thread is slow: it would take seconds to fill even this.
constexpr uint64_t kShare = uint64_t{64} << 20;
/// Elements whose results one thread copies at a time.
constexpr int64_t kPart = 1024;

std::vector<data::SequenceLeaf> sequences_of(const Specialisation& specialisation) {
    std::vector<data::SequenceLeaf> sequences;
    size_t leaf = 0;
    for (KindRef kind : specialisation.columns()) {
        data::append_sequences(kind, leaf, sequences);
        leaf += kind->leaves;
    }
    return sequences;
}

/// The sequences of each variant, by output slots.
struct VariantSequence {
    KindRef kind;
    uint32_t address, length;
};

std::vector<std::vector<VariantSequence>> sequences_of(const ir::Function& function) {
    std::vector<std::vector<VariantSequence>> result;
    for (const ir::Variant& variant : function.variants) {
        std::vector<data::SequenceLeaf> leaves;
        data::append_sequences(variant.kind, 0, leaves);
        std::vector<VariantSequence>& sequences = result.emplace_back();
        for (const auto& [kind, leaf] : leaves)
            sequences.push_back({kind, variant.slots[leaf], variant.slots[leaf + 1]});
    }
    return result;
}

}  // namespace

SequencesOnDevice::SequencesOnDevice(Device& device, const Specialisation& specialisation,
                                     std::span<const void* const> inputs, int64_t begin, int64_t end)
    : image_(sequences_of(specialisation), inputs, begin, end),
      buffer_(device.allocate(std::max<size_t>(image_.bytes(), 256))) {
    image_.make(buffer_.address());
    device.upload(buffer_, 0, image_.block(), image_.bytes());
    device::transfers().add_upload(image_.bytes());
}

const void* SequencesOnDevice::addresses(size_t leaf) const {
    const std::vector<data::SequenceLeaf>& sequences = image_.sequences();
    for (size_t s = 0; s < sequences.size(); ++s) {
        if (sequences[s].leaf == leaf) return image_.addresses(s);
    }
    return nullptr;
}

void SequencesOnDevice::add_to(data::ForeignMemory& memory) const {
    memory.add(buffer_.address(), image_.bytes(), image_.block());
}

HeapOnDevice::HeapOnDevice(Device& device, size_t bytes)
    : device_(device), block_(device.allocate(bytes)), head_(device.allocate(sizeof(CudaHeap))) {}

void HeapOnDevice::clear() {
    const CudaHeap head{block_.address(), block_.address() + block_.bytes(), kShare};
    device_.upload(head_, 0, &head, sizeof head);
}

size_t HeapOnDevice::used() const {
    CudaHeap head;
    device_.download(&head, head_, 0, sizeof head);
    return static_cast<size_t>(std::min(head.top, head.end) - block_.address());
}

void HeapOnDevice::add_to(data::ForeignMemory& memory) {
    const size_t bytes = used();
    copy_ = data::Storage(bytes);
    device_.download(copy_.data(), block_, 0, bytes);
    device::transfers().add_download(bytes);
    memory.add(block_.address(), bytes, copy_.data());
}

void add_constants(const ir::Function& function, const CudaProgram& program, data::ForeignMemory& memory) {
    for (size_t i = 0; i < function.data.size(); ++i) {
        const uint64_t address = program.kernel->variable(kCudaDataName + std::to_string(i));
        if (address != 0) memory.add(address, function.data[i].size(), function.data[i].data());
    }
}

void bring_back(const ir::Function& function, std::span<void* const> outputs, int64_t begin, int64_t end,
                const data::ForeignMemory& from, data::Arenas& memory, std::vector<int64_t>& flagged) {
    const auto variants = sequences_of(function);
    const auto* tags = function.has_tag() ? static_cast<const uint8_t*>(outputs[0]) : nullptr;
    std::mutex mutex;  // of what follows
    std::vector<int64_t> unfit;
    std::exception_ptr failure;
    const auto copy = [&](int64_t i, KernelMemory& target) {
        for (const VariantSequence& each : variants[tags ? tags[i] : 0]) {
            auto* addresses = static_cast<uint64_t*>(outputs[each.address]);
            uint64_t words[] = {addresses[i], static_cast<const uint64_t*>(outputs[each.length])[i]};
            if (!data::copy_sequence(each.kind, words, from, target)) return false;
            addresses[i] = words[0];
        }
        return true;
    };
    const auto body = [&](int64_t first, int64_t last, int worker) {
        try {
            KernelMemory& target = *memory.of(worker).kernel_memory();
            auto skipped = std::lower_bound(flagged.begin(), flagged.end(), begin + first);
            for (int64_t i = begin + first; i < begin + last; ++i) {
                if (skipped != flagged.end() && *skipped == i) {
                    ++skipped;
                } else if (!copy(i, target)) {
                    std::lock_guard lock(mutex);
                    unfit.push_back(i);
                }
            }
        } catch (...) {  // no memory for what captured data is found in
            std::lock_guard lock(mutex);
            failure = std::current_exception();
        }
    };
    device::ThreadPool::instance().parallel_for(end - begin, kPart, body);
    if (failure) std::rethrow_exception(failure);
    flagged.insert(flagged.end(), unfit.begin(), unfit.end());
    std::sort(flagged.begin(), flagged.end());
}

}  // namespace pp::engine
