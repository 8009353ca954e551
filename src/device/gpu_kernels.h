/// What the GPU kernels of gpu_kernels.cu and those who launch them agree on.
#pragma once

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

}  // namespace pp::device::cuda
