/// Selects that choose one and the same value one after the other become one with a longer condition.
#pragma once

namespace llvm {
class Function;
}

namespace pp::codegen {

/// Answers whether anything has changed. Runs of branches leave chains of hundreds of such selects. InstCombine would
/// join them as well, but into conditions that must not spread poison, and asks at each of them how far the others do:
/// in time that grows with the square of the chain, half a second for a hundred. No condition of a kernel is poison
/// (lower_operation.cpp), so `or` will do.
bool combine_selects(llvm::Function& function);

}  // namespace pp::codegen
