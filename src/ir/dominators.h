/// Which blocks every path to a block passes through.
#pragma once

#include <vector>

#include "ir/ir.h"

namespace pp::ir {

inline constexpr BlockId kNoBlock = ~BlockId{0};

/// A snapshot: changing the function's edges makes it stale. Computed in nearly linear time, without recursion.
class Dominators {
public:
    explicit Dominators(const Function& function);

    /// The blocks reachable from the entry in reverse postorder: a block's dominators come before it.
    const std::vector<BlockId>& order() const noexcept { return order_; }
    /// The same blocks from the entry down the tree of closest dominators, each subtree as a whole.
    std::vector<BlockId> tree_order() const;
    bool is_reachable(BlockId block) const { return parent_[block] != kNoBlock; }
    /// The closest other block that dominates `block`; the entry for the entry itself, kNoBlock where unreachable.
    BlockId parent(BlockId block) const { return parent_[block]; }
    /// True for a block and itself. Both must be reachable.
    bool dominates(BlockId above, BlockId below) const {
        return first_[above] <= first_[below] && last_[below] <= last_[above];
    }

private:
    void find_order(const Function& function);
    void find_parents(const Function& function);
    void number_tree();

    std::vector<BlockId> order_;
    std::vector<BlockId> parent_;
    std::vector<uint32_t> first_;  ///< when a walk of the dominator tree enters the block
    std::vector<uint32_t> last_;   ///< the greatest `first_` below it
};

}  // namespace pp::ir
