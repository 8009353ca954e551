/// NVIDIA's driver, found by name at run time: its types as far as they are used here, its functions, its failures.
///
/// Only `cuda_*` files see this. No header of CUDA is needed, and nothing of CUDA is linked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>

namespace pp::device::cuda {

using Result = int;
using DeviceHandle = int;
using DeviceAddress = unsigned long long;
using Context = struct ContextHandle*;
using StreamHandle = struct StreamTag*;
using EventHandle = struct EventTag*;
using Module = struct ModuleHandle*;
using Function = struct FunctionHandle*;
using MemoryPool = struct MemoryPoolHandle*;
using Graph = struct GraphHandle*;
using GraphNode = struct GraphNodeHandle*;
using GraphExec = struct GraphExecHandle*;

/// The driver's first CUDA_KERNEL_NODE_PARAMS.
struct KernelNode {
    Function function = nullptr;
    unsigned blocks = 1, blocks_y = 1, blocks_z = 1, threads = 1, threads_y = 1, threads_z = 1;
    unsigned shared_bytes = 0;
    void** parameters = nullptr;
    void** extra = nullptr;
};
static_assert(sizeof(KernelNode) == 56);

/// The driver's CUmemPoolProps.
struct MemoryPoolProperties {
    int allocation_type = 1;  ///< device memory
    int handle_types = 0;     ///< not shared with other processes
    int location_type = 1;    ///< a device
    int location = 0;         ///< its ordinal
    void* security_attributes = nullptr;
    size_t most_bytes = 0;  ///< 0: no limit
    unsigned char reserved[56] = {};
};
static_assert(sizeof(MemoryPoolProperties) == 88);

/// The driver's CUDA_MEMCPY2D, between two addresses of devices.
struct RectangleCopy {
    size_t source_x = 0, source_y = 0;
    int source_type = 2;  ///< a device
    const void* source_host = nullptr;
    DeviceAddress source = 0;
    void* source_array = nullptr;
    size_t source_pitch = 0;
    size_t target_x = 0, target_y = 0;
    int target_type = 2;
    void* target_host = nullptr;
    DeviceAddress target = 0;
    void* target_array = nullptr;
    size_t target_pitch = 0;
    size_t width_bytes = 0, height = 0;
};
static_assert(sizeof(RectangleCopy) == 128);

/// CU_STREAM_LEGACY, with which all streams are in order that were not made to be on their own.
inline const StreamHandle kLegacyStream = reinterpret_cast<StreamHandle>(1);

// Values of the driver's enumerations.
inline constexpr Result kSuccess = 0;
inline constexpr Result kOutOfMemory = 2;
inline constexpr Result kNoDevice = 100;
inline constexpr Result kRefusedBySystem = 304;
inline constexpr Result kNotFound = 500;
inline constexpr Result kNotReady = 600;
inline constexpr unsigned kNonBlockingStream = 1;
inline constexpr unsigned kEventWithoutTiming = 2;
inline constexpr unsigned kEventWithTiming = 0;
inline constexpr int kPoolReleaseThreshold = 4;
inline constexpr int kPointerDeviceOrdinal = 9;
inline constexpr int kFunctionMostThreads = 0;
inline constexpr int kJitErrorLog = 5;
inline constexpr int kJitErrorLogBytes = 6;
inline constexpr int kAttributeMultiprocessors = 16;
inline constexpr int kAttributeCapabilityMajor = 75;
inline constexpr int kAttributeCapabilityMinor = 76;
inline constexpr int kAttributeMemoryPools = 115;

/// The oldest driver: the first with stream-ordered memory pools.
inline constexpr int kOldestDriver = 11020;

/// One function of the driver, with the name it has in messages.
template <typename... Parameters> struct EntryPoint {
    using Address = Result (*)(Parameters...);
    const char* name;
    Address address = nullptr;
};

/// The table of functions. Immutable once loaded, so that every thread may use it.
class Driver {
public:
#define PP_CUDA_FUNCTION(name, symbol, ...) EntryPoint<__VA_ARGS__> name{#name};
#include "device/cuda_functions.inc"
#undef PP_CUDA_FUNCTION

    /// Whether it has all that graphs need.
    bool has_graphs() const noexcept;

    int version = 0;    ///< 12040 for CUDA 12.4
    pid_t process = 0;  ///< the process that initialised it: it is of no use in a forked child

    /// Calls a function of this table; what is not success is thrown, see `fail`.
    template <typename... Parameters, typename... Arguments>
    void call(const EntryPoint<Parameters...>& function, Arguments... arguments) const {
        const Result result = function.address(arguments...);
        if (result != kSuccess) fail(function.name, result);
    }

    /// Throws UserError(Memory) when memory ran out, else UserError(Device): the driver's own words, then `detail`. A
    /// failure after which the context is of no more use says so.
    [[noreturn]] void fail(const char* function, Result result, const std::string& detail = {}) const;
    /// "cuMemAlloc failed: out of memory (CUDA_ERROR_OUT_OF_MEMORY)".
    std::string describe(const char* function, Result result) const;
};

/// A driver that is initialised, or why there is none: a clause without capital and full stop.
struct DriverLoad {
    std::unique_ptr<const Driver> driver;
    std::string failure;
};

using SymbolLookup = std::function<void*(const char* symbol)>;

/// Opens `library` and initialises it. Never throws what the machine is to blame for.
DriverLoad load_driver(const char* library);
/// The same for symbols from elsewhere.
DriverLoad initialise_driver(const SymbolLookup& lookup);

/// What is said in a forked child of a process that has used the driver.
std::string fork_message();

}  // namespace pp::device::cuda
