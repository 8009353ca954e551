/// See run_resident.h.
#include "engine/run_resident.h"

#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "device/cuda_remote_memory.h"
#include "engine/captured_on_device.h"
#include "engine/started_run.h"

namespace pp::engine {

namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Of the flags behind the verdict: aligned as an allocation of their own.
constexpr size_t kFlags = 256;

std::optional<std::vector<uint64_t>> addresses(const RunRequest& request, int ordinal, bool as_is, Timings& timings) {
    const auto start = Clock::now();
    std::optional<std::vector<uint64_t>> addresses;
    try {
        addresses = addresses_on(device::cuda::remote_memory(ordinal), *request.views, *request.residents, as_is);
    } catch (const UserError& error) {
        if (error.kind() != ErrorKind::Memory) throw;
    }
    timings.upload += milliseconds_since(start);
    return addresses;
}

/// A launch, and where it tells which elements are to be handed back.
class Launch {
public:
    /// `tells`: whether it will.
    Launch(device::cuda::Device& device, const device::cuda::Kernel& kernel, int ordinal, int64_t count, bool tells)
        : device_(device), kernel_(kernel), count_(count) {
        if (tells) flags_ = device::cuda::remote_memory(ordinal).allocate(kFlags + static_cast<size_t>(count));
    }

    /// Queues it; what an earlier one of this object told is forgotten. `parameters`: columns and uniforms.
    void queue(std::vector<uint64_t> parameters) {
        mailbox_ = nullptr;
        uint64_t flags = 0, verdict = 0;
        if (flags_) {
            mailbox_ = device_.mailbox();
            flags = flags_->address() + kFlags;
            verdict = mailbox_ ? mailbox_->address() : flags_->address();
            if (!mailbox_) device_.fill_zero(device::cuda::buffer_of(*flags_), sizeof(CudaVerdict));
        }
        parameters.insert(parameters.end(), {flags, verdict, static_cast<uint64_t>(count_)});
        device_.launch_again(kernel_, count_, parameters, mailbox_.get());
        statistics().launches.fetch_add(1, std::memory_order_relaxed);
    }

    bool is_done() const noexcept { return !flags_ || (mailbox_ && device_.is_done(*mailbox_)); }
    bool is_whole() const noexcept {
        return !flags_ || (mailbox_ && device_.is_done(*mailbox_) && !in_mailbox().handed_back);
    }

    bool wait(const Supervisor& supervisor) const {
        if (!flags_) return true;
        const auto mailbox = mailbox_;  // which another thread may let go
        return mailbox ? device_.wait_for(*mailbox, supervisor) : device_.synchronize(supervisor);
    }

    std::vector<int64_t> flagged() const {
        if (!flags_) return {};
        const device::cuda::Buffer& flags = device::cuda::buffer_of(*flags_);
        CudaVerdict verdict{};
        if (mailbox_)
            verdict = in_mailbox();
        else
            device_.download(&verdict, flags, 0, sizeof verdict);
        return verdict.handed_back ? device_.select_flagged(flags, count_, kFlags) : std::vector<int64_t>{};
    }

private:
    CudaVerdict in_mailbox() const noexcept {
        CudaVerdict verdict;
        std::memcpy(&verdict, mailbox_->contents(), sizeof verdict);
        return verdict;
    }

    device::cuda::Device& device_;
    const device::cuda::Kernel& kernel_;
    const int64_t count_;
    std::unique_ptr<device::RemoteBlock> flags_;
    std::shared_ptr<device::cuda::Mailbox> mailbox_;
};

class ResidentRun final : public StartedRun {
public:
    ResidentRun(const RunRequest& request, int ordinal, Launch launch)
        : kept_(request), ordinal_(ordinal), launch_(std::move(launch)) {}
    /// Until it is done the kernel may write to what is given back here.
    ~ResidentRun() override {
        try {
            if (!launch_.is_done()) wait({});
        } catch (const UserError&) {
            // A forked child, which has no such kernel; or a failure that the device reports to whoever comes next.
        }
    }

    bool is_whole() noexcept override { return launch_.is_whole(); }
    bool wait(const Supervisor& supervisor) override { return launch_.wait(supervisor); }
    std::vector<int64_t> flagged() override { return launch_.flagged(); }
    void start_again() override {
        const RunRequest request = kept_.request();
        std::vector<uint64_t> parameters =
            addresses_on(device::cuda::remote_memory(ordinal_), *request.views, *request.residents, true);
        parameters.insert(parameters.end(), request.uniforms.begin(), request.uniforms.end());
        launch_.queue(std::move(parameters));
    }

private:
    const KeptRequest kept_;
    const int ordinal_;
    Launch launch_;
};

}  // namespace

