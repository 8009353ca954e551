/// An LLVM pass: selects that choose one and the same value one after the other become one with a longer condition.
#pragma once

#include "llvm/IR/PassManager.h"

namespace pp::codegen {

/// Runs of branches leave chains of hundreds of such selects. InstCombine would join them as well, but into conditions
/// that must not spread poison, and asks at each of them how far the others do: in time that grows with the square of
/// the chain, half a second for a hundred. No condition of a kernel is poison (lower_operation.cpp), so `or` will do.
struct CombineSelectsPass : llvm::PassInfoMixin<CombineSelectsPass> {
    llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager&);
};

}  // namespace pp::codegen
