/// See rewrite.h.
#include "passes/rewrite.h"

#include <algorithm>
#include <utility>

#include "ir/dominators.h"

namespace pp::passes {
namespace {

void remove_unused_reasons(ir::Function& function) {
    constexpr uint32_t kUnused = ~uint32_t{0};
    std::vector<uint32_t> numbers(function.hand_backs.size(), kUnused);
    for (const ir::Block& block : function.blocks) {
        if (block.terminator.kind == ir::Terminator::Kind::HandBack) {
            numbers[block.terminator.reason] = 0;
        }
    }
    std::vector<ir::HandBackReason> kept;
    for (size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] != kUnused) {
            numbers[i] = static_cast<uint32_t>(kept.size());
            kept.push_back(std::move(function.hand_backs[i]));
        }
    }
    function.hand_backs = std::move(kept);
    for (ir::Block& block : function.blocks) {
        if (block.terminator.kind == ir::Terminator::Kind::HandBack) {
            block.terminator.reason = numbers[block.terminator.reason];
        }
    }
}

}  // namespace

void Renaming::set(ir::ValueId from, ir::ValueId to) {
    while (targets_.size() <= from) {
        targets_.push_back(static_cast<ir::ValueId>(targets_.size()));
    }
    targets_[from] = to;
}

ir::ValueId Renaming::find(ir::ValueId value) {
    ir::ValueId end = value;
    while (end < targets_.size() && targets_[end] != end) {
        end = targets_[end];
    }
    // Chains are as long as a local was passed on from block to block: shorten them, or the cost is quadratic.
    while (value != end) {
        value = std::exchange(targets_[value], end);
    }
    return end;
}

void Renaming::apply(ir::Function& function) {
    auto rename = [this](ir::ValueId& use) { use = find(use); };
    for (ir::Block& block : function.blocks) {
        for (ir::ValueId id : block.body) {
            for_each_use(function.values[id], rename);
        }
        for_each_use(block.terminator, rename);
    }
}

void remove_unreachable(ir::Function& function) {
    const ir::Dominators dominators(function);
    std::vector<ir::BlockId> numbers(function.blocks.size(), ir::kNoBlock);
    std::vector<ir::Block> blocks;
    blocks.reserve(dominators.order().size());
    for (ir::BlockId id : dominators.order()) {
        numbers[id] = static_cast<ir::BlockId>(blocks.size());
        blocks.push_back(std::move(function.blocks[id]));
    }
    function.blocks = std::move(blocks);
    for (ir::Block& block : function.blocks) {
        for (ir::Edge& edge : block.terminator.edges) {
            edge.block = numbers[edge.block];
        }
    }
    remove_unused_reasons(function);
}

void end_in_hand_back(ir::Function& function, ir::BlockId block, size_t position) {
    ir::Block& ending = function.blocks[block];
    const ir::HandBackReason reason{.message = "a check on this path always fails, so that CPython evaluates it",
                                    .unsupported = false,
                                    .span = function.values[ending.body[position]].span};
    const auto same = [&](const ir::HandBackReason& other) {
        return other.message == reason.message && other.unsupported == reason.unsupported && other.span == reason.span;
    };
    const auto found = std::find_if(function.hand_backs.begin(), function.hand_backs.end(), same);
    const auto index = static_cast<uint32_t>(found - function.hand_backs.begin());
    if (found == function.hand_backs.end()) {
        function.hand_backs.push_back(reason);
    }
    ending.body.resize(position);
    ending.terminator = {.kind = ir::Terminator::Kind::HandBack, .reason = index};
}

}  // namespace pp::passes
