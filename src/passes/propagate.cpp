/// Conditional propagation of constants and copies (Wegman and Zadeck), iterated over the blocks in reverse postorder.
#include <utility>
#include <vector>

#include "passes/fold.h"
#include "passes/rewrite.h"
#include "passes/simplify_values.h"

namespace pp::passes {
namespace {

using ir::Block;
using ir::BlockId;
using ir::Edge;
using ir::Op;
using ir::Terminator;
using ir::Value;
using ir::ValueId;

/// What is known of a value. Knowledge only ever falls: Unknown, then Constant or Copy, at last a Copy of itself.
struct Cell {
    enum class What : uint8_t { Unknown, Constant, Copy } what = What::Unknown;
    uint64_t content = 0;  ///< Constant: its bits; Copy: the value

    bool operator==(const Cell&) const = default;
};

class Propagation {
public:
    explicit Propagation(ir::Function& function)
        : function_(function), cells_(function.values.size()), predecessors_(function.blocks.size()),
          reached_(function.blocks.size()), stops_(function.blocks.size(), kNowhere) {
        for (BlockId id = 0; id < function.blocks.size(); ++id) {
            for (size_t side = 0; side < function.blocks[id].terminator.edges.size(); ++side) {
                predecessors_[function.blocks[id].terminator.edges[side].block].push_back({id, side});
            }
        }
    }

    void run() {
        do {
            ++rounds_;
            changed_ = false;
            for (BlockId id = 0; id < function_.blocks.size(); ++id) {
                evaluate_block(id);
            }
        } while (changed_);
        apply();
    }

private:
    struct Entry {
        BlockId block;
        size_t side;
    };
    static constexpr size_t kNowhere = ~size_t{0};
    /// Deeply nested loops can lower one cell many times. After this many rounds each change is the last one.
    static constexpr int kPatience = 16;

    static Cell itself(ValueId id) { return {Cell::What::Copy, id}; }

    void update(ValueId id, Cell cell) {
        Cell& old = cells_[id];
        if (old == cell || old == itself(id)) {
            return;
        }
        if (old.what != Cell::What::Unknown && rounds_ > kPatience) {
            cell = itself(id);
        }
        old = cell;
        changed_ = true;
    }

    bool is_taken(const Entry& entry) const {
        if (!reached_[entry.block] || stops_[entry.block] != kNowhere) {
            return false;
        }
        const Terminator& terminator = function_.blocks[entry.block].terminator;
        if (terminator.kind != Terminator::Kind::Branch) {
            return true;
        }
        const Cell& condition = cells_[terminator.condition];
        return condition.what == Cell::What::Copy ||
               (condition.what == Cell::What::Constant && (condition.content != 0) == (entry.side == 0));
    }

    void evaluate_block(BlockId id) {
        if (!reached_[id]) {
            bool reached = id == 0;
            for (const Entry& entry : predecessors_[id]) {
                reached = reached || is_taken(entry);
            }
            if (!reached) {
                return;
            }
            reached_[id] = true;
            changed_ = true;
        }
        const Block& block = function_.blocks[id];
        for (size_t i = 0; i < block.parameters.size(); ++i) {
            update(block.parameters[i], meet_arguments(id, i));
        }
        size_t stop = kNowhere;
        for (size_t i = 0; i < block.body.size() && stop == kNowhere; ++i) {
            if (evaluate_operation(block.body[i])) {
                stop = i;
            }
        }
        changed_ = changed_ || stops_[id] != stop;
        stops_[id] = stop;
    }

    Cell meet_arguments(BlockId block, size_t index) const {
        const ValueId parameter = function_.blocks[block].parameters[index];
        Cell met;
        for (const Entry& entry : predecessors_[block]) {
            if (!is_taken(entry)) {
                continue;
            }
            const Edge& edge = function_.blocks[entry.block].terminator.edges[entry.side];
            const Cell& argument = cells_[edge.arguments[index]];
            if (argument.what == Cell::What::Unknown || argument == itself(parameter) || argument == met) {
                continue;
            }
            if (met.what != Cell::What::Unknown) {
                return itself(parameter);
            }
            met = argument;
        }
        return met;
    }

