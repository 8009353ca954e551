/// See cuda_graph.h.
#include "device/cuda_graph.h"

#include <algorithm>
#include <chrono>

#include "device/cuda_kernel.h"
#include "device/futex.h"

namespace pp::device::cuda {

namespace {

// One thread. What the kernel before it has written is there for the host, too, when the word is.
constexpr const char* kRing = R"(
.version 6.4
.target sm_75
.address_size 64
.visible .entry pp_ring(.param .u64 place)
{
    .reg .u64 %address;
    .reg .u32 %one;
    ld.param.u64 %address, [place];
    mov.u32 %one, 1;
    membar.sys;
    st.volatile.global.u32 [%address], %one;
    ret;
}
)";

/// Longer runs are worth a wait that lets others have the processor.
constexpr auto kSoon = std::chrono::microseconds(200);

}  // namespace

LaunchGraphs::~LaunchGraphs() {
    if (made_.empty()) return;
    const Session::Scope scope(session_, std::nothrow);
    if (!scope.is_entered()) return;
    for (const Made& made : made_)
        destroy(made);
}

bool LaunchGraphs::launch(const Session::Queue& queue, int64_t blocks, int threads,
                          std::span<const uint64_t> parameters, Function ring, uint64_t place) {
    const Driver& driver = session_.driver();
    if (++launches_ <= kLaunchesBefore || is_refused_ || !driver.has_graphs() || blocks > INT32_MAX) return false;
    const auto fits = [&](const Made& made) {
        return made.blocks == blocks && made.threads == threads && made.place == place &&
               std::ranges::equal(made.parameters, parameters);
    };
    auto found = std::ranges::find_if(made_, fits);
    if (found == made_.end()) {
        const auto can_change = [&](const Made& made) { return (made.ring != nullptr) == (ring != nullptr); };
        Made wanted;
        if (made_.size() >= kMost) {
            found = std::ranges::min_element(made_, {}, &Made::last_use);
            if (can_change(*found))
                wanted = *found;
            else
                destroy(*found);
            made_.erase(found);
        }
        wanted.blocks = blocks;
        wanted.threads = threads;
        wanted.place = place;
        wanted.parameters.assign(parameters.begin(), parameters.end());
        is_refused_ = !(wanted.exec ? change(wanted, ring) : make(wanted, ring));
        if (is_refused_) {
            destroy(wanted);
            return false;
        }
        made_.push_back(std::move(wanted));
        found = made_.end() - 1;
    }
    found->last_use = launches_;
    driver.call(driver.cuGraphLaunch, found->exec, queue.stream());
    return true;
}

/// The two nodes of a set of parameters, as the driver wants to be told of them.
struct LaunchGraphs::Nodes {
    KernelNode kernel, ringing;
    std::vector<void*> addresses;
    void* place[1];

    // The driver copies the parameters and writes to none.
    Nodes(Made& made, Function function, Function ring) : place{&made.place} {
        for (uint64_t& parameter : made.parameters)
            addresses.push_back(&parameter);
        kernel.function = function;
        kernel.blocks = static_cast<unsigned>(made.blocks);
        kernel.threads = static_cast<unsigned>(made.threads);
        kernel.parameters = addresses.data();
        ringing.function = ring;
        ringing.parameters = place;
    }
};

bool LaunchGraphs::make(Made& made, Function ring) const {
    const Driver& driver = session_.driver();
    const Nodes nodes(made, function_, ring);
    return driver.cuGraphCreate.address(&made.graph, 0u) == kSuccess &&
           driver.cuGraphAddKernelNode.address(&made.kernel, made.graph, nullptr, size_t{0}, &nodes.kernel) ==
               kSuccess &&
           (ring == nullptr || driver.cuGraphAddKernelNode.address(&made.ring, made.graph, &made.kernel, size_t{1},
                                                                   &nodes.ringing) == kSuccess) &&
           driver.cuGraphInstantiateWithFlags.address(&made.exec, made.graph, 0ull) == kSuccess;
}

/// Launches that are queued keep what they have.
bool LaunchGraphs::change(Made& made, Function ring) const {
    const Driver& driver = session_.driver();
    const Nodes nodes(made, function_, ring);
    return driver.cuGraphExecKernelNodeSetParams.address(made.exec, made.kernel, &nodes.kernel) == kSuccess &&
           (ring == nullptr ||
            driver.cuGraphExecKernelNodeSetParams.address(made.exec, made.ring, &nodes.ringing) == kSuccess);
}

void LaunchGraphs::destroy(const Made& made) const noexcept {
    const Driver& driver = session_.driver();
    if (made.exec) driver.cuGraphExecDestroy.address(made.exec);
    if (made.graph) driver.cuGraphDestroy.address(made.graph);
}

Bells::Bells(const Session& session) noexcept : session_(session) {}

Bells::~Bells() = default;

Function Bells::function() {
    session_.require_own_process();
    if (!session_.driver().has_graphs()) return nullptr;
    const std::lock_guard lock(loading_);
    if (!module_) {
        module_ = std::make_unique<LoadedModule>(session_, kRing);
        function_ = module_->function("pp_ring");
    }
    return function_;
}

bool Bells::has_rung(const Mailbox& mailbox) noexcept {
    const auto* word =
        reinterpret_cast<const volatile uint32_t*>(static_cast<const char*>(mailbox.contents()) + Mailbox::kBell);
    if (*word == 0) return false;
    std::atomic_thread_fence(std::memory_order_acquire);
    return true;
}

bool Bells::rings_soon(const Mailbox& mailbox) noexcept {
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
        for (int i = 0; i < 64; ++i) {
            if (has_rung(mailbox)) return true;
            spin_pause();
        }
        if (std::chrono::steady_clock::now() - start > kSoon) return false;
    }
}

}  // namespace pp::device::cuda
