/// GPU kernels without user code: the indices of nonzero flags, in order, in three launches.
#include <cstdint>

#include <cub/block/block_reduce.cuh>
#include <cub/block/block_scan.cuh>

#include "device/gpu_kernels.h"

namespace {

using namespace pp::device::cuda;

static_assert(__CUDACC_VER_MAJOR__ == kKernelsOldestDriver / 1000);

/// Which of the thread's flags are nonzero, one bit each. `flags` is 16-byte aligned.
__device__ uint32_t flagged_bits(const uint8_t* flags, int64_t first, int64_t count) {
    uint32_t bits = 0;
    if (first + kSelectFlagsPerThread <= count) {
        const uint4 packed = *reinterpret_cast<const uint4*>(flags + first);
        const uint32_t words[] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
        for (int word = 0; word < 4; ++word) {
#pragma unroll
            for (int byte = 0; byte < 4; ++byte) {
                bits |= static_cast<uint32_t>((words[word] >> (8 * byte) & 0xff) != 0) << (4 * word + byte);
            }
        }
    } else {
        for (int64_t i = first; i < count; ++i)
            bits |= static_cast<uint32_t>(flags[i] != 0) << (i - first);
    }
    return bits;
}

__device__ int64_t first_of_thread() {
    return static_cast<int64_t>(blockIdx.x) * kSelectTile + threadIdx.x * kSelectFlagsPerThread;
}

}  // namespace

/// `tile_counts[tile]`: how many flags of the tile are nonzero. One block a tile.
extern "C" __global__ void __launch_bounds__(kSelectThreads)
    pp_count_flags(const uint8_t* flags, int64_t count, int64_t* tile_counts) {
    using Reduce = cub::BlockReduce<int, kSelectThreads>;
    __shared__ typename Reduce::TempStorage storage;
    const int found = Reduce(storage).Sum(__popc(flagged_bits(flags, first_of_thread(), count)));
    if (threadIdx.x == 0) tile_counts[blockIdx.x] = found;
}

/// Turns `tiles` counts into offsets; the total goes behind them. One block.
extern "C" __global__ void __launch_bounds__(kScanThreads) pp_scan_tiles(int64_t* tile_counts, int64_t tiles) {
    using Scan = cub::BlockScan<int64_t, kScanThreads>;
    __shared__ typename Scan::TempStorage storage;
    int64_t total = 0;
    for (int64_t base = 0; base < tiles; base += kScanThreads) {
        const int64_t tile = base + threadIdx.x;
        int64_t before, sum;
        Scan(storage).ExclusiveSum(tile < tiles ? tile_counts[tile] : 0, before, sum);
        if (tile < tiles) tile_counts[tile] = total + before;
        total += sum;
        __syncthreads();
    }
    if (threadIdx.x == 0) tile_counts[tiles] = total;
}

/// Writes the indices of nonzero flags from where the tile's offset says. One block a tile.
extern "C" __global__ void __launch_bounds__(kSelectThreads)
    pp_write_flagged(const uint8_t* flags, int64_t count, const int64_t* tile_offsets, int64_t* indices) {
    using Scan = cub::BlockScan<int, kSelectThreads>;
    __shared__ typename Scan::TempStorage storage;
    const int64_t first = first_of_thread();
    uint32_t bits = flagged_bits(flags, first, count);
    int before;
    Scan(storage).ExclusiveSum(__popc(bits), before);
    for (int64_t* target = indices + tile_offsets[blockIdx.x] + before; bits != 0; bits &= bits - 1) {
        *target++ = first + __ffs(bits) - 1;
    }
}
