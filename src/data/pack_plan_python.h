/// Which blocks the objects of a variant need: known before any of them is made, so that threads need not agree.
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "data/block_counts_python.h"
#include "data/box_plan_python.h"
#include "data/object_writer_python.h"
#include "data/record_model_python.h"
#include "data/small_ints_python.h"

namespace pp::data {

inline constexpr uint32_t kFloatClass = block_class(kFloatBytes);
inline constexpr uint32_t kIntClass = block_class(kIntBytes);
inline constexpr uint32_t kWideIntClass = block_class(kWideIntBytes);
inline constexpr uint32_t kListClass = block_class(kListBytes);
inline uint32_t class_of_int(int64_t value) {
    return digit_count(magnitude_of(value)) < 3 ? kIntClass : kWideIntClass;
}

struct PackPlan {
    std::vector<BoxNode> nodes;
    std::array<int64_t, kBlockClasses> fixed{};  ///< for every element
    std::vector<const BoxNode*> conditional;     ///< nodes whose blocks are counted for each element
    std::array<bool, kBlockClasses> is_used{};
    bool may_be_large = false;      ///< some of the blocks may be too large for pools: their order counts
    bool has_watched_rows = false;  ///< makes objects that the collector shall watch
    std::vector<std::unique_ptr<RecordModel>> models;

    PackPlan() = default;
    PackPlan(PackPlan&&) = default;
    PackPlan& operator=(PackPlan&&) = default;
};

/// Whether the collector shall watch new objects of this node.
inline bool is_watched(const BoxNode& node) {
    return node.tag == Tag::List || (node.tag == Tag::Tuple && !node.is_atomic && node.size != 0);
}

/// The plan; none where a node has no form in pools. GIL held; runs no Python code; leaves no exception set.
std::optional<PackPlan> pack_plan(std::vector<BoxNode> nodes);

/// The classes of the blocks that some variant may need.
std::vector<uint32_t> used_classes(std::span<const PackPlan> plans);

/// Adds what a conditional node of one element needs, in the order in which ChunkWriter takes it. An origin counts as
/// found. Throws std::bad_alloc, as those below.
void count_node(const BoxNode* node, const SmallInts& small, int64_t position, BlockCounts& counts);

/// Adds what all elements [begin, end) need.
void count_all_blocks(const PackPlan& plan, const SmallInts& small, int64_t begin, int64_t end, BlockCounts& counts);

/// Adds what those of elements [begin, end) need that `is_chosen(i)`.
template <typename IsChosen>
void count_blocks(const PackPlan& plan, const SmallInts& small, int64_t begin, int64_t end, BlockCounts& counts,
                  IsChosen is_chosen) {
    int64_t elements = 0;
    for (int64_t i = begin; i < end; ++i) {
        if (is_chosen(i)) {
            ++elements;
            for (const BoxNode* node : plan.conditional) {
                count_node(node, small, i, counts);
            }
        }
    }
    for (size_t c = 0; c < plan.fixed.size(); ++c) {
        counts[c] += plan.fixed[c] * elements;
    }
}

}  // namespace pp::data
