/// A driver made of host memory, to test what surrounds the driver on machines that have none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "device/cuda_driver.h"
#include "device/gpu_kernels.h"

namespace pp::device::cuda::fake {

/// What the driver is like, what it shall answer, and what it was asked. For one thread.
struct State {
    int version = 13000;
    int device_count = 1;
    int capability = 90;
    int has_pools = 1;
    size_t memory_total = size_t{256} << 20;
    std::map<std::string, Result> failures;  ///< by symbol: answered instead of doing anything
    std::string missing;                     ///< a symbol that is not there
    int queries_until_done = 0;              ///< how often the next wait is answered "not ready"
    std::string compiler_log;
    size_t parameter_count = 0;  ///< how many parameters a launch of generated code has

    std::map<std::string, int> calls;
    std::map<DeviceAddress, size_t> blocks;
    size_t allocated = 0, kept = 0;  ///< bytes in blocks, and bytes freed that the pool keeps
    size_t outstanding = 0;          ///< of those kept: freed since the last synchronisation, not to be trimmed
    std::vector<Context> contexts;   ///< the stack of current contexts
    uintptr_t streams = 0;           ///< how many were made
    StreamHandle foreign = nullptr;  ///< of a context that is not the device's
    StreamHandle queried = nullptr;  ///< waited for last
    std::vector<std::pair<std::string, StreamHandle>> order;  ///< "record", "wait" and "launch", with the stream
    std::string last_kernel;
    std::vector<uint64_t> last_parameters;
    unsigned last_blocks = 0, last_threads = 0;
};

inline State& state() {
    static State only;
    return only;
}

/// Counts the call; the failure that was ordered, or success.
inline Result answer(const char* symbol) {
    ++state().calls[symbol];
    const auto ordered = state().failures.find(symbol);
    return ordered == state().failures.end() ? kSuccess : ordered->second;
}

template <typename Handle> Handle handle(uintptr_t number) {
    return reinterpret_cast<Handle>(number);
}

inline Result take(DeviceAddress* address, size_t bytes) {
    State& driver = state();
    if (driver.allocated + driver.kept + bytes > driver.memory_total) return kOutOfMemory;
    *address = reinterpret_cast<DeviceAddress>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
    driver.blocks[*address] = bytes;
    driver.allocated += bytes;
    return kSuccess;
}

inline Result give(DeviceAddress address, bool keep) {
    State& driver = state();
    const auto block = driver.blocks.find(address);
    if (block == driver.blocks.end()) return 1;
    driver.allocated -= block->second;
    if (keep) {
        driver.kept += block->second;
        driver.outstanding += block->second;
    }
    std::free(reinterpret_cast<void*>(address));
    driver.blocks.erase(block);
    return kSuccess;
}

inline Result query(const char* symbol) {
    if (const Result result = answer(symbol)) return result;
    if (state().queries_until_done > 0) {
        --state().queries_until_done;
        return kNotReady;
    }
    return kSuccess;
}

/// What the embedded kernels do, block by block.
inline void run_select_kernel(const std::string& name, int64_t blocks, void** parameters) {
    const auto word = [&](int index) { return *static_cast<const uint64_t*>(parameters[index]); };
    if (name == "pp_scan_tiles") {
        auto* counts = reinterpret_cast<int64_t*>(word(0));
        int64_t total = 0;
        for (int64_t tile = 0; tile < static_cast<int64_t>(word(1)); ++tile) {
            total += std::exchange(counts[tile], total);
        }
        counts[word(1)] = total;
        return;
    }
    const auto* flags = reinterpret_cast<const uint8_t*>(word(0));
    const auto count = static_cast<int64_t>(word(1));
    auto* tiles = reinterpret_cast<int64_t*>(word(2));
    for (int64_t tile = 0; tile < blocks; ++tile) {
        const int64_t begin = tile * kSelectTile, end = std::min<int64_t>(begin + kSelectTile, count);
        int64_t found = 0;
        for (int64_t i = begin; i < end; ++i) {
            if (flags[i] == 0) continue;
            if (name == "pp_write_flagged") reinterpret_cast<int64_t*>(word(3))[tiles[tile] + found] = i;
            ++found;
        }
        if (name == "pp_count_flags") tiles[tile] = found;
    }
}

inline Result launch(Function function, unsigned blocks, unsigned, unsigned, unsigned threads, unsigned, unsigned,
                     unsigned, StreamHandle stream, void** parameters, void**) {
    if (const Result result = answer("cuLaunchKernel")) return result;
    State& driver = state();
    driver.order.emplace_back("launch", stream);
    driver.last_kernel = reinterpret_cast<const char*>(function);
    driver.last_blocks = blocks;
    driver.last_threads = threads;
    if (driver.last_kernel != "pp_kernel") {
        run_select_kernel(driver.last_kernel, blocks, parameters);
        return kSuccess;
    }
    driver.last_parameters.clear();
    for (size_t i = 0; i < driver.parameter_count; ++i) {
        driver.last_parameters.push_back(*static_cast<const uint64_t*>(parameters[i]));
    }
    return kSuccess;
}

/// A node of a graph: what it launches, with its parameters' values.
struct FakeNode {
    KernelNode node;
    std::vector<uint64_t> values;

