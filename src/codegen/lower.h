/// IR -> LLVM IR, the same for every device; what differs is asked of a `Target`.
#pragma once

#include "codegen/codegen.h"
#include "codegen/target.h"

namespace pp::codegen {

/// Emits the kernel of `function` into the empty `module`; true when it has loops or uses memory: then a mark leaves
/// the element at once.
bool lower(const ir::Function& function, Target& target, const Options& options, llvm::Module& module);

/// Blocks in an order in which definitions come before uses, and which of their edges lead backwards.
struct BlockOrder {
    std::vector<ir::BlockId> order;  ///< reverse postorder; unreachable blocks are absent
    std::vector<uint32_t> position;  ///< of each block in `order`
    bool has_loops = false;          ///< or uses memory, which must not be touched after a check has failed

    bool is_back_edge(ir::BlockId from, ir::BlockId to) const { return position[to] <= position[from]; }
};
BlockOrder order_blocks(const ir::Function& function);

}  // namespace pp::codegen
