/// The steps of `simplify_values`, each in the file of its name. They want a function without unreachable blocks.
#pragma once

#include <optional>

#include "ir/ir.h"

namespace pp::passes {

/// Finds what is constant, and which parameters only ever carry one value, over all paths that can be taken; folds the
/// branches and guards that this decides. Optimistic: a parameter that a loop merely hands round is seen through.
void propagate(ir::Function& function);

/// Replaces a value by an equal one computed before it on every path, applies `find_identity`, drops guards known to
/// hold, branches on what an earlier branch has decided, and checks for overflow that cannot happen.
void reuse_values(ir::Function& function);

/// Removes operations and parameters that nothing needs. What may hand the element back is always needed.
void remove_dead_values(ir::Function& function);

/// If `value` equals a simpler one for all operands: the existing value that it equals, or kNoValue after having
/// changed `value` itself into the simpler operation.
std::optional<ir::ValueId> find_identity(const ir::Function& function, ir::Value& value);

/// True where the operands of an int or bool operation may be exchanged. Of two NaNs a float operation gives the first.
bool is_commutative_on_integers(ir::Op op);

}  // namespace pp::passes
