/// Walks the nodes of a variant and counts.
#include "data/pack_plan_python.h"

#include <algorithm>

#include <utility>

#include "data/stored_blocks_python.h"

namespace pp::data {
namespace {

bool is_dynamic(const BoxNode& node) {
    return node.tag == Tag::Text || node.tag == Tag::TupleOf || node.tag == Tag::ListOf;
}

/// Calls `use` with the size of each block that a row or record needs for itself, in order.
template <typename Use> void for_own_blocks(const BoxNode& node, Use use) {
    if (node.tag == Tag::Record) {
        use(node.model->body_bytes());
        if (node.model->table_bytes() != 0) {
            use(node.model->table_bytes());
        }
    } else if (node.tag == Tag::Tuple) {
        if (node.size != 0) {  // there is one empty tuple
            use(tuple_bytes(node.size));
        }
    } else {
        use(kListBytes);
        if (node.size != 0) {
            use(items_bytes(node.size));
        }
    }
}

class Planner {
public:
    explicit Planner(PackPlan& plan) : plan_(plan) {}

    /// `is_certain`: every element makes this node, nothing it depends on.
    bool add(BoxNode* node, bool is_certain) {
        if (node->origin > ir::kFresh) {
            return true;
        }
        if (is_certain && (node->origins || is_dynamic(*node))) {
            plan_.conditional.push_back(node);
            is_certain = false;
        }
        switch (node->tag) {
        case Tag::Float: use(kFloatBytes, is_certain); return true;
        case Tag::Complex: use(kComplexBytes, is_certain); return true;
        case Tag::Int:
            plan_.is_used[kIntClass] = plan_.is_used[kWideIntClass] = true;
            if (is_certain) {
                plan_.conditional.push_back(node);
            }
            return true;
        case Tag::Bool:
        case Tag::None:
        case Tag::Object: return true;
        case Tag::Any:
        case Tag::Some:
        case Tag::Other: return node->origins != nullptr;  // never fresh, but the API shall say so
        case Tag::TupleOf:
        case Tag::ListOf:
        case Tag::Text: return add_dynamic(*node);
        case Tag::Tuple:
        case Tag::List: return add_items(node, is_certain);
        case Tag::Record: return add_record(node, is_certain);
        case Tag::Missing:
        case Tag::Identity:
        case Tag::Never: break;
        }
        return false;
    }

private:
    /// Of any size.
    bool add_dynamic(const BoxNode& node) {
        plan_.is_used.fill(true);
        plan_.may_be_large = true;
        plan_.has_watched_rows |= node.tag != Tag::Text;
        return true;
    }

    bool add_record(BoxNode* node, bool is_certain) {
        if (why_no_record_pools()) {
            return false;
        }
        plan_.models.push_back(RecordModel::learn(*node->record));
        node->model = plan_.models.back().get();
        plan_.has_watched_rows = true;
        return node->model && add_items(node, is_certain);
    }

    bool add_items(BoxNode* node, bool is_certain) {
        bool is_large = false;
        for_own_blocks(*node, [&](size_t bytes) { is_large |= bytes > kLargestBlock; });
        if (is_large && is_certain) {
            plan_.conditional.push_back(node);
            is_certain = false;
        }
        for_own_blocks(*node, [&](size_t bytes) { use(bytes, is_certain); });
        plan_.has_watched_rows |= is_watched(*node);
        BoxNode* child = node + 1;
        for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
            if (!add(child, is_certain)) {
                return false;
            }
        }
        return true;
    }

    void use(size_t bytes, bool is_certain) {
        if (bytes > kLargestBlock) {
            plan_.may_be_large = true;
            return;
        }
        plan_.is_used[block_class(bytes)] = true;
        plan_.fixed[block_class(bytes)] += is_certain;
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
    case Tag::Complex: counts.add(kComplexBytes); return;
    case Tag::TupleOf:
    case Tag::ListOf:
    case Tag::Text:
        count_dynamic(node->kind, static_cast<const int64_t*>(node->data)[position], node->lengths[position], small,
                      counts);
        return;
    case Tag::Record:
    case Tag::Tuple:
    case Tag::List: {
        for_own_blocks(*node, [&](size_t bytes) { counts.add(bytes); });
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
    if (plan.may_be_large) {
        return count_blocks(plan, small, begin, end, counts, [](int64_t) { return true; });
    }
    for (const BoxNode* node : plan.conditional) {
        if (node->tag == Tag::Int && !node->origins) {
            count_ints(static_cast<const int64_t*>(node->data), small, begin, end, counts);
        } else {
            for (int64_t i = begin; i < end; ++i) {
                count_node(node, small, i, counts);
            }
        }
    }
    for (size_t c = 0; c < plan.fixed.size(); ++c) {
        counts[c] += plan.fixed[c] * (end - begin);
    }
}

std::vector<uint32_t> used_classes(std::span<const PackPlan> plans) {
    std::vector<uint32_t> classes;
    for (uint32_t c = 0; c < kBlockClasses; ++c) {
        if (std::any_of(plans.begin(), plans.end(), [c](const PackPlan& plan) { return plan.is_used[c]; })) {
            classes.push_back(c);
        }
    }
    return classes;
}

}  // namespace pp::data
