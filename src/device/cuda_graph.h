/// Launches that are repeated, as graphs of the driver's, which are cheaper to queue, and can ring when they are done.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "device/cuda_session.h"

namespace pp::device::cuda {

class LoadedModule;

/// The graphs of one kernel: for each of the last few sets of parameters one. For one thread at a time: within a Queue.
class LaunchGraphs {
public:
    LaunchGraphs(const Session& session, Function function) noexcept : session_(session), function_(function) {}
    ~LaunchGraphs();
    LaunchGraphs(const LaunchGraphs&) = delete;

    /// Queues the kernel, and behind it `ring` where that is not null, a kernel that writes to `place`. False, and
    /// nothing is queued, for the first launch, which may be the only one, and where there are no graphs.
    bool launch(const Session::Queue& queue, int64_t blocks, int threads, std::span<const uint64_t> parameters,
                Function ring, uint64_t place);

private:
    /// A kernel and what rings, made for some parameters, which can be changed.
    struct Made {
        Graph graph = nullptr;
        GraphExec exec = nullptr;
        GraphNode kernel = nullptr, ring = nullptr;
        int64_t blocks = 0;
        int threads = 0;
        std::vector<uint64_t> parameters;
        uint64_t place = 0;
        uint64_t last_use = 0;
    };

    struct Nodes;

    bool make(Made& made, Function ring) const;
    bool change(Made& made, Function ring) const;
    void destroy(const Made& made) const noexcept;

    static constexpr size_t kMost = 4;
    static constexpr uint64_t kLaunchesBefore = 1;

    const Session& session_;
    const Function function_;
    std::vector<Made> made_;
    uint64_t launches_ = 0;
    bool is_refused_ = false;
};

/// The kernel that rings: writes 1 to a word of a mailbox.
class Bells {
public:
    explicit Bells(const Session& session) noexcept;
    ~Bells();

    /// Loaded on first use; null where the driver has no graphs to put it into.
    Function function();
    static bool has_rung(const Mailbox& mailbox) noexcept;
    /// Waits for the bell as long as most launches take. False where it has not rung by then.
    static bool rings_soon(const Mailbox& mailbox) noexcept;

private:
    const Session& session_;
    std::mutex loading_;
    std::unique_ptr<LoadedModule> module_;
    Function function_ = nullptr;
};

}  // namespace pp::device::cuda
