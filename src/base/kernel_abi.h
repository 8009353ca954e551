/// The calling convention between generated kernels (emitted by codegen/) and those who run them (device/, engine/).
///
/// Columns are structures of arrays: every scalar leaf of an element has an array of its own, indexed by element.
/// float is `double`, int is `int64_t`, bool and variant tags are `uint8_t`, origins are `int32_t`. A value of dynamic
/// length has two int leaves: the address of its items, which lie elsewhere, and how many they are (ir/kind.h).
/// Uniforms are passed as 64-bit words: the bits of a double, an int64_t, or 0/1.
#pragma once

#include <cstdint>

namespace pp {

/// Asked by a kernel that loops for long, on the thread that runs it; a nonzero answer makes the kernel return
/// `kCancelled` at once.
using PollFunction = int32_t (*)(void* context) noexcept;

/// The memory of one thread of a run, in which values of dynamic length are made. Nothing is freed before the run's
/// results are boxed. In front of each block that `reserve` and `extend` give stands its capacity in bytes, an
/// int64_t, so that what is extended byte by byte seldom moves.
struct KernelMemory {
    /// A block of at least so many bytes, aligned to 8; 0 where there is no memory (left): the element is handed back.
    uint64_t (*reserve)(KernelMemory* memory, uint64_t bytes) noexcept;
    /// Makes the block at `address` hold `needed` bytes, more than it can; its first `used` bytes stay. As `reserve`.
    uint64_t (*extend)(KernelMemory* memory, uint64_t address, uint64_t used, uint64_t needed) noexcept;
    /// ir::Op::Copy and ir::Op::Order; `units` is the operation's immediate.
    void (*copy)(uint64_t to, uint64_t from, int64_t count, uint64_t units) noexcept;
    int64_t (*order)(uint64_t left, uint64_t right, int64_t count, uint64_t units) noexcept;
};

/// What the elements of a kernel that writes to shared memory have overwritten, so that an element that is handed back
/// has written nothing.
struct KernelJournal {
    /// Keeps the `bytes` (1, 2, 4 or 8) at `address` as they were before `element` writes there. 0 where there is no
    /// memory for that: the element is handed back.
    uint32_t (*keep)(KernelJournal* journal, uint64_t address, uint64_t bytes, int64_t element) noexcept;
};

/// Everything one call of a CPU kernel needs. Owned by the caller, read-only to the kernel.
struct CpuArguments {
    const void* const* inputs;  ///< one array per input leaf, `ir::Function::inputs` order
    void* const* outputs;       ///< one array per output slot, `ir::Function::outputs` order
    const uint64_t* uniforms;   ///< `ir::Function::uniforms` order
    uint8_t* flags;             ///< `locate` only: 1 where the element must be handed back, else 0
    PollFunction poll;          ///< called about every 2^16 loop iterations
    void* poll_context;
    KernelMemory* memory;              ///< of the calling thread; may be null where the function does not use memory
    KernelJournal* journal = nullptr;  ///< both only where the function writes to shared memory: such a kernel stops at
    int64_t* next = nullptr;  ///< the first element to hand back; here it says how many it came to, that included
};

/// Bits of a CPU kernel's answer.
enum KernelStatus : uint32_t {
    kOk = 0,
    kHandedBack = 1,  ///< at least one element of the range must be handed back to CPython
    kCancelled = 2,   ///< `poll` asked to stop; outputs are incomplete
};

/// Runs elements [begin, end). `run` and `locate` share this signature; only `locate` writes `flags`.
using CpuKernelFunction = uint32_t (*)(const CpuArguments* arguments, int64_t begin, int64_t end);

/// A CUDA kernel takes 64-bit parameters in this order: inputs, outputs (device addresses), uniforms, then the address
/// of `uint8_t flags[count]` (always written where the function can hand back, else never), the address of a
/// CudaVerdict, `int64_t count`, and for functions that use memory the address of a CudaHeap. One thread an element,
/// one-dimensional blocks.
inline constexpr const char* kCudaKernelName = "pp_kernel";
inline constexpr int kCudaTrailingParameters = 3;

/// What a launch tells beside the flags, in device memory. Threads write 1, or nothing.
struct CudaVerdict {
    uint32_t handed_back;  ///< some element is flagged
    uint32_t exhausted;    ///< some element is flagged only since the heap had no room left
};

/// In device memory: where all threads of a launch make values of dynamic length. Each thread claims pieces for itself
/// alone. As in KernelMemory nothing is freed, and each block's capacity stands in front of it.
struct CudaHeap {
    uint64_t top;    ///< address of the first byte that nobody has claimed; beyond `end` where that was too much
    uint64_t end;    ///< address behind the last byte
    uint64_t share;  ///< the most bytes that one element may claim; beyond it the element is handed back
};

/// `Function::data[i]` is the CUDA module's variable of this name with `i` appended, where the kernel needs it.
inline constexpr const char* kCudaDataName = "pp_data_";

/// A CUDA thread that makes more loop iterations than this hands its element back, so that no kernel hangs for ever.
inline constexpr int64_t kCudaIterationLimit = int64_t{1} << 32;

}  // namespace pp