    void set(const KernelNode& from) {
        node = from;
        const bool rings = std::string(reinterpret_cast<const char*>(from.function)) == "pp_ring";
        values.clear();
        for (size_t i = 0; i < (rings ? 1 : state().parameter_count); ++i)
            values.push_back(*static_cast<const uint64_t*>(from.parameters[i]));
    }
};
using FakeGraph = std::vector<std::unique_ptr<FakeNode>>;

inline Result launch_graph(GraphExec exec, StreamHandle stream) {
    if (const Result result = answer("cuGraphLaunch")) return result;
    state().order.emplace_back("graph", stream);
    for (const auto& each : *reinterpret_cast<FakeGraph*>(exec)) {
        if (std::string(reinterpret_cast<const char*>(each->node.function)) == "pp_ring") {
            *reinterpret_cast<uint32_t*>(each->values[0]) = 1;
        } else {
            state().last_parameters = each->values;
            state().last_blocks = each->node.blocks;
        }
    }
    return kSuccess;
}

inline Result error_string(Result result, const char** words) {
    static const std::map<Result, const char*> known{{2, "out of memory"},
                                                     {100, "no CUDA-capable device is detected"},
                                                     {218, "a PTX JIT compilation failed"},
                                                     {700, "an illegal memory access was encountered"},
                                                     {999, "unknown error"}};
    const auto found = known.find(result);
    *words = found == known.end() ? nullptr : found->second;
    return *words == nullptr ? 1 : kSuccess;
}

inline Result error_name(Result result, const char** name) {
    static const std::map<Result, const char*> known{{2, "CUDA_ERROR_OUT_OF_MEMORY"},
                                                     {100, "CUDA_ERROR_NO_DEVICE"},
                                                     {218, "CUDA_ERROR_INVALID_PTX"},
                                                     {700, "CUDA_ERROR_ILLEGAL_ADDRESS"},
                                                     {999, "CUDA_ERROR_UNKNOWN"}};
    const auto found = known.find(result);
    *name = found == known.end() ? nullptr : found->second;
    return *name == nullptr ? 1 : kSuccess;
}

inline Result attribute(int* value, int number, DeviceHandle) {
    if (const Result result = answer("cuDeviceGetAttribute")) return result;
    switch (number) {
    case kAttributeCapabilityMajor: *value = state().capability / 10; return kSuccess;
    case kAttributeCapabilityMinor: *value = state().capability % 10; return kSuccess;
    case kAttributeMemoryPools: *value = state().has_pools; return kSuccess;
    case kAttributeMultiprocessors: *value = 4; return kSuccess;
    default: *value = number; return number > 120 ? 1 : kSuccess;  // too young for this driver
    }
}

inline Result load_module(Module* module, const void*, unsigned options, int* names, void** values) {
    for (unsigned i = 0; i < options; ++i) {
        if (names[i] != kJitErrorLog) continue;
        std::strcpy(static_cast<char*>(values[i]), state().compiler_log.c_str());
    }
    *module = handle<Module>(5);
    return answer("cuModuleLoadDataEx");
}

/// The function of one entry of the table; most only succeed.
template <typename... Parameters> void* succeed(const char* symbol) {
    static const char* name;
    name = symbol;
    return reinterpret_cast<void*>(+[](Parameters...) -> Result { return answer(name); });
}

template <typename Signature> void* pointer(Signature* function) {
    return reinterpret_cast<void*>(function);
}

using Table = std::map<std::string, void*>;

inline void add_discovery(Table& table) {
    table["cuDriverGetVersion"] = pointer(+[](int* version) -> Result {
        *version = state().version;
        return answer("cuDriverGetVersion");
    });
    table["cuGetErrorString"] = pointer(error_string);
    table["cuGetErrorName"] = pointer(error_name);
    table["cuDeviceGetCount"] = pointer(+[](int* count) -> Result {
        *count = state().device_count;
        return answer("cuDeviceGetCount");
    });
    table["cuDeviceGet"] = pointer(+[](DeviceHandle* device, int ordinal) -> Result {
        *device = ordinal;
        return answer("cuDeviceGet");
    });
    table["cuDeviceGetName"] = pointer(+[](char* name, int, DeviceHandle) -> Result {
        std::strcpy(name, "Fake GPU");
        return answer("cuDeviceGetName");
    });
    table["cuDeviceGetAttribute"] = pointer(attribute);
    table["cuDeviceTotalMem_v2"] = pointer(+[](size_t* bytes, DeviceHandle) -> Result {
        *bytes = state().memory_total;
        return answer("cuDeviceTotalMem_v2");
    });
}

inline void add_contexts_and_streams(Table& table) {
    table["cuDevicePrimaryCtxRetain"] = pointer(+[](Context* context, DeviceHandle) -> Result {
        *context = handle<Context>(1);
        return answer("cuDevicePrimaryCtxRetain");
    });
    table["cuCtxPushCurrent_v2"] = pointer(+[](Context context) -> Result {
        const Result result = answer("cuCtxPushCurrent_v2");
        if (result == kSuccess) state().contexts.push_back(context);
        return result;
    });
    table["cuCtxPopCurrent_v2"] = pointer(+[](Context*) -> Result {
        state().contexts.pop_back();
        return answer("cuCtxPopCurrent_v2");
    });
    table["cuStreamCreate"] = pointer(+[](StreamHandle* stream, unsigned) -> Result {
        *stream = handle<StreamHandle>(3 + 16 * state().streams++);
        return answer("cuStreamCreate");
    });
    table["cuStreamGetCtx"] = pointer(+[](StreamHandle stream, Context* context) -> Result {
        *context = handle<Context>(stream == state().foreign ? 99 : 1);
        return answer("cuStreamGetCtx");
    });
    table["cuStreamWaitEvent"] = pointer(+[](StreamHandle stream, EventHandle, unsigned) -> Result {
        state().order.emplace_back("wait", stream);
        return answer("cuStreamWaitEvent");
    });
    table["cuEventRecord"] = pointer(+[](EventHandle, StreamHandle stream) -> Result {
        state().order.emplace_back("record", stream);
        return answer("cuEventRecord");
    });
    table["cuStreamQuery"] = pointer(+[](StreamHandle stream) -> Result {
        state().queried = stream;
        return query("cuStreamQuery");
    });
    table["cuStreamSynchronize"] = pointer(+[](StreamHandle) -> Result {
        state().outstanding = 0;
        return answer("cuStreamSynchronize");
    });
    table["cuEventCreate"] = pointer(+[](EventHandle* event, unsigned) -> Result {
        *event = handle<EventHandle>(4);
        return answer("cuEventCreate");
    });
    table["cuEventQuery"] = pointer(+[](EventHandle) -> Result { return query("cuEventQuery"); });
    table["cuEventElapsedTime"] = pointer(+[](float* milliseconds, EventHandle, EventHandle) -> Result {
        *milliseconds = 1.5f;
        return answer("cuEventElapsedTime");
    });
    table["cuMemGetInfo_v2"] = pointer(+[](size_t* free, size_t* total) -> Result {
        *total = state().memory_total;
        *free = state().memory_total - state().allocated - state().kept;
        return answer("cuMemGetInfo_v2");
    });
}

inline void add_memory(Table& table) {
    table["cuMemAlloc_v2"] = pointer(+[](DeviceAddress* address, size_t bytes) -> Result {
        const Result result = answer("cuMemAlloc_v2");
        return result != kSuccess ? result : take(address, bytes);
    });
    table["cuMemFree_v2"] = pointer(+[](DeviceAddress address) -> Result {
        const Result result = answer("cuMemFree_v2");
        return result != kSuccess ? result : give(address, false);
    });
    table["cuMemPoolCreate"] = pointer(+[](MemoryPool* pool, const MemoryPoolProperties*) -> Result {
        *pool = handle<MemoryPool>(2);
        return answer("cuMemPoolCreate");
    });
    table["cuMemPoolTrimTo"] = pointer(+[](MemoryPool, size_t bytes) -> Result {
        state().kept = std::min(state().kept, std::max(bytes, state().outstanding));
        return answer("cuMemPoolTrimTo");
    });
    table["cuMemAllocFromPoolAsync"] =
        pointer(+[](DeviceAddress* address, size_t bytes, MemoryPool, StreamHandle) -> Result {
            const Result result = answer("cuMemAllocFromPoolAsync");
            return result != kSuccess ? result : take(address, bytes);
        });
    table["cuMemFreeAsync"] = pointer(+[](DeviceAddress address, StreamHandle) -> Result {
        const Result result = answer("cuMemFreeAsync");
        return result != kSuccess ? result : give(address, true);
    });
    table["cuPointerGetAttribute"] = pointer(+[](void* value, int, DeviceAddress) -> Result {
        *static_cast<int*>(value) = 0;
        return answer("cuPointerGetAttribute");
    });
    table["cuMemHostAlloc"] = pointer(+[](void** memory, size_t bytes, unsigned) -> Result {
        // Never given back by the library, but to the leak checker at the end of the tests.
        static std::vector<std::unique_ptr<std::byte[]>> pinned;
        const Result result = answer("cuMemHostAlloc");
        if (result == kSuccess) *memory = pinned.emplace_back(new std::byte[bytes]).get();
        return result;
    });
}

inline void add_copies(Table& table) {
    table["cuMemcpyHtoDAsync_v2"] =
        pointer(+[](DeviceAddress to, const void* from, size_t bytes, StreamHandle) -> Result {
            const Result result = answer("cuMemcpyHtoDAsync_v2");
            if (result == kSuccess) std::memcpy(reinterpret_cast<void*>(to), from, bytes);
            return result;
        });
    table["cuMemcpyDtoHAsync_v2"] = pointer(+[](void* to, DeviceAddress from, size_t bytes, StreamHandle) -> Result {
        const Result result = answer("cuMemcpyDtoHAsync_v2");
        if (result == kSuccess) std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
        return result;
    });
    table["cuMemcpyDtoDAsync_v2"] = pointer(+[](DeviceAddress to, DeviceAddress from, size_t bytes, StreamHandle) {
        const Result result = answer("cuMemcpyDtoDAsync_v2");
        if (result == kSuccess) std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
        return result;
    });
    table["cuMemcpy2DAsync_v2"] = pointer(+[](const RectangleCopy* copy, StreamHandle) -> Result {
        for (size_t row = 0; row < copy->height; ++row) {
            std::memcpy(reinterpret_cast<void*>(copy->target + row * copy->target_pitch),
                        reinterpret_cast<const void*>(copy->source + row * copy->source_pitch), copy->width_bytes);
        }
        return answer("cuMemcpy2DAsync_v2");
    });
    table["cuMemsetD8Async"] =
        pointer(+[](DeviceAddress to, unsigned char value, size_t bytes, StreamHandle) -> Result {
            std::memset(reinterpret_cast<void*>(to), value, bytes);
            return answer("cuMemsetD8Async");
        });
}

inline void add_modules(Table& table) {
    table["cuModuleLoadDataEx"] = pointer(load_module);
    table["cuModuleGetFunction"] = pointer(+[](Function* function, Module, const char* name) -> Result {
        *function = reinterpret_cast<Function>(const_cast<char*>(name));
        return answer("cuModuleGetFunction");
    });
    table["cuModuleGetGlobal_v2"] = pointer(+[](DeviceAddress* address, size_t* bytes, Module, const char* name) {
        if (const Result result = answer("cuModuleGetGlobal_v2")) return result;
        if (std::string(name) != "pp_data_0") return kNotFound;
        *address = 4096;
        *bytes = 8;
        return kSuccess;
    });
    table["cuFuncGetAttribute"] = pointer(+[](int* value, int, Function) -> Result {
        *value = 1024;
        return answer("cuFuncGetAttribute");
    });
    table["cuLaunchKernel"] = pointer(launch);
}

inline void add_graphs(Table& table) {
    table["cuGraphCreate"] = pointer(+[](Graph* graph, unsigned) -> Result {
        *graph = reinterpret_cast<Graph>(new FakeGraph);
        return answer("cuGraphCreate");
    });
    table["cuGraphAddKernelNode"] =
        pointer(+[](GraphNode* node, Graph graph, const GraphNode*, size_t, const KernelNode* from) -> Result {
            auto& nodes = *reinterpret_cast<FakeGraph*>(graph);
            nodes.push_back(std::make_unique<FakeNode>());
            nodes.back()->set(*from);
            *node = reinterpret_cast<GraphNode>(nodes.back().get());
            return answer("cuGraphAddKernelNode");
        });
    table["cuGraphInstantiateWithFlags"] = pointer(+[](GraphExec* exec, Graph graph, unsigned long long) -> Result {
        const Result result = answer("cuGraphInstantiateWithFlags");
        if (result == kSuccess) *exec = reinterpret_cast<GraphExec>(graph);
        return result;
    });
    table["cuGraphExecKernelNodeSetParams"] = pointer(+[](GraphExec, GraphNode node, const KernelNode* from) -> Result {
        reinterpret_cast<FakeNode*>(node)->set(*from);
        return answer("cuGraphExecKernelNodeSetParams");
    });
    table["cuGraphLaunch"] = pointer(launch_graph);
    table["cuGraphDestroy"] = pointer(+[](Graph graph) -> Result {
        delete reinterpret_cast<FakeGraph*>(graph);
        return answer("cuGraphDestroy");
    });
}

inline Table special_functions() {
    Table table;
    add_graphs(table);
    add_discovery(table);
    add_contexts_and_streams(table);
    add_memory(table);
    add_copies(table);
    add_modules(table);
    return table;
}

/// For `initialise_driver`.
inline void* lookup(const char* symbol) {
    static const Table special = special_functions();
    if (symbol == state().missing) return nullptr;
    if (const auto found = special.find(symbol); found != special.end()) return found->second;
    if (std::string(symbol) == "cuInit") return succeed<unsigned>("cuInit");
    if (std::string(symbol) == "cuMemPoolSetAttribute") {
        return succeed<MemoryPool, int, void*>("cuMemPoolSetAttribute");
    }
    if (std::string(symbol) == "cuGraphExecDestroy") return succeed<GraphExec>("cuGraphExecDestroy");
    if (std::string(symbol) == "cuStreamDestroy_v2") return succeed<StreamHandle>("cuStreamDestroy_v2");
    if (std::string(symbol) == "cuEventDestroy_v2") return succeed<EventHandle>("cuEventDestroy_v2");
    if (std::string(symbol) == "cuModuleUnload") return succeed<Module>("cuModuleUnload");
    return nullptr;
}

}  // namespace pp::device::cuda::fake
