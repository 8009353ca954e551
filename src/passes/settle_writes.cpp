/// Marks the Writes that are followed by no check: see passes.h.
#include <algorithm>
#include <vector>

#include "passes/passes.h"

namespace pp::passes {
namespace {

bool may_hand_back(const ir::Value& value) {
    return !ir::is_pure(value.op) && value.op != ir::Op::Store && value.op != ir::Op::Write && value.op != ir::Op::Copy;
}

/// The blocks from whose beginning some check is ahead.
std::vector<bool> blocks_with_checks(const ir::Function& function) {
    std::vector<bool> checks(function.blocks.size());
    for (ir::BlockId id = 0; id < function.blocks.size(); ++id) {
        const ir::Block& block = function.blocks[id];
        checks[id] =
            block.terminator.kind == ir::Terminator::Kind::HandBack ||
            std::ranges::any_of(block.body, [&](ir::ValueId value) { return may_hand_back(function.values[value]); });
    }
    for (bool changes = true; changes;) {
        changes = false;
        for (ir::BlockId id = 0; id < function.blocks.size(); ++id) {
            const std::vector<ir::Edge>& edges = function.blocks[id].terminator.edges;
            if (checks[id] || std::ranges::none_of(edges, [&](const ir::Edge& edge) { return checks[edge.block]; })) {
                continue;
            }
            checks[id] = changes = true;
        }
    }
    return checks;
}

}  // namespace

void settle_writes(ir::Function& function) {
    if (!ir::writes_shared(function)) {
        return;
    }
    const std::vector<bool> checks = blocks_with_checks(function);
    for (const ir::Block& block : function.blocks) {
        bool is_checked =
            block.terminator.kind == ir::Terminator::Kind::HandBack ||
            std::ranges::any_of(block.terminator.edges, [&](const ir::Edge& edge) { return checks[edge.block]; });
        for (auto id = block.body.rbegin(); id != block.body.rend(); ++id) {
            ir::Value& value = function.values[*id];
            if (value.op != ir::Op::Write) {
                is_checked = is_checked || may_hand_back(value);
                continue;
            }
            ir::WriteLeaf leaf = ir::WriteLeaf::of(value.immediate);
            leaf.is_last = !is_checked;
            value.immediate = leaf.immediate();
            // What it keeps takes memory, of which there may be none left.
            is_checked = is_checked || !leaf.is_last;
        }
    }
}

}  // namespace pp::passes
