/// The transformations of the IR, in running order. Each leaves the function verified.
#pragma once

#include <functional>
#include <string>

#include "ir/ir.h"

namespace pp::passes {

/// Drops unreachable blocks and joins a block to its only predecessor's jump.
void simplify_blocks(ir::Function& function);
/// Folds constants, removes parameters that only ever take one value, and values that nobody uses; folds branches on
/// constants. Floats are folded only where the result is exact by definition (comparisons, selects, conversions, + - * /).
void simplify_values(ir::Function& function);
/// Turns constant origins of returned nodes back into static ones and drops their slots.
void settle_origins(ir::Function& function);
/// Spells the `py.*` operations in plain ones: CPython's algorithms, its checks as guards.
void expand(ir::Function& function);

/// Called after each pass with its name, for dumps.
using Observer = std::function<void(const char* pass, const ir::Function&)>;
/// Runs all of them. This is the table of contents.
void run_pipeline(ir::Function& function, const Observer& observer = {});

}  // namespace pp::passes
