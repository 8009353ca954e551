/// Which blocks of a function may run more than once.
#pragma once

#include <vector>

#include "ir/ir.h"

namespace pp::ir {

/// Blocks that lie on a cycle, found as those from which a retreating edge's source is reached within the span of
/// block numbers between its ends: exact enough for an estimate of cost, linear in the function.
std::vector<bool> blocks_in_loops(const Function& function);

}  // namespace pp::ir
