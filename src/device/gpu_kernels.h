/// What the GPU kernels of gpu_kernels.cu and those who launch them agree on.
#pragma once

#include <cstdint>

namespace pp::device::cuda {

/// The oldest driver that takes the kernels: machine code of one major version of the toolkit asks for a driver of that
/// version.
inline constexpr int kKernelsOldestDriver = 13000;
/// Threads of a block, and flags that each reads at once.
inline constexpr int kSelectThreads = 256;
inline constexpr int kSelectFlagsPerThread = 16;
inline constexpr int kSelectTile = kSelectThreads * kSelectFlagsPerThread;
/// Threads of the one block that adds up the tiles.
inline constexpr int kScanThreads = 256;

/// How a number in memory is combined with one of a log (device/cuda_combiner.h): as what it is stored, and how.
enum class CombineKind : int64_t { Int64, Int32, Float64, Float32 };
enum class CombineHow : int64_t { Add, Subtract, Least, Most };
inline constexpr int kCombineThreads = 256;
/// Sums into so little memory are first made by each block in its own.
inline constexpr int64_t kCombineTable = 32 << 10;
}  // namespace pp::device::cuda
