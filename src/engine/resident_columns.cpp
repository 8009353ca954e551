/// See resident_columns.h.
#include "engine/resident_columns.h"

#include <algorithm>

namespace pp::engine {

namespace {

using data::NumberFormat;

codegen::CudaLeaf leaf_of(const data::LeafView& view) {
    const bool is_signed = view.format == NumberFormat::Int8 || view.format == NumberFormat::Int16 ||
                           view.format == NumberFormat::Int32 || view.format == NumberFormat::Int64;
    return {static_cast<uint32_t>(view.stride), static_cast<uint8_t>(data::format_bytes(view.format)), is_signed,
            data::is_floating(view.format)};
}

/// Of element `first`, where the blocks and the result begin at these addresses.
std::vector<uint64_t> leaf_addresses(const ViewedColumns& columns, const ResidentColumns& residents,
                                     std::span<const uint64_t> blocks, uint64_t result, int64_t first) {
    std::vector<uint64_t> addresses;
    addresses.reserve(columns.inputs.size() + columns.outputs.size());
    for (size_t i = 0; i < columns.inputs.size(); ++i) {
        const uint32_t block = residents.block_of_input[i];
        addresses.push_back(blocks[block] +
                            static_cast<uint64_t>(columns.inputs[i].at(first) - residents.blocks[block].memory));
    }
    for (const data::LeafView& view : columns.outputs)
        addresses.push_back(result + static_cast<uint64_t>(view.at(first) - residents.result.memory));
    return addresses;
}

bool has_place(const data::LeafView& view, ir::Type type) {
    return data::native_type(view.format) == type || (type == ir::Type::I64 && data::is_floating(view.format));
}

}  // namespace

bool can_stay(const ir::Function& function, const ViewedColumns& columns, codegen::CudaLayout& layout) {
    if (function.has_tag() || function.variants.empty()) return false;
    layout.inputs.reserve(columns.inputs.size());
    layout.outputs.reserve(columns.outputs.size());
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
        const ir::Type type = specialisation.function().outputs[output.slot];
        const codegen::CudaLeaf& leaf = output.leaf;
        return (type == ir::Type::F64 && leaf.bytes != 8) ||
               (type == ir::Type::I64 && !leaf.is_float && (leaf.bytes != 8 || !leaf.is_signed));
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
    std::vector<uint64_t> blocks;
    for (const ResidentBlock& block : residents.blocks)
        blocks.push_back(block.residency->use_pending(place, block.begin, block.end).address());
    const ResidentBlock& result = residents.result;
    const uint64_t base = result.residency->overwrite(place, result.begin, result.end).address();
    return leaf_addresses(columns, residents, blocks, base, 0);
}

std::vector<ResidentShare> divide(int64_t count, std::span<device::RemoteMemory* const> places) {
    constexpr int64_t kPage = data::Residency::kPage;
    const auto parts = static_cast<int64_t>(places.size()), pages = (count + kPage - 1) / kPage;
    std::vector<ResidentShare> shares;
    for (int64_t i = 0; i < parts; ++i) {
        const int64_t begin = pages * i / parts * kPage, end = std::min(pages * (i + 1) / parts * kPage, count);
        if (begin < end) shares.push_back({places[static_cast<size_t>(i)], begin, end});
    }
    return shares;
}

std::vector<std::vector<uint64_t>> addresses_on_each(std::span<const ResidentShare> shares,
                                                     const ViewedColumns& columns, const ResidentColumns& residents) {
    for (const ResidentBlock& block : residents.blocks)
        block.residency->settle();
    const ResidentBlock& result = residents.result;
    for (const ResidentShare& share : shares)
        result.residency->reserve(*share.place);
    std::vector<data::HostCopy> uploads;
    std::vector<std::vector<uint64_t>> blocks(shares.size()), addresses;
    for (size_t i = 0; i < shares.size(); ++i) {
        for (const ResidentBlock& block : residents.blocks) {
            const auto [begin, end] = block.part(shares[i].begin, shares[i].end);
            blocks[i].push_back(block.residency->prepare_use(*shares[i].place, begin, end, uploads).address());
        }
    }
    data::upload_all(uploads);
    for (size_t i = 0; i < shares.size(); ++i) {
        const auto [place, first, last] = shares[i];
        for (const ResidentBlock& block : residents.blocks) {
            const auto [begin, end] = block.part(first, last);
            block.residency->note_uploaded(*place, begin, end);
        }
        const uint64_t base = result.residency->overwrite(*place, first, last).address();
        addresses.push_back(leaf_addresses(columns, residents, blocks[i], base, first));
    }
    return addresses;
}

}  // namespace pp::engine
