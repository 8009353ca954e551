/// The transformations of the IR, in running order. Each leaves the function verified.
#pragma once

#include <functional>
#include <string>

#include "ir/ir.h"

namespace pp::passes {

/// Drops unreachable blocks and reasons, leads jumps past empty blocks, turns branches that only choose arguments into
/// selects, and joins a block to its only predecessor's jump.
void simplify_blocks(ir::Function& function);
/// Folds constants, branches and guards; removes parameters that only ever take one value, values computed before and
/// values that nobody uses. Floats are folded only where every processor gives the same bits.
void simplify_values(ir::Function& function);
/// Turns constant origins of returned nodes back into static ones; drops slots and variants that nothing returns.
void settle_origins(ir::Function& function);
/// Spells the `py.*` operations in plain ones: CPython's algorithms, its checks as guards.
void expand(ir::Function& function);

/// Moves what both sides of a branch begin with in front of it; makes one checked addition of sides that pass x and x +
/// k.
void merge_branches(ir::Function& function);

/// Finds the Writes after which nothing can hand the element back: what they overwrite need not be kept.
void settle_writes(ir::Function& function);

/// Called after each pass with its name, for dumps.
using Observer = std::function<void(const char* pass, const ir::Function&)>;
/// Runs all of them. This is the table of contents.
void run_pipeline(ir::Function& function, const Observer& observer = {});

}  // namespace pp::passes
