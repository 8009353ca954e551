/// Columns of a run that a device may have a copy of, and how its kernels then find them.
#pragma once

#include <cstdint>
#include <span>

#include "codegen/cuda_layout.h"
#include "data/leaf_view.h"
#include "data/residency.h"
#include "engine/specialisation.h"
#include "engine/viewed_blocks.h"
#include "ir/ir.h"

namespace pp::engine {

/// A block of host memory, and which of its elements a column takes.
struct ResidentBlock {
    data::Residency* residency;
    const char* memory;  ///< where it begins: views of its leaves say where they lie by their addresses
    int64_t begin, end;
    /// Each of the block's elements is so many of the column's, which begins with number `skipped` of the first.
    int64_t width = 1, skipped = 0;

    /// Those that elements [first, last) of the column lie in.
    data::IndexRange part(int64_t first, int64_t last) const noexcept {
        return {begin + (skipped + first) / width, begin + (skipped + last - 1) / width + 1};
    }
};

struct ResidentColumns {
    std::span<const ResidentBlock> blocks;
    std::span<const uint32_t> block_of_input;  ///< for each input leaf
    ResidentBlock result;                      ///< that of all outputs
};

/// Whether a kernel for a GPU can read and write all of these where they lie; then `layout` says how. Columns of
/// numbers that no kernel has a type for and results of several kinds need the host.
bool can_stay(const ir::Function& function, const ViewedColumns& columns, codegen::CudaLayout& layout);

/// Whether a kernel tells nothing: it hands no element back, and no result can fail to fit. `layout` is that of
/// `can_stay`.
bool tells_nothing(const Specialisation& specialisation, const codegen::CudaLayout& layout);

/// Whether nobody else uses the memory of the columns: a run over them may go on when its call has returned.
bool are_ours(const ResidentColumns& residents);
/// Whether elements of some column are pending.
bool are_pending(const ResidentColumns& residents);

/// Uploads what the device lacks of the inputs and makes the result its own; the addresses of all input leaves, then of
/// all outputs. What is pending is settled first, unless `as_is`; where it is known to have failed, that is thrown in
/// any case. The GIL is held; it may be let go meanwhile.
std::vector<uint64_t> addresses_on(device::RemoteMemory& place, const ViewedColumns& columns,
                                   const ResidentColumns& residents, bool as_is = false);

/// Elements [begin, end) of a run, which one of several devices computes.
struct ResidentShare {
    device::RemoteMemory* place;
    int64_t begin, end;
};

/// Divides a run evenly, the devices in their order. Bounds are those of pages that the host looks at.
std::vector<ResidentShare> divide(int64_t count, std::span<device::RemoteMemory* const> places);

/// The same for every share: the addresses of its first element. All devices' uploads are made at the same time. What
/// is pending is settled first.
std::vector<std::vector<uint64_t>> addresses_on_each(std::span<const ResidentShare> shares,
                                                     const ViewedColumns& columns, const ResidentColumns& residents);

}  // namespace pp::engine
