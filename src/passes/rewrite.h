/// What the passes share for changing a function: visiting uses, renaming values, dropping blocks.
#pragma once

#include <vector>

#include "ir/ir.h"

namespace pp::passes {

template <typename Visit> void for_each_use(ir::Value& value, Visit visit) {
    for (int i = 0; i < value.operand_count; ++i) {
        visit(value.operands[i]);
    }
}

template <typename Visit> void for_each_use(ir::Terminator& terminator, Visit visit) {
    if (terminator.kind == ir::Terminator::Kind::Branch) {
        visit(terminator.condition);
    }
    for (ir::Edge& edge : terminator.edges) {
        for (ir::ValueId& argument : edge.arguments) {
            visit(argument);
        }
    }
    for (ir::ValueId& result : terminator.results) {
        visit(result);
    }
}

/// Which values stand for which others. Nothing changes in the function until `apply`.
class Renaming {
public:
    /// From now on `from` means `to`, or what `to` means.
    void set(ir::ValueId from, ir::ValueId to);
    ir::ValueId find(ir::ValueId value);
    /// Renames every use in the function's blocks.
    void apply(ir::Function& function);

private:
    std::vector<ir::ValueId> targets_;  ///< values beyond its end stand for themselves
};

/// Drops blocks that no path reaches and reasons that no block names. The others are put into reverse postorder, a
/// branch's true side first, so that the text reads from top to bottom.
void remove_unreachable(ir::Function& function);

/// Makes `block` end before `body[position]`, an operation that always hands the element back.
void end_in_hand_back(ir::Function& function, ir::BlockId block, size_t position);

}  // namespace pp::passes