bool run_resident(const RunRequest& request, int ordinal, Timings& timings, RunAnswer& answer) {
    codegen::CudaLayout layout;
    Specialisation& specialisation = *request.specialisation;
    if (specialisation.is_dynamic() || !can_stay(specialisation.function(), *request.views, layout)) return false;
    device::cuda::Device& device = device::cuda::Device::get(ordinal);
    CudaProgram& program = specialisation.cuda(ordinal, timings, &layout);
    const bool tells = !tells_nothing(specialisation, layout);
    // All work of the device is in order: whoever looks at the results waits.
    const bool has_keeper = request.may_go_on && tells ? (*request.may_go_on)() : request.may_go_on != nullptr;
    const bool goes_on = request.captured.empty() && are_ours(*request.residents) &&
                         (has_keeper || (!tells && !are_pending(*request.residents)));
    std::optional<std::vector<uint64_t>> parameters = addresses(request, ordinal, goes_on, timings);
    if (!parameters) return false;
    const CapturedOnDevice seen = put_on_device(device, ordinal, request.captured, request.uniforms, timings);
    parameters->insert(parameters->end(), seen.uniforms.begin(), seen.uniforms.end());
    auto start = Clock::now();
    Launch launch(device, *program.kernel, ordinal, request.count, tells || !goes_on);
    launch.queue(std::move(*parameters));
    timings.run += milliseconds_since(start);
    if (goes_on) {
        if (tells || are_pending(*request.residents))
            answer.started = std::make_shared<ResidentRun>(request, ordinal, std::move(launch));
        return true;
    }
    start = Clock::now();
    answer.completed = launch.wait(request.supervisor ? *request.supervisor : Supervisor{});
    const double waited = milliseconds_since(start);
    timings.run += waited;
    if (!answer.completed) return true;
    specialisation.gpu_time_each.store(1e6 * waited / static_cast<double>(request.count), std::memory_order_relaxed);
    start = Clock::now();
    answer.flagged = launch.flagged();
    timings.download += milliseconds_since(start);
    return true;
}

bool run_resident_on_each(const RunRequest& request, std::span<const int> ordinals, Timings& timings,
                          RunAnswer& answer) {
    codegen::CudaLayout layout;
    Specialisation& specialisation = *request.specialisation;
    if (specialisation.is_dynamic() || !can_stay(specialisation.function(), *request.views, layout)) return false;
    const bool goes_on = request.captured.empty() && are_ours(*request.residents) && !are_pending(*request.residents) &&
                         tells_nothing(specialisation, layout);
    std::vector<device::RemoteMemory*> places;
    for (const int ordinal : ordinals)
        places.push_back(&device::cuda::remote_memory(ordinal));
    const std::vector<ResidentShare> shares = divide(request.count, places);
    auto start = Clock::now();
    std::vector<std::vector<uint64_t>> parameters;
    try {
        parameters = addresses_on_each(shares, *request.views, *request.residents);
    } catch (const UserError& error) {
        if (error.kind() != ErrorKind::Memory) throw;
        return false;
    }
    timings.upload += milliseconds_since(start);
    std::vector<CapturedOnDevice> seen;
    std::vector<Launch> launches;
    for (size_t i = 0; i < shares.size(); ++i) {
        device::cuda::Device& device = device::cuda::Device::get(ordinals[i]);
        CudaProgram& program = specialisation.cuda(ordinals[i], timings, &layout);
        seen.push_back(put_on_device(device, ordinals[i], request.captured, request.uniforms, timings));
        parameters[i].insert(parameters[i].end(), seen[i].uniforms.begin(), seen[i].uniforms.end());
        launches.emplace_back(device, *program.kernel, ordinals[i], shares[i].end - shares[i].begin, !goes_on);
    }
    start = Clock::now();
    for (size_t i = 0; i < shares.size(); ++i)
        launches[i].queue(std::move(parameters[i]));
    if (goes_on) return true;
    // All of them, whatever the supervisor says of one: what they write to is given back when this returns.
    for (const Launch& launch : launches)
        answer.completed &= launch.wait(request.supervisor ? *request.supervisor : Supervisor{});
    timings.run += milliseconds_since(start);
    if (!answer.completed) return true;
    start = Clock::now();
    for (size_t i = 0; i < shares.size(); ++i) {
        for (const int64_t index : launches[i].flagged())
            answer.flagged.push_back(shares[i].begin + index);
    }
    timings.download += milliseconds_since(start);
    return true;
}

}  // namespace pp::engine
