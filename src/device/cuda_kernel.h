/// Modules of machine code and launching what is in them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "device/cuda_graph.h"
#include "device/cuda_session.h"

namespace pp::device::cuda {

/// A module that the driver has loaded; unloaded when destroyed.
class LoadedModule {
public:
    /// `image` is PTX with a final zero, or a fat binary. A failure carries the log of the driver's compiler.
    LoadedModule(const Session& session, const void* image);
    ~LoadedModule();
    Function function(const char* name) const;
    /// The address of a variable; 0 where there is none of that name.
    uint64_t variable(const char* name) const;

    LoadedModule(const LoadedModule&) = delete;
    LoadedModule& operator=(const LoadedModule&) = delete;

private:
    const Session& session_;
    Module module_ = nullptr;
};

/// A kernel of generated code.
class LoadedKernel final : public Kernel {
public:
    LoadedKernel(const Session& session, const std::string& ptx);
    Function function() const noexcept { return function_; }
    /// To be used within a Queue only.
    LaunchGraphs& graphs() const noexcept { return graphs_; }
    uint64_t variable(const std::string& name) const override { return module_.variable(name.c_str()); }
    /// The block for `count` elements: small ones while few elements would leave multiprocessors idle.
    int block_threads(int64_t count) const noexcept;

private:
    LoadedModule module_;
    Function function_ = nullptr;
    mutable LaunchGraphs graphs_;
    int most_threads_ = 0;
    int64_t enough_for_large_blocks_ = 0;
};

/// Queues `blocks` blocks. Throws when there are more than the hardware can count.
void launch_blocks(const Session& session, const Session::Queue& queue, Function function, int64_t blocks, int threads,
                   std::span<const uint64_t> parameters);

}  // namespace pp::device::cuda
