/// Fewer blocks: no unreachable ones, none that only pass on, none that could be part of another.
#include <utility>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace pp::passes {
namespace {

using ir::Block;
using ir::BlockId;
using ir::Edge;
using ir::Terminator;
using ir::ValueId;

/// Leads jumps past empty blocks that only jump on.
class JumpThreading {
public:
    explicit JumpThreading(ir::Function& function)
        : function_(function), escapes_(function.values.size()), arguments_(function.values.size(), ir::kNoValue) {}

    void run() {
        find_escapes();
        // Last block first: where a jump is led to has nearly always been led on itself already.
        for (BlockId id = static_cast<BlockId>(function_.blocks.size()); id-- > 0;) {
            for (Edge& edge : function_.blocks[id].terminator.edges) {
                if (edge.block != id && only_passes_on(edge.block)) {
                    lead_on(edge);
                }
            }
        }
    }

private:
    /// Parameters that something beside their own block's edges uses must stay defined there.
    void find_escapes() {
        std::vector<BlockId> home(function_.values.size(), 0);
        for (BlockId id = 0; id < function_.blocks.size(); ++id) {
            for (ValueId parameter : function_.blocks[id].parameters) {
                home[parameter] = id;
            }
        }
        for (BlockId id = 0; id < function_.blocks.size(); ++id) {
            Block& block = function_.blocks[id];
            for (ValueId operation : block.body) {
                for_each_use(function_.values[operation], [&](ValueId use) { escapes_[use] = true; });
            }
            for_each_use(block.terminator, [&](ValueId use) { escapes_[use] = escapes_[use] || home[use] != id; });
        }
    }

    bool only_passes_on(BlockId id) const {
        const Block& block = function_.blocks[id];
        if (!block.body.empty() || block.terminator.kind != Terminator::Kind::Jump ||
            block.terminator.edges[0].block == id) {
            return false;
        }
        for (ValueId parameter : block.parameters) {
            if (escapes_[parameter]) {
                return false;
            }
        }
        return true;
    }

    void lead_on(Edge& edge) {
        const Block& passed = function_.blocks[edge.block];
        for (size_t i = 0; i < passed.parameters.size(); ++i) {
            arguments_[passed.parameters[i]] = edge.arguments[i];
        }
        Edge led = passed.terminator.edges[0];
        for (ValueId& argument : led.arguments) {
            argument = arguments_[argument] == ir::kNoValue ? argument : arguments_[argument];
        }
        for (ValueId parameter : passed.parameters) {
            arguments_[parameter] = ir::kNoValue;
        }
        edge = std::move(led);
    }

    ir::Function& function_;
    std::vector<bool> escapes_;       ///< by value
    std::vector<ValueId> arguments_;  ///< what stands for a parameter while an edge is led on
};

/// A branch whose sides lead to the same block becomes a jump that selects the arguments.
void select_arguments(ir::Function& function) {
    ir::Builder builder(function);
    for (BlockId id = 0; id < function.blocks.size(); ++id) {
        const Terminator& terminator = function.blocks[id].terminator;
        if (terminator.kind != Terminator::Kind::Branch || terminator.edges[0].block != terminator.edges[1].block) {
            continue;
        }
        const ValueId condition = terminator.condition;
        Edge joined = terminator.edges[0];
        const std::vector<ValueId> otherwise = terminator.edges[1].arguments;
        builder.set_block(id);
        builder.set_span(function.values[condition].span);
        for (size_t i = 0; i < otherwise.size(); ++i) {
            if (joined.arguments[i] != otherwise[i]) {
                joined.arguments[i] = builder.op(ir::Op::Select, {condition, joined.arguments[i], otherwise[i]});
            }
        }
        builder.jump(std::move(joined));
    }
}

/// Appends each block that is entered by one jump only to the block that jumps.
void join_blocks(ir::Function& function) {
    std::vector<uint32_t> entries(function.blocks.size());
    for (const Block& block : function.blocks) {
        for (const Edge& edge : block.terminator.edges) {
            ++entries[edge.block];
        }
    }
    Renaming renaming;
    for (Block& block : function.blocks) {
        while (block.terminator.kind == Terminator::Kind::Jump && entries[block.terminator.edges[0].block] == 1) {
            const Edge edge = std::move(block.terminator.edges[0]);
            Block& next = function.blocks[edge.block];
            for (size_t i = 0; i < edge.arguments.size(); ++i) {
                renaming.set(next.parameters[i], edge.arguments[i]);
            }
            block.body.insert(block.body.end(), next.body.begin(), next.body.end());
            block.terminator = std::exchange(next.terminator, {.kind = Terminator::Kind::Return});
            next.body.clear();
        }
    }
    renaming.apply(function);
}

}  // namespace

void simplify_blocks(ir::Function& function) {
    remove_unreachable(function);
    JumpThreading(function).run();
    remove_unreachable(function);
    select_arguments(function);
    join_blocks(function);
    remove_unreachable(function);
}

}  // namespace pp::passes
