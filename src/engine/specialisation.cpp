/// See specialisation.h.
#include "engine/specialisation.h"

#include <algorithm>

#include "base/error.h"
#include "passes/passes.h"

namespace pp::engine {

namespace {

/// Blocks that lie on a cycle, found as those from which a retreating edge's source is reached within the span of
/// block numbers between its ends: exact enough for an estimate of cost, linear in the function.
std::vector<bool> blocks_in_loops(const ir::Function& function) {
    size_t count = function.blocks.size();
    std::vector<uint8_t> state(count, 0);  // 0 unseen, 1 on the path, 2 done
    std::vector<uint32_t> position(count, 0);
    std::vector<std::pair<ir::BlockId, size_t>> path;
    std::vector<bool> in_loop(count, false);
    path.emplace_back(0, 0);
    state[0] = 1;
    while (!path.empty()) {
        auto& [block, next] = path.back();
        const auto& edges = function.blocks[block].terminator.edges;
        if (next == edges.size()) {
            state[block] = 2;
            path.pop_back();
            continue;
        }
        ir::BlockId target = edges[next++].block;
        if (state[target] == 0) {
            state[target] = 1;
            position[target] = static_cast<uint32_t>(path.size());
            path.emplace_back(target, 0);
        } else if (state[target] == 1) {
            for (size_t i = position[target]; i < path.size(); ++i)
                in_loop[path[i].first] = true;
        }
    }
    return in_loop;
}

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

}  // namespace

Specialisation::Specialisation(ir::Function function, std::span<const KindRef> columns, codegen::Options options)
    : function_(std::move(function)), options_(options) {
    passes::run_pipeline(function_);
    uses_memory_ = ir::uses_memory(function_);
    is_dynamic_ =
        uses_memory_ || std::any_of(columns.begin(), columns.end(), [](KindRef kind) { return kind->is_dynamic; });
    auto in_loop = blocks_in_loops(function_);
    constexpr double kGuessedIterations = 16;
    for (size_t b = 0; b < function_.blocks.size(); ++b) {
        has_loops_ |= in_loop[b];
        for (ir::ValueId id : function_.blocks[b].body) {
            const ir::Value& value = function_.values[id];
            estimated_operations_ += operation_cost(value) * (in_loop[b] ? kGuessedIterations : 1);
            if (value.op == ir::Op::CallMath) {
                same_bits_on_gpu_ &= ir::math_info(static_cast<ir::MathFunction>(value.immediate)).gpu_ulp == 0;
            }
        }
    }
}

codegen::CpuKernel& Specialisation::cpu(Timings& timings) {
    if (auto* kernel = cpu_ready_.load(std::memory_order_acquire)) return *kernel;
    std::lock_guard lock(mutex_);
    if (!cpu_) {
        cpu_ = codegen::compile_cpu(function_, options_);
        timings.compile += cpu_->compile_milliseconds;
        statistics().compilations.fetch_add(1, std::memory_order_relaxed);
        cpu_ready_.store(cpu_.get(), std::memory_order_release);
    }
    return *cpu_;
}

CudaProgram& Specialisation::cuda(int ordinal, Timings& timings) {
    std::lock_guard lock(mutex_);
    auto found = cuda_.find(ordinal);
    if (found != cuda_.end()) return found->second;
    auto& device = device::cuda::Device::get(ordinal);
    auto compiled = codegen::compile_ptx(function_, device.info().sm, options_);
    CudaProgram program;
    program.kernel = device.load(compiled.ptx);
    program.compile_milliseconds = compiled.compile_milliseconds + program.kernel->compile_milliseconds;
    program.ptx = std::move(compiled.ptx);
    timings.compile += program.compile_milliseconds;
    statistics().compilations.fetch_add(1, std::memory_order_relaxed);
    return cuda_.emplace(ordinal, std::move(program)).first->second;
}

}  // namespace pp::engine
