/// See resident_columns.h.
#include "engine/resident_columns.h"

#include <algorithm>

namespace pp::engine {

namespace {

using data::NumberFormat;

codegen::CudaLeaf leaf_of(const data::LeafView& view) {
    const bool is_signed = view.format == NumberFormat::Int8 || view.format == NumberFormat::Int16 ||
                           view.format == NumberFormat::Int32 || view.format == NumberFormat::Int64;
    return {static_cast<uint32_t>(view.stride), static_cast<uint8_t>(data::format_bytes(view.format)), is_signed};
}

bool has_place(const data::LeafView& view, ir::Type type) {
    return view.format == data::native_format(data::native_type(view.format))
               ? data::native_type(view.format) == type
               : view.format == NumberFormat::Float32 && type == ir::Type::F64;
}

}  // namespace

bool can_stay(const ir::Function& function, const ViewedColumns& columns, codegen::CudaLayout& layout) {
    if (function.has_tag() || function.variants.empty()) return false;
    for (const data::LeafView& view : columns.inputs) {
        if (view.format == NumberFormat::UInt64 || view.stride <= 0 || view.stride > INT32_MAX) return false;
        layout.inputs.push_back(leaf_of(view));
    }
    const ir::Variant& variant = function.variants.front();
    for (size_t leaf = 0; leaf < columns.outputs.size(); ++leaf) {
        const uint32_t slot = variant.slots[leaf];
        if (!has_place(columns.outputs[leaf], function.outputs[slot])) return false;
        layout.outputs.push_back({slot, leaf_of(columns.outputs[leaf])});
    }
    return true;
}

bool tells_nothing(const Specialisation& specialisation, const codegen::CudaLayout& layout) {
    if (!specialisation.never_hands_back()) return false;
    return std::ranges::none_of(layout.outputs, [&specialisation](const codegen::CudaOutput& output) {
        return specialisation.function().outputs[output.slot] == ir::Type::F64 && output.leaf.bytes != 8;
    });
}

bool are_ours(const ResidentColumns& residents) {
    return std::ranges::none_of(residents.blocks,
                                [](const ResidentBlock& block) { return block.residency->is_foreign(); });
}

bool are_pending(const ResidentColumns& residents) {
    return std::ranges::any_of(residents.blocks,
                               [](const ResidentBlock& block) { return block.residency->pending() != nullptr; });
}

std::vector<uint64_t> addresses_on(device::RemoteMemory& place, const ViewedColumns& columns,
                                   const ResidentColumns& residents, bool as_is) {
    // All of them before the first address is taken: other threads may run meanwhile.
    for (const ResidentBlock& block : residents.blocks) {
        const auto& pending = block.residency->pending();
        if (!as_is || (pending && !pending->is_open())) block.residency->settle();
    }
    std::vector<uint64_t> blocks, addresses;
    for (const ResidentBlock& block : residents.blocks)
        blocks.push_back(block.residency->use_pending(place, block.begin, block.end).address());
    for (size_t i = 0; i < columns.inputs.size(); ++i) {
        const uint32_t block = residents.block_of_input[i];
        const auto offset = columns.inputs[i].base - residents.blocks[block].memory;
        addresses.push_back(blocks[block] + static_cast<uint64_t>(offset));
    }
    const ResidentBlock& result = residents.result;
    const uint64_t base = result.residency->overwrite(place, result.begin, result.end).address();
    for (const data::LeafView& view : columns.outputs)
        addresses.push_back(base + static_cast<uint64_t>(view.base - result.memory));
    return addresses;
}

}  // namespace pp::engine
