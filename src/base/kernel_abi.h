/// The calling convention between generated kernels (emitted by codegen/) and those who run them (device/, engine/).
///
/// Columns are structures of arrays: every scalar leaf of an element has an array of its own, indexed by element.
/// float is `double`, int is `int64_t`, bool and variant tags are `uint8_t`, origins are `int32_t`.
/// Uniforms are passed as 64-bit words: the bits of a double, an int64_t, or 0/1.
#pragma once

#include <cstdint>

namespace pp {

/// Asked by a kernel that loops for long, on the thread that runs it; a nonzero answer makes the kernel return
/// `kCancelled` at once.
using PollFunction = int32_t (*)(void* context) noexcept;

/// Everything one call of a CPU kernel needs. Owned by the caller, read-only to the kernel.
struct CpuArguments {
    const void* const* inputs;  ///< one array per input leaf, `ir::Function::inputs` order
    void* const* outputs;       ///< one array per output slot, `ir::Function::outputs` order
    const uint64_t* uniforms;   ///< `ir::Function::uniforms` order
    uint8_t* flags;             ///< `locate` only: 1 where the element must be handed back, else 0
    PollFunction poll;          ///< called about every 2^16 loop iterations
    void* poll_context;
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
/// of `uint8_t flags[count]` (always written), the address of a `uint32_t` set to 1 if any element is flagged, and
/// `int64_t count`. One thread an element, one-dimensional blocks.
inline constexpr const char* kCudaKernelName = "pp_kernel";
inline constexpr int kCudaTrailingParameters = 3;

/// A CUDA thread that makes more loop iterations than this hands its element back, so that no kernel hangs for ever.
inline constexpr int64_t kCudaIterationLimit = int64_t{1} << 32;

}  // namespace pp
