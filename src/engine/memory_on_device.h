/// Values of dynamic length on a GPU: what elements lead to goes up, kernels make theirs in a heap, and what results
/// lead to comes back (decision 0420 has the why).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/kernel_abi.h"
#include "data/arena.h"
#include "data/foreign_memory.h"
#include "data/sequence_image.h"
#include "device/cuda_device.h"
#include "engine/specialisation.h"

namespace pp::engine {

/// What some elements lead to, on a device.
class SequencesOnDevice {
public:
    /// Elements [begin, end) of columns whose leaves are `inputs`, which must live as long as this object. Uploads.
    SequencesOnDevice(device::cuda::Device& device, const Specialisation& specialisation,
                      std::span<const void* const> inputs, int64_t begin, int64_t end);

    /// What to upload as input leaf `leaf` of these elements: the device's addresses where it is a sequence's, else
    /// null.
    const void* addresses(size_t leaf) const;
    void add_to(data::ForeignMemory& memory) const;
    size_t bytes() const noexcept { return image_.bytes(); }

private:
    data::SequenceImage image_;
    device::cuda::Buffer buffer_;
};

/// Where the threads of a launch make what they make.
class HeapOnDevice {
public:
    HeapOnDevice(device::cuda::Device& device, size_t bytes);

    /// Makes it empty: queued, before a launch.
    void clear();
    /// The address of the CudaHeap.
    uint64_t address() const noexcept { return head_.address(); }
    size_t bytes() const noexcept { return block_.bytes(); }
    /// After a launch: how much of it was claimed.
    size_t used() const;
    /// Copies what was claimed here and adds it to `memory`, which must not outlive this object.
    void add_to(data::ForeignMemory& memory);

private:
    device::cuda::Device& device_;
    device::cuda::Buffer block_, head_;
    data::Storage copy_;
};

/// Adds the constants of `program`'s module to what results may lead to. `memory` must not outlive `function`.
void add_constants(const ir::Function& function, const CudaProgram& program, data::ForeignMemory& memory);

/// Copies what the results of elements [begin, end) lead to, `outputs` being the arrays of a function's output slots,
/// from `from` to the run's memory, and puts the addresses there into `outputs`. Elements of `flagged` (ascending) are
/// left alone; those for which there is no memory are added to it.
void bring_back(const ir::Function& function, std::span<void* const> outputs, int64_t begin, int64_t end,
                const data::ForeignMemory& from, data::Arenas& memory, std::vector<int64_t>& flagged);

}  // namespace pp::engine
