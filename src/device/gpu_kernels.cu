/// GPU kernels without user code: the indices of nonzero flags, in order, in three launches; and logs of numbers that
/// are combined with what is in memory, in no order.
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

namespace {

template <typename T> __device__ T at(const char* base, int64_t step, int64_t index) {
    return *reinterpret_cast<const T*>(base + step * index);
}

__device__ int64_t first_of_grid() {
    return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

__device__ int64_t step_of_grid() {
    return static_cast<int64_t>(gridDim.x) * blockDim.x;
}

__device__ void add(char* place, int64_t x) {
    atomicAdd(reinterpret_cast<unsigned long long*>(place), static_cast<unsigned long long>(x));
}

/// Does to a number what `change` does to its value, until nobody came between. `change` answers whether there is
/// anything to do.
template <typename T, typename Word, typename Change> __device__ void exchange(char* place, Change change) {
    auto* const word = reinterpret_cast<Word*>(place);
    Word known = *word;
    for (;;) {
        T value;
        memcpy(&value, &known, sizeof value);
        if (!change(value)) return;
        Word wanted;
        memcpy(&wanted, &value, sizeof wanted);
        const Word found = atomicCAS(word, known, wanted);
        if (found == known) return;
        known = found;
    }
}

/// Each sum is rounded once, as where it is stored by the host. Whoever calls knows that it stays finite.
__device__ void add_narrow(char* place, double x) {
    exchange<float, unsigned>(place, [x](float& value) {
        value = static_cast<float>(static_cast<double>(value) + x);
        return true;
    });
}

__device__ bool fits(int64_t x, int64_t) {
    return true;
}
__device__ bool fits(int64_t x, int32_t) {
    return x == static_cast<int32_t>(x);
}
__device__ bool fits(double x, double) {
    return true;
}
__device__ bool fits(double x, float) {
    return isinf(x) || !isinf(static_cast<float>(x));
}

/// x where it is less than the number, or more. `failed`: it has no place there.
template <typename Stored, typename Word, typename Value>
__device__ void choose(char* place, Value x, bool is_least, uint32_t* failed) {
    exchange<Stored, Word>(place, [=](Stored& value) {
        const auto number = static_cast<Value>(value);
        if (!(is_least ? x < number : number < x)) return false;
        value = static_cast<Stored>(x);
        if (fits(x, value)) return true;
        *failed = 1;
        return false;
    });
}

__device__ void combine_int(char* place, int64_t x, CombineKind kind, CombineHow how, uint32_t* failed) {
    if (how >= CombineHow::Least) {
        if (kind == CombineKind::Int64)
            choose<int64_t, unsigned long long>(place, x, how == CombineHow::Least, failed);
        else
            choose<int32_t, unsigned>(place, x, how == CombineHow::Least, failed);
        return;
    }
    if (how == CombineHow::Subtract) x = -x;
    if (kind == CombineKind::Int64)
        add(place, x);
    else
        atomicAdd(reinterpret_cast<int*>(place), static_cast<int>(x));
}

__device__ void combine_float(char* place, double x, CombineKind kind, CombineHow how, uint32_t* failed) {
    if (how >= CombineHow::Least) {
        if (kind == CombineKind::Float64)
            choose<double, unsigned long long>(place, x, how == CombineHow::Least, failed);
        else
            choose<float, unsigned>(place, x, how == CombineHow::Least, failed);
        return;
    }
    if (how == CombineHow::Subtract) x = -x;
    if (kind == CombineKind::Float64)
        atomicAdd(reinterpret_cast<double*>(place), x);
    else
        add_narrow(place, x);
}

__device__ bool is_int(CombineKind kind) {
    return kind == CombineKind::Int64 || kind == CombineKind::Int32;
}

}  // namespace

/// Combines each number of a log with that at its offset, unless that is negative.
extern "C" __global__ void __launch_bounds__(kCombineThreads)
    pp_combine(char* target, const char* offsets, int64_t offset_step, const char* values, int64_t value_step,
               int64_t count, CombineKind kind, CombineHow how, uint32_t* failed) {
    for (int64_t i = first_of_grid(); i < count; i += step_of_grid()) {
        const auto offset = at<int64_t>(offsets, offset_step, i);
        if (offset < 0) continue;
        if (is_int(kind))
            combine_int(target + offset, at<int64_t>(values, value_step, i), kind, how, failed);
        else
            combine_float(target + offset, at<double>(values, value_step, i), kind, how, failed);
    }
}

/// The same for sums of 8 bytes in few places, `extent` bytes: each block adds up its own first.
extern "C" __global__ void __launch_bounds__(kCombineThreads)
    pp_combine_few(char* target, const char* offsets, int64_t offset_step, const char* values, int64_t value_step,
                   int64_t count, CombineKind kind, CombineHow how, int64_t extent) {
    __shared__ unsigned long long table[kCombineTable / 8];
    for (int64_t i = threadIdx.x; i < extent / 8; i += blockDim.x)
        table[i] = 0;  // an int and a float
    __syncthreads();
    auto* const own = reinterpret_cast<char*>(table);
    for (int64_t i = first_of_grid(); i < count; i += step_of_grid()) {
        const auto offset = at<int64_t>(offsets, offset_step, i);
        if (offset < 0) continue;
        if (is_int(kind))
            combine_int(own + offset, at<int64_t>(values, value_step, i), kind, how, nullptr);
        else
            combine_float(own + offset, at<double>(values, value_step, i), kind, how, nullptr);
    }
    __syncthreads();
    for (int64_t i = threadIdx.x; i < extent / 8; i += blockDim.x) {
        if (table[i] == 0) continue;
        if (is_int(kind))
            add(target + 8 * i, static_cast<int64_t>(table[i]));
        else
            atomicAdd(reinterpret_cast<double*>(target + 8 * i),
                      __longlong_as_double(static_cast<long long>(table[i])));
    }
}

/// Adds the sizes of a log's numbers to `total`.
extern "C" __global__ void __launch_bounds__(kCombineThreads)
    pp_total_of_log(const char* offsets, int64_t offset_step, const char* values, int64_t value_step, int64_t count,
                    CombineKind kind, double* total) {
    using Reduce = cub::BlockReduce<double, kCombineThreads>;
    __shared__ typename Reduce::TempStorage storage;
    double sum = 0;
    for (int64_t i = first_of_grid(); i < count; i += step_of_grid()) {
        if (at<int64_t>(offsets, offset_step, i) < 0) continue;
        sum += fabs(is_int(kind) ? static_cast<double>(at<int64_t>(values, value_step, i))
                                 : at<double>(values, value_step, i));
    }
    sum = Reduce(storage).Sum(sum);
    if (threadIdx.x == 0) atomicAdd(total, sum);
}

/// Makes `most` the size of the largest number, if that is more. Its bits are ordered as it is, and NaN comes last.
extern "C" __global__ void __launch_bounds__(kCombineThreads)
    pp_most_of_numbers(const char* numbers, int64_t step, int64_t count, CombineKind kind, unsigned long long* most) {
    unsigned long long bits = 0;
    for (int64_t i = first_of_grid(); i < count; i += step_of_grid()) {
        const double number = kind == CombineKind::Int64     ? static_cast<double>(at<int64_t>(numbers, step, i))
                              : kind == CombineKind::Int32   ? static_cast<double>(at<int32_t>(numbers, step, i))
                              : kind == CombineKind::Float64 ? at<double>(numbers, step, i)
                                                             : static_cast<double>(at<float>(numbers, step, i));
        const auto own = static_cast<unsigned long long>(__double_as_longlong(fabs(number)));
        bits = own > bits ? own : bits;
    }
    atomicMax(most, bits);
}
