/// See settle_conditions.h.
#include "codegen/settle_conditions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/PatternMatch.h"
#include "llvm/Transforms/Utils/Local.h"

namespace pp::codegen {
namespace {

/// What else is known where `condition` is: of the value that it negates the opposite. Null where it negates none.
llvm::Value* negated(llvm::Value* condition) {
    llvm::Value* value = nullptr;
    return llvm::PatternMatch::match(condition, llvm::PatternMatch::m_Not(llvm::PatternMatch::m_Value(value)))
               ? value
               : nullptr;
}

bool settle_branch(llvm::CondBrInst& branch, llvm::DominatorTree& dominators) {
    if (branch.getSuccessor(0) == branch.getSuccessor(1)) return false;
    llvm::Value* const condition = branch.getCondition();
    if (llvm::isa<llvm::Constant>(condition)) return false;
    unsigned changes = 0;
    for (const bool is_true : {true, false}) {
        const llvm::BasicBlockEdge edge(branch.getParent(), branch.getSuccessor(is_true ? 0 : 1));
        const auto settle = [&](llvm::Value* value, bool is) {
            changes += llvm::replaceDominatedUsesWith(value, llvm::ConstantInt::getBool(value->getType(), is),
                                                      dominators, edge);
        };
        settle(condition, is_true);
        if (llvm::Value* opposite = negated(condition); opposite && !llvm::isa<llvm::Constant>(opposite))
            settle(opposite, !is_true);
    }
    return changes > 0;
}

bool settle_select(llvm::SelectInst& select) {
    if (!select.getType()->isIntegerTy(1)) return false;
    bool changes = false;
    for (const bool is_true : {true, false}) {
        llvm::Value* const arm = is_true ? select.getTrueValue() : select.getFalseValue();
        const bool is_own = arm == select.getCondition();
        const bool is_opposite = arm == negated(select.getCondition()) || select.getCondition() == negated(arm);
        if (!is_own && !is_opposite) continue;
        select.setOperand(is_true ? 1 : 2, llvm::ConstantInt::getBool(select.getType(), is_own ? is_true : !is_true));
        changes = true;
    }
    return changes;
}

}  // namespace

bool settle_conditions(llvm::Function& function, llvm::DominatorTree& dominators) {
    bool changes = false;
    for (llvm::BasicBlock& block : function) {
        if (auto* branch = llvm::dyn_cast<llvm::CondBrInst>(block.getTerminator()))
            changes |= settle_branch(*branch, dominators);
    }
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
        if (auto* select = llvm::dyn_cast<llvm::SelectInst>(&instruction)) changes |= settle_select(*select);
    }
    return changes;
}

}  // namespace pp::codegen
