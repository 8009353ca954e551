/// See combine_selects.h.
#include "codegen/combine_selects.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

namespace pp::codegen {
namespace {

/// Where one of a select's values is itself a select, used only here, between the other value and a third: chooses
/// between the two values that are left, and drops the inner one.
bool combine(llvm::SelectInst& outer) {
    for (const bool is_true_side : {true, false}) {
        llvm::Value* common = is_true_side ? outer.getFalseValue() : outer.getTrueValue();
        auto* inner = llvm::dyn_cast<llvm::SelectInst>(is_true_side ? outer.getTrueValue() : outer.getFalseValue());
        if (!inner || !inner->hasOneUse() || (inner->getTrueValue() != common && inner->getFalseValue() != common))
            continue;
        const bool common_if_true = inner->getTrueValue() == common;
        llvm::Value* third = common_if_true ? inner->getFalseValue() : inner->getTrueValue();
        llvm::IRBuilder<> builder(&outer);
        // An outer true side takes the third value where both conditions lead there; a false side takes the common one
        // where either does.
        llvm::Value* own = inner->getCondition();
        if (common_if_true == is_true_side) own = builder.CreateNot(own);
        if (is_true_side) {
            outer.setCondition(builder.CreateAnd(outer.getCondition(), own));
            outer.setTrueValue(third);
        } else {
            outer.setCondition(builder.CreateOr(outer.getCondition(), own));
            outer.setFalseValue(third);
        }
        inner->eraseFromParent();
        return true;
    }
    return false;
}

}  // namespace

bool combine_selects(llvm::Function& function) {
    bool changed = false;
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function)))
        if (auto* select = llvm::dyn_cast<llvm::SelectInst>(&instruction)) changed |= combine(*select);
    return changed;
}

}  // namespace pp::codegen