    /// True if the operation always hands the element back, so that nothing after it matters.
    bool evaluate_operation(ValueId id) {
        const Value& value = function_.values[id];
        if (value.op == Op::Const) {
            update(id, {Cell::What::Constant, value.immediate});
            return false;
        }
        bool all_constant = value.operand_count > 0;
        uint64_t constants[3] = {};
        for (int i = 0; i < value.operand_count; ++i) {
            const Cell& operand = cells_[value.operands[i]];
            if (operand.what == Cell::What::Unknown) {
                return false;
            }
            all_constant = all_constant && operand.what == Cell::What::Constant;
            constants[i] = operand.content;
        }
        if (value.op == Op::Select) {
            update(id, selected(id));
            return false;
        }
        const Folded folded = all_constant ? fold(value, constants) : Folded{};
        const bool is_constant = folded.what == Folded::What::Constant;
        update(id, is_constant ? Cell{Cell::What::Constant, folded.bits} : itself(id));
        return folded.what == Folded::What::Failure;
    }

    Cell selected(ValueId id) const {
        const Value& value = function_.values[id];
        const Cell& condition = cells_[value.operands[0]];
        const Cell& if_true = cells_[value.operands[1]];
        const Cell& if_false = cells_[value.operands[2]];
        if (condition.what == Cell::What::Constant) {
            return condition.content != 0 ? if_true : if_false;
        }
        return if_true == if_false ? if_true : itself(id);
    }

    bool is_constant(ValueId id) const { return cells_[id].what == Cell::What::Constant; }
    bool is_copy(ValueId id) const { return cells_[id].what == Cell::What::Copy && cells_[id] != itself(id); }

    void apply() {
        for (BlockId id = 0; id < function_.blocks.size(); ++id) {
            if (reached_[id]) {
                apply_to_terminator(id);
                apply_to_arguments(id);
            }
        }
        for (BlockId id = 0; id < function_.blocks.size(); ++id) {
            if (reached_[id]) {
                apply_to_block(function_.blocks[id]);
            }
        }
        remove_unreachable(function_);
        renaming_.apply(function_);
    }

    void apply_to_terminator(BlockId id) {
        if (stops_[id] != kNowhere) {
            end_in_hand_back(function_, id, stops_[id]);
            return;
        }
        Terminator& terminator = function_.blocks[id].terminator;
        if (terminator.kind == Terminator::Kind::Branch && is_constant(terminator.condition)) {
            Edge taken = std::move(terminator.edges[cells_[terminator.condition].content != 0 ? 0 : 1]);
            terminator = {.kind = Terminator::Kind::Jump};
            terminator.edges.push_back(std::move(taken));
        }
    }

    /// Drops the arguments of parameters that `apply_to_block` will drop.
    void apply_to_arguments(BlockId id) {
        for (Edge& edge : function_.blocks[id].terminator.edges) {
            const std::vector<ValueId>& parameters = function_.blocks[edge.block].parameters;
            size_t kept = 0;
            for (size_t i = 0; i < parameters.size(); ++i) {
                if (!is_constant(parameters[i]) && !is_copy(parameters[i])) {
                    edge.arguments[kept++] = edge.arguments[i];
                }
            }
            edge.arguments.resize(kept);
        }
    }

    void apply_to_block(Block& block) {
        std::vector<ValueId> body;
        std::vector<ValueId> parameters;
        for (ValueId id : block.parameters) {
            if (is_constant(id)) {
                Value& value = function_.values[id];
                value = constant(value, cells_[id].content);
                body.push_back(id);
            } else if (is_copy(id)) {
                renaming_.set(id, static_cast<ValueId>(cells_[id].content));
            } else {
                parameters.push_back(id);
            }
        }
        for (ValueId id : block.body) {
            Value& value = function_.values[id];
            if (is_copy(id)) {
                renaming_.set(id, static_cast<ValueId>(cells_[id].content));
            } else if (!is_constant(id)) {
                body.push_back(id);
            } else if (value.op != Op::Guard) {
                value = constant(value, cells_[id].content);
                body.push_back(id);
            }
        }
        block.parameters = std::move(parameters);
        block.body = std::move(body);
    }

    static Value constant(const Value& value, uint64_t bits) {
        return {.op = Op::Const, .type = value.type, .immediate = bits, .span = value.span};
    }

    ir::Function& function_;
    std::vector<Cell> cells_;                       ///< by value
    std::vector<std::vector<Entry>> predecessors_;  ///< by block
    std::vector<bool> reached_;                     ///< by block
    std::vector<size_t> stops_;                     ///< by block: the operation that always fails
    Renaming renaming_;
    int rounds_ = 0;
    bool changed_ = false;
};

}  // namespace

void propagate(ir::Function& function) {
    Propagation(function).run();
}

}  // namespace pp::passes
