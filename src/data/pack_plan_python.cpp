/// Walks the nodes of a variant and counts.
#include "data/pack_plan_python.h"

#include <utility>

namespace pp::data {
namespace {

/// Calls `use` with the class of each block that a row itself needs. False when one is too large.
template <typename Use> bool for_row_blocks(const BoxNode& row, Use use) {
    if (row.tag == Tag::Tuple) {
        if (tuple_bytes(row.size) > kLargestBlock) {
            return false;
        }
        if (row.size != 0) {  // there is one empty tuple
            use(block_class(tuple_bytes(row.size)));
        }
        return true;
    }
    if (items_bytes(row.size) > kLargestBlock) {
        return false;
    }
    use(kListClass);
    if (row.size != 0) {
        use(block_class(items_bytes(row.size)));
    }
    return true;
}

class Planner {
public:
    explicit Planner(PackPlan& plan) : plan_(plan) {}

    /// `is_certain`: every element makes this node, nothing it depends on.
    bool add(const BoxNode* node, bool is_certain) {
        if (node->origin > ir::kFresh) {
            return true;
        }
        if (node->origins && is_certain) {
            plan_.conditional.push_back(node);
            is_certain = false;
        }
        switch (node->tag) {
        case Tag::Float: use(kFloatClass, is_certain); return true;
        case Tag::Int:
            plan_.is_used[kIntClass] = plan_.is_used[kWideIntClass] = true;
            if (is_certain) {
                plan_.conditional.push_back(node);
            }
            return true;
        case Tag::Bool:
        case Tag::None:
        case Tag::Object: return true;
        case Tag::Tuple:
        case Tag::List: return add_row(node, is_certain);
        default: return false;
        }
    }

private:
    bool add_row(const BoxNode* node, bool is_certain) {
        if (!for_row_blocks(*node, [&](uint32_t c) { use(c, is_certain); })) {
            return false;
        }
        plan_.has_watched_rows |= is_watched(*node);
        const BoxNode* child = node + 1;
        for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
            if (!add(child, is_certain)) {
                return false;
            }
        }
        return true;
    }

    void use(uint32_t size_class, bool is_certain) {
        plan_.is_used[size_class] = true;
        plan_.fixed[size_class] += is_certain;
    }

    PackPlan& plan_;
};

/// One Int leaf that is always made anew.
void count_ints(const int64_t* values, const SmallInts& small, int64_t begin, int64_t end, BlockCounts& counts) {
    int64_t fresh = 0;
    int64_t wide = 0;
    for (int64_t i = begin; i < end; ++i) {
        const bool is_fresh = !small.contains(values[i]);
        fresh += is_fresh;
        wide += is_fresh && magnitude_of(values[i]) >= uint64_t{1} << 60;
    }
    counts[kIntClass] += fresh - wide;
    counts[kWideIntClass] += wide;
}

}  // namespace

std::optional<PackPlan> pack_plan(std::vector<BoxNode> nodes) {
    PackPlan plan;
    plan.nodes = std::move(nodes);
    if (!Planner(plan).add(plan.nodes.data(), true)) {
        return std::nullopt;
    }
    return plan;
}

void count_node(const BoxNode* node, const SmallInts& small, int64_t position, BlockCounts& counts) {
    if ((node->origins ? node->origins[position] : node->origin) > ir::kFresh) {
        return;
    }
    switch (node->tag) {
    case Tag::Float: ++counts[kFloatClass]; return;
    case Tag::Int: {
        const int64_t value = static_cast<const int64_t*>(node->data)[position];
        counts[class_of_int(value)] += !small.contains(value);
        return;
    }
    case Tag::Tuple:
    case Tag::List: {
        for_row_blocks(*node, [&](uint32_t c) { ++counts[c]; });
        const BoxNode* child = node + 1;
        for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
            count_node(child, small, position, counts);
        }
        return;
    }
    default: return;  // an object that exists already
    }
}

void count_all_blocks(const PackPlan& plan, const SmallInts& small, int64_t begin, int64_t end, BlockCounts& counts) {
    for (const BoxNode* node : plan.conditional) {
        if (node->tag == Tag::Int && !node->origins) {
            count_ints(static_cast<const int64_t*>(node->data), small, begin, end, counts);
        } else {
            for (int64_t i = begin; i < end; ++i) {
                count_node(node, small, i, counts);
            }
        }
    }
    for (size_t c = 0; c < counts.size(); ++c) {
        counts[c] += plan.fixed[c] * (end - begin);
    }
}

}  // namespace pp::data
