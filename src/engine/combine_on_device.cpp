/// See combine_on_device.h.
#include "engine/combine_on_device.h"

#include <limits>
#include <vector>

#include "device/cuda_remote_memory.h"
#include "engine/statistics.h"

namespace pp::engine {

namespace {

using device::cuda::CombineHow;
using device::cuda::CombineKind;
using device::cuda::CombineLog;
using passes::Combination;

CombineKind kind_of(const passes::LoggedWrite& write) {
    if (write.type == ir::Type::F64) return write.bytes == 8 ? CombineKind::Float64 : CombineKind::Float32;
    return write.bytes == 8 ? CombineKind::Int64 : CombineKind::Int32;
}

CombineHow how_of(Combination combination) {
    switch (combination) {
    case Combination::Add: return CombineHow::Add;
    case Combination::Subtract: return CombineHow::Subtract;
    case Combination::Least: return CombineHow::Least;
    case Combination::Most: return CombineHow::Most;
    }
    return CombineHow::Add;
}

/// Below this, with room for how sums of sizes are rounded, nothing that is added up ever leaves its format.
double safe_bound(CombineKind kind) {
    constexpr double kRoom = 1 - 1e-6;
    switch (kind) {
    case CombineKind::Int64: return 0x1p63 * kRoom;
    case CombineKind::Int32: return 0x1p31 * kRoom;
    case CombineKind::Float32: return double{std::numeric_limits<float>::max()} * kRoom;
    case CombineKind::Float64: break;
    }
    return std::numeric_limits<double>::infinity();
}

bool is_sum(const CombineLog& log) {
    return log.how == CombineHow::Add || log.how == CombineHow::Subtract;
}

}  // namespace

bool can_combine_on_cuda(int ordinal) {
    return device::cuda::Device::get(ordinal).can_combine();
}

bool combine_on_cuda(int ordinal, data::ArrayBlock& log, std::span<const WriteLog> logs, int64_t count,
                     const LoggedTarget& target) {
    device::cuda::Device& device = device::cuda::Device::get(ordinal);
    device::RemoteMemory& place = device::cuda::remote_memory(ordinal);
    const int64_t capacity = target.block->capacity();
    const uint64_t there = target.block->residency().use(place, 0, capacity).address();
    const uint64_t log_there = log.residency().use(place, 0, count).address();
    target.block->residency().overwrite(place, 0, capacity);
    const auto in = [](uint64_t base, const data::ArrayBlock& block, const char* address) {
        return base + static_cast<uint64_t>(address - block.memory());
    };
    const auto steps = [&](const data::LeafView& view) {
        return device::RemoteMemory::Steps{in(log_there, log, view.base), view.stride};
    };
    std::vector<CombineLog> sent;
    for (const WriteLog& one : logs) {
        sent.push_back({kind_of(one.write), how_of(one.write.combination), in(there, *target.block, one.target),
                        steps(one.offsets), steps(one.values)});
    }
    const device::cuda::CombineTarget numbers{{in(there, *target.block, target.numbers.base), target.numbers.stride},
                                              target.count};
    const CombineKind kind = sent.front().kind;
    if (is_sum(sent.front()) && kind != CombineKind::Float64 &&
        !(device.bound(sent, count, numbers) < safe_bound(kind)))
        return false;
    for (const CombineLog& one : sent) {
        statistics().launches.fetch_add(1, std::memory_order_relaxed);
        if (!device.combine(one, count, numbers)) return false;
    }
    return true;
}

}  // namespace pp::engine
