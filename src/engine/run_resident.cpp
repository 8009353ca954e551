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

namespace pp::engine {

namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Of the flags behind the verdict: aligned as an allocation of their own.
constexpr size_t kFlags = 256;

std::optional<std::vector<uint64_t>> settle(const RunRequest& request, int ordinal, Timings& timings) {
    const auto start = Clock::now();
    std::optional<std::vector<uint64_t>> addresses;
    try {
        addresses = addresses_on(device::cuda::remote_memory(ordinal), *request.views, *request.residents);
    } catch (const UserError& error) {
        if (error.kind() != ErrorKind::Memory) throw;
    }
    timings.upload += milliseconds_since(start);
    return addresses;
}

/// Queues a kernel that tells nothing. Whoever looks at its results waits for it: all work of the device is in order.
void start_run(device::cuda::Device& device, const device::cuda::Kernel& kernel, const RunRequest& request,
               std::vector<uint64_t> parameters, Timings& timings) {
    const auto start = Clock::now();
    parameters.insert(parameters.end(), request.uniforms.begin(), request.uniforms.end());
    parameters.insert(parameters.end(), {0, 0, static_cast<uint64_t>(request.count)});
    device.launch_again(kernel, request.count, parameters, nullptr);
    statistics().launches.fetch_add(1, std::memory_order_relaxed);
    timings.run += milliseconds_since(start);
}

}  // namespace

bool run_resident(const RunRequest& request, int ordinal, Timings& timings, RunAnswer& answer) {
    codegen::CudaLayout layout;
    Specialisation& specialisation = *request.specialisation;
    if (specialisation.is_dynamic() || !can_stay(specialisation.function(), *request.views, layout)) return false;
    device::cuda::Device& device = device::cuda::Device::get(ordinal);
    CudaProgram& program = specialisation.cuda(ordinal, timings, &layout);
    std::optional<std::vector<uint64_t>> parameters = settle(request, ordinal, timings);
    if (!parameters) return false;
    const CapturedOnDevice seen = put_on_device(device, ordinal, request.captured, request.uniforms, timings);
    if (request.captured.empty() && can_go_on(specialisation, layout, *request.residents)) {
        start_run(device, *program.kernel, request, std::move(*parameters), timings);
        return true;
    }
    const auto block = device::cuda::remote_memory(ordinal).allocate(kFlags + static_cast<size_t>(request.count));
    const device::cuda::Buffer& flags = device::cuda::buffer_of(*block);
    const std::unique_ptr<device::cuda::Mailbox> mailbox = device.mailbox();
    if (!mailbox) device.fill_zero(flags, sizeof(CudaVerdict));
    parameters->insert(parameters->end(), seen.uniforms.begin(), seen.uniforms.end());
    parameters->push_back(flags.address() + kFlags);
    parameters->push_back(mailbox ? mailbox->address() : flags.address());
    parameters->push_back(static_cast<uint64_t>(request.count));
    auto start = Clock::now();
    device.launch_again(*program.kernel, request.count, *parameters, mailbox.get());
    statistics().launches.fetch_add(1, std::memory_order_relaxed);
    static const device::cuda::Supervisor kNone;
    const device::cuda::Supervisor& supervisor = request.supervisor ? *request.supervisor : kNone;
    answer.completed = mailbox ? device.wait_for(*mailbox, supervisor) : device.synchronize(supervisor);
    timings.run += milliseconds_since(start);
    if (!answer.completed) return true;
    start = Clock::now();
    CudaVerdict verdict{};
    if (mailbox)
        std::memcpy(&verdict, mailbox->contents(), sizeof verdict);
    else
        device.download(&verdict, flags, 0, sizeof verdict);
    if (verdict.handed_back) answer.flagged = device.select_flagged(flags, request.count, kFlags);
    timings.download += milliseconds_since(start);
    return true;
}

}  // namespace pp::engine
