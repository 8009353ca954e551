/// Branches whose sides do much the same: what both begin with moves in front of the branch, and a side that does no
/// more than to add to a value that the other passes on becomes an addition of that or of nothing. Whether a branch
/// goes one way or the other is a guess of the processor's that a mispredicted turn of a loop pays for.
#include <algorithm>
#include <utility>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace pp::passes {
namespace {

using ir::Block;
using ir::BlockId;
using ir::Edge;
using ir::Op;
using ir::Terminator;
using ir::ValueId;

class Merging {
public:
    explicit Merging(ir::Function& function) : function_(function), entries_(function.blocks.size()) {
        for (const Block& block : function.blocks) {
            for (const Edge& edge : block.terminator.edges) {
                ++entries_[edge.block];
            }
        }
    }

    void run() {
        for (BlockId id = 0; id < function_.blocks.size(); ++id) {
            const Terminator& end = function_.blocks[id].terminator;
            if (end.kind == Terminator::Kind::Branch && is_side(end.edges[0]) && is_side(end.edges[1])) {
                hoist(id);
                choose_addend(id);
            }
        }
        renaming_.apply(function_);
    }

private:
    bool is_side(const Edge& edge) const { return entries_[edge.block] == 1 && edge.arguments.empty(); }

    Block& side(BlockId id, size_t which) {
        return function_.blocks[function_.blocks[id].terminator.edges[which].block];
    }

    bool are_equal(const ir::Value& left, const ir::Value& right) {
        bool equal = left.op == right.op && left.type == right.type && left.immediate == right.immediate &&
                     left.operand_count == right.operand_count;
        for (int i = 0; equal && i < left.operand_count; ++i) {
            equal = renaming_.find(left.operands[i]) == renaming_.find(right.operands[i]);
        }
        return equal;
    }

    void hoist(BlockId id) {
        std::vector<ValueId>&left = side(id, 0).body, &right = side(id, 1).body;
        size_t same = 0;
        while (same < left.size() && same < right.size() &&
               are_equal(function_.values[left[same]], function_.values[right[same]])) {
            renaming_.set(right[same], left[same]);
            function_.blocks[id].body.push_back(left[same++]);
        }
        left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(same));
        right.erase(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(same));
    }

    /// One side passes x on, the other x + k: both become x + (0 or k), with the same check.
    void choose_addend(BlockId id) {
        const size_t adding = side(id, 0).body.empty() ? 1 : 0;
        const Block &adds = side(id, adding), &passes = side(id, 1 - adding);
        const bool are_joined = adds.terminator.kind == Terminator::Kind::Jump &&
                                passes.terminator.kind == Terminator::Kind::Jump &&
                                adds.terminator.edges[0].block == passes.terminator.edges[0].block;
        if (!are_joined || adds.body.size() != 1 || !passes.body.empty()) {
            return;
        }
        const ValueId sum = adds.body[0];
        const Op op = function_.values[sum].op;
        const ValueId base = function_.values[sum].operands[0], addend = function_.values[sum].operands[1];
        const Edge joined = adds.terminator.edges[0];
        const std::vector<ValueId>& passed = passes.terminator.edges[0].arguments;
        for (size_t i = 0; i < passed.size(); ++i) {
            const ValueId mine = renaming_.find(joined.arguments[i]), other = renaming_.find(passed[i]);
            if (mine != other && (mine != sum || other != renaming_.find(base))) {
                return;
            }
        }
        if ((op != Op::IAddChecked && op != Op::ISubChecked) || joined.block == id) {
            return;
        }
        ir::Builder builder(function_);
        builder.set_block(id);
        builder.set_span(function_.values[sum].span);
        const ValueId condition = function_.blocks[id].terminator.condition;
        const ValueId zero = builder.constant(int64_t{0});
        const ValueId chosen = adding == 0 ? builder.op(Op::Select, {condition, addend, zero})
                                           : builder.op(Op::Select, {condition, zero, addend});
        function_.values[sum].operands[1] = chosen;
        function_.blocks[id].body.push_back(sum);
        side(id, adding).body.clear();
        builder.jump(joined);
    }

    ir::Function& function_;
    std::vector<uint32_t> entries_;
    Renaming renaming_;
};

}  // namespace

void merge_branches(ir::Function& function) {
    Merging(function).run();
    remove_unreachable(function);
}

}  // namespace pp::passes
