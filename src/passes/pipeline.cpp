/// The ordered list of transformations.
#include "passes/passes.h"

namespace pp::passes {
namespace {

struct Pass {
    const char* name;
    void (*run)(ir::Function&);
};

/// Blocks and values are simplified in turn, since each uncovers work for the other.
constexpr Pass kPipeline[] = {
    {"simplify_blocks", simplify_blocks},  // the front end ends a block at each of its forks
    {"simplify_values", simplify_values},
    {"simplify_blocks", simplify_blocks},  // branches that were decided
    {"settle_origins", settle_origins},    // before expansion: dead origins are the bulk of a row function
    {"expand", expand},
    {"simplify_values", simplify_values},  // checks of constant operands, checks made twice
    {"simplify_blocks", simplify_blocks},
    {"merge_branches", merge_branches},    // after the checks: they are the same on both sides
    {"simplify_values", simplify_values},  // selects that came from joined branches
    {"simplify_blocks", simplify_blocks},
    {"settle_writes", settle_writes},
};

}  // namespace

void run_pipeline(ir::Function& function, const Observer& observer) {
    ir::verify(function);
    for (const Pass& pass : kPipeline) {
        pass.run(function);
        ir::verify(function);
        if (observer) {
            observer(pass.name, function);
        }
    }
}

}  // namespace pp::passes
