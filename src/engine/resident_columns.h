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
};

struct ResidentColumns {
    std::span<const ResidentBlock> blocks;
    std::span<const uint32_t> block_of_input;  ///< for each input leaf
    ResidentBlock result;                      ///< that of all outputs
};

/// Whether a kernel for a GPU can read and write all of these where they lie; then `layout` says how. Numbers that no
/// kernel has a type for, results of several kinds and results that are converted beyond rounding to `float32` need the
/// host.
bool can_stay(const ir::Function& function, const ViewedColumns& columns, codegen::CudaLayout& layout);

/// Whether what a kernel writes need not be looked at, nor waited for: it hands no element back, and nobody else uses
/// the memory of the columns. `layout` is that of `can_stay`.
bool can_go_on(const Specialisation& specialisation, const codegen::CudaLayout& layout,
               const ResidentColumns& residents);

/// Uploads what the device lacks of the inputs and makes the result its own; the addresses of all input leaves, then of
/// all outputs. The GIL is held.
std::vector<uint64_t> addresses_on(device::RemoteMemory& place, const ViewedColumns& columns,
                                   const ResidentColumns& residents);

}  // namespace pp::engine
