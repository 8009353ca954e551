/// Dominators by iteration over reverse postorder (Cooper, Harvey and Kennedy).
#include "ir/dominators.h"

#include <algorithm>

namespace pp::ir {

Dominators::Dominators(const Function& function) : parent_(function.blocks.size(), kNoBlock) {
    find_order(function);
    find_parents(function);
    number_tree();
}

std::vector<BlockId> Dominators::tree_order() const {
    std::vector<BlockId> blocks(order_.size());
    for (BlockId block : order_) {
        blocks[first_[block]] = block;
    }
    return blocks;
}

void Dominators::find_order(const Function& function) {
    struct Visit {
        BlockId block;
        size_t edges_seen;  // from the last, so that a branch's true side comes before its false side
    };
    // An explicit stack: unrolled rows make chains of thousands of blocks, too deep for the threads of some hosts.
    std::vector<Visit> stack{{0, 0}};
    std::vector<bool> seen(function.blocks.size());
    seen[0] = true;
    while (!stack.empty()) {
        Visit& visit = stack.back();
        const std::vector<Edge>& edges = function.blocks[visit.block].terminator.edges;
        if (visit.edges_seen == edges.size()) {
            order_.push_back(visit.block);
            stack.pop_back();
            continue;
        }
        const BlockId successor = edges[edges.size() - ++visit.edges_seen].block;
        if (!seen[successor]) {
            seen[successor] = true;
            stack.push_back({successor, 0});
        }
    }
    std::reverse(order_.begin(), order_.end());
}

void Dominators::find_parents(const Function& function) {
    std::vector<uint32_t> rank(function.blocks.size());
    std::vector<std::vector<BlockId>> predecessors(function.blocks.size());
    for (uint32_t i = 0; i < order_.size(); ++i) {
        rank[order_[i]] = i;
        for (const Edge& edge : function.blocks[order_[i]].terminator.edges) {
            predecessors[edge.block].push_back(order_[i]);
        }
    }
    auto common = [&](BlockId a, BlockId b) {
        while (a != b) {
            if (rank[a] > rank[b]) {
                a = parent_[a];
            } else {
                b = parent_[b];
            }
        }
        return a;
    };
    parent_[0] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 1; i < order_.size(); ++i) {
            const BlockId block = order_[i];
            BlockId parent = kNoBlock;
            // The deepest first: the walk up from where a chain of blocks ends passes the others on its way, and each
            // of a hundred early returns need not walk the whole of it.
            for (size_t entry = predecessors[block].size(); entry-- > 0;) {
                const BlockId predecessor = predecessors[block][entry];
                if (parent_[predecessor] != kNoBlock) {
                    parent = parent == kNoBlock ? predecessor : common(parent, predecessor);
                }
            }
            changed = changed || parent_[block] != parent;
            parent_[block] = parent;
        }
    }
}

void Dominators::number_tree() {
    std::vector<uint32_t> size(parent_.size(), 1);
    for (size_t i = order_.size(); i-- > 1;) {
        size[parent_[order_[i]]] += size[order_[i]];
    }
    // Parents come first in `order_`, so each child can take the next free stretch of its parent's numbers.
    std::vector<uint32_t> free(parent_.size(), 0);
    first_.assign(parent_.size(), 0);
    last_.assign(parent_.size(), 0);
    for (BlockId block : order_) {
        if (block != 0) {
            first_[block] = free[parent_[block]];
            free[parent_[block]] += size[block];
        }
        last_[block] = first_[block] + size[block] - 1;
        free[block] = first_[block] + 1;
    }
}

}  // namespace pp::ir
