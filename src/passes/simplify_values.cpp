/// Fewer and simpler values: the steps of simplify_values.h in turn.
#include "passes/simplify_values.h"

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace pp::passes {

void simplify_values(ir::Function& function) {
    remove_unreachable(function);
    propagate(function);
    reuse_values(function);
    remove_unreachable(function);
    remove_dead_values(function);
}

}  // namespace pp::passes
