/// Values that are the condition of the way that leads to them become constants.
#pragma once

namespace llvm {
class DominatorTree;
class Function;
}  // namespace llvm

namespace pp::codegen {

/// Answers whether anything has changed. Where `condition` was true it is `true`, behind branches and in the arms of
/// selects. To be run right before loops are vectorised: LLVM 23 inverts a compare where all of its users negate it or
/// choose by it, and swaps the arms of these once for each use. A choice that also has the compare as an arm
/// (`condition or other`, as a bool) is swapped twice, and gives the other value where it should give this one.
bool settle_conditions(llvm::Function& function, llvm::DominatorTree& dominators);

}  // namespace pp::codegen
