/// See specialisation.h.
#include "engine/specialisation.h"

#include <algorithm>
#include <new>

#include "base/error.h"
#include "ir/loops.h"
#include "passes/passes.h"

namespace pp::engine {

namespace {

/// Nobody can be told to stop within a compilation: no call shall take much longer than this for one.
constexpr double kLongestFullEffort = 1000;
/// Operations of a function whose code is made within some twenty milliseconds.
constexpr size_t kMostOperationsAtOnce = 100;
/// What a kernel takes beside its code: pages of their own, and what the linker knows of it.
constexpr size_t kBytesOfAnyKernel = 16 << 10;
/// How much longer than until now a function is taken to be used.
constexpr double kUseToCome = 16;

double operation_cost(const ir::Value& value) {
    switch (value.op) {
    case ir::Op::Const:
    case ir::Op::Input:
    case ir::Op::Uniform: return 0;
    case ir::Op::CallMath: return 25;
    case ir::Op::FDiv:
    case ir::Op::FSqrt:
    case ir::Op::IDiv:
    case ir::Op::IRem: return 8;
    default: return 1;
    }
}

size_t bytes_of(const ir::Function& function) {
    size_t bytes = function.values.capacity() * sizeof(ir::Value);
    for (const ir::Block& block : function.blocks) {
        bytes += sizeof block + (block.parameters.capacity() + block.body.capacity()) * sizeof(ir::ValueId);
        for (const ir::Edge& edge : block.terminator.edges)
            bytes += sizeof edge + edge.arguments.capacity() * sizeof(ir::ValueId);
    }
    for (const ir::HandBackReason& reason : function.hand_backs)
        bytes += sizeof reason + reason.message.capacity();
    for (const std::string& data : function.data)
        bytes += data.capacity();
    return bytes;
}

}  // namespace

Specialisation::Specialisation(ir::Function function, std::span<const KindRef> columns, codegen::Options options)
    : function_(std::move(function)), columns_(columns.begin(), columns.end()), options_(options) {
    passes::run_pipeline(function_);
    function_bytes_ = bytes_of(function_);
    uses_memory_ = ir::uses_memory(function_);
    writes_shared_ = ir::writes_shared(function_);
    never_hands_back_ = !ir::can_hand_back(function_);
    const auto is_dynamic = [](KindRef kind) { return kind->is_dynamic; };
    returns_memory_ =
        std::ranges::any_of(function_.variants, [](const ir::Variant& variant) { return variant.kind->is_dynamic; });
    is_dynamic_ = uses_memory_ || returns_memory_ || std::ranges::any_of(columns, is_dynamic);
    auto in_loop = ir::blocks_in_loops(function_);
    constexpr double kGuessedIterations = 16;
    for (size_t b = 0; b < function_.blocks.size(); ++b) {
        has_loops_ |= in_loop[b];
        operation_count_ += function_.blocks[b].body.size();
        for (ir::ValueId id : function_.blocks[b].body) {
            const ir::Value& value = function_.values[id];
            estimated_operations_ += operation_cost(value) * (in_loop[b] ? kGuessedIterations : 1);
            if (value.op == ir::Op::CallMath) {
                same_bits_on_gpu_ &= ir::math_info(static_cast<ir::MathFunction>(value.immediate)).gpu_ulp == 0;
            }
        }
    }
}

bool Specialisation::has_unsupported_path() const {
    return std::ranges::any_of(function_.hand_backs, &ir::HandBackReason::unsupported);
}

bool Specialisation::is_worth_full_effort(const codegen::CpuKernel& kernel,
                                          double expected_milliseconds) const noexcept {
    const double used = cpu_milliseconds_.load(std::memory_order_relaxed);
    return kernel.effort == codegen::Effort::Quick && kernel.full_milliseconds <= kLongestFullEffort &&
           kUseToCome * used + expected_milliseconds > kernel.full_milliseconds;
}

bool Specialisation::cpu_takes_long(double expected_milliseconds) const {
    const auto* kernel = cpu_ready_.load(std::memory_order_acquire);
    if (kernel) return is_worth_full_effort(*kernel, expected_milliseconds);
    return operation_count_ > kMostOperationsAtOnce || codegen::is_compiler_busy();
}

codegen::Effort Specialisation::cpu_effort() const noexcept {
    const auto* kernel = cpu_ready_.load(std::memory_order_acquire);
    return kernel && kernel->effort == codegen::Effort::Full ? codegen::Effort::Full : codegen::Effort::BySize;
}

codegen::CpuKernel& Specialisation::cpu(Timings& timings, double expected_milliseconds) {
    const auto is_good = [&](const codegen::CpuKernel* kernel) {
        return kernel && !is_worth_full_effort(*kernel, expected_milliseconds);
    };
    if (auto* kernel = cpu_ready_.load(std::memory_order_acquire); is_good(kernel)) return *kernel;
    const codegen::CompilerLock lock = codegen::lock_compiler();
    if (!cpu_) add_kernel(cpu_, codegen::Effort::BySize, lock, timings);
    // The first kernel stays: other threads may be running it.
    if (!cpu_full_ && !is_good(cpu_.get())) {
        try {
            add_kernel(cpu_full_, codegen::Effort::Full, lock, timings);
        } catch (const std::bad_alloc&) {
            // There is one that does the same. The next call tries again.
        }
    }
    return *cpu_ready_.load(std::memory_order_relaxed);
}

void Specialisation::add_kernel(std::unique_ptr<codegen::CpuKernel>& place, codegen::Effort effort,
                                const codegen::CompilerLock& lock, Timings& timings) {
    place = codegen::compile_cpu(function_, options_, effort, lock);
    kernel_bytes_.fetch_add(kBytesOfAnyKernel + place->code_bytes, std::memory_order_relaxed);
    timings.compile += place->compile_milliseconds;
    statistics().count_kernel(place->provenance == codegen::Provenance::Compiled);
    cpu_ready_.store(place.get(), std::memory_order_release);
}

CudaProgram& Specialisation::cuda(int ordinal, Timings& timings, const codegen::CudaLayout* layout) {
    std::lock_guard lock(mutex_);
    if (last_cuda_ && layout && last_cuda_->first.first == ordinal && last_cuda_->first.second == *layout)
        return last_cuda_->second;
    CudaKey key{ordinal, layout ? *layout : codegen::CudaLayout{}};
    if (const auto found = cuda_.find(key); found != cuda_.end()) {
        last_cuda_ = &*found;
        return found->second;
    }
    auto& device = device::cuda::Device::get(ordinal);
    auto compiled = codegen::compile_ptx(function_, device.info().sm, options_, layout);
    CudaProgram program;
    program.kernel = device.load(compiled.ptx);
    program.compile_milliseconds = compiled.compile_milliseconds + program.kernel->compile_milliseconds;
    program.ptx = std::move(compiled.ptx);
    kernel_bytes_.fetch_add(kBytesOfAnyKernel + program.ptx.size(), std::memory_order_relaxed);
    timings.compile += program.compile_milliseconds;
    statistics().count_kernel(compiled.provenance == codegen::Provenance::Compiled);
    last_cuda_ = &*cuda_.emplace(std::move(key), std::move(program)).first;
    return last_cuda_->second;
}

bool Specialisation::may_try() noexcept {
    const uint32_t left = to_let_by_.load(std::memory_order_relaxed);
    if (left == 0) return true;
    to_let_by_.store(left - 1, std::memory_order_relaxed);
    return false;
}

void Specialisation::note_trial(bool were_all_computed) noexcept {
    constexpr uint32_t kMost = 255;
    uint32_t let_by = 0;
    if (!were_all_computed) let_by = std::min(2 * let_by_.load(std::memory_order_relaxed) + 1, kMost);
    let_by_.store(let_by, std::memory_order_relaxed);
    to_let_by_.store(let_by, std::memory_order_relaxed);
}

}  // namespace pp::engine
