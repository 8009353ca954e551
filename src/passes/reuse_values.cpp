/// Value numbering over the dominator tree.
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ir/dominators.h"
#include "passes/fold.h"
#include "passes/ranges.h"
#include "passes/rewrite.h"
#include "passes/simplify_values.h"

namespace pp::passes {
namespace {

using ir::Block;
using ir::BlockId;
using ir::Op;
using ir::Terminator;
using ir::Value;
using ir::ValueId;

/// What an operation computes. Two operations with one key are equal where both are defined.
struct Key {
    Op op;
    ir::Type type;
    ValueId operands[3];
    uint64_t immediate;

    bool operator==(const Key&) const = default;
};

struct KeyHash {
    size_t operator()(const Key& key) const {
        uint64_t hash = static_cast<uint64_t>(key.op) << 8 | static_cast<uint64_t>(key.type);
        for (const uint64_t part :
             {uint64_t{key.operands[0]}, uint64_t{key.operands[1]}, uint64_t{key.operands[2]}, key.immediate}) {
            hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
            hash ^= hash >> 29;
        }
        return hash;
    }
};

/// The dominator tree is walked from the top, each subtree as a whole. So what was found in a block that does not
/// dominate the present one will not be needed again, and one entry for each key is enough.
class Reuse {
public:
    explicit Reuse(ir::Function& function)
        : function_(function), dominators_(function), ranges_(function), facts_(function.values.size()),
          entries_(function.blocks.size()) {
        for (const Block& block : function.blocks) {
            for (const ir::Edge& edge : block.terminator.edges) {
                ++entries_[edge.block];
            }
        }
    }

    void run() {
        for (BlockId id : dominators_.tree_order()) {
            block_ = id;
            learn_from_branch();
            visit_operations();
            visit_terminator();
        }
        renaming_.apply(function_);
    }

private:
    /// What a branch has decided about a condition, below one of its sides.
    struct Fact {
        BlockId block = ir::kNoBlock;
        bool holds = false;
    };

    bool is_valid(BlockId found_in) const {
        return found_in != ir::kNoBlock && dominators_.dominates(found_in, block_);
    }

    /// Facts come from branches alone. A failed guard may be sticky: what follows still runs and must not rely on it.
    void learn_from_branch() {
        if (block_ == 0 || entries_[block_] != 1) {
            return;
        }
        // With one entry, the closest dominator is the block that leads here.
        const Terminator& terminator = function_.blocks[dominators_.parent(block_)].terminator;
        if (terminator.kind == Terminator::Kind::Branch) {
            facts_[terminator.condition] = {block_, terminator.edges[0].block == block_};
        }
    }

    const Fact* find_fact(ValueId condition) const {
        const Fact& fact = facts_[condition];
        return is_valid(fact.block) ? &fact : nullptr;
    }

    void visit_operations() {
        std::vector<ValueId> kept;
        kept.reserve(function_.blocks[block_].body.size());
        for (ValueId id : function_.blocks[block_].body) {
            Value& value = function_.values[id];
            for_each_use(value, [this](ValueId& use) { use = renaming_.find(use); });
            if (value.op == Op::Guard) {
                if (!is_known_to_hold(id)) {
                    kept.push_back(id);
                }
                continue;
            }
            const ValueId same = simplify(id);
            if (same != id) {
                renaming_.set(id, same);
                continue;
            }
            ranges_.note(id);
            kept.push_back(id);
        }
        function_.blocks[block_].body = std::move(kept);
    }

    bool is_known_to_hold(ValueId guard) {
        const ValueId condition = function_.values[guard].operands[0];
        const Value& value = function_.values[condition];
        const bool is_true = !value.is_parameter && value.op == Op::Const && value.immediate != 0;
        const Fact* fact = find_fact(condition);
        return is_true || (fact != nullptr && fact->holds) || reuse(guard) != guard;
    }

    ValueId simplify(ValueId id) {
        Value& value = function_.values[id];
        if (value.op == Op::Select) {
            if (const Fact* fact = find_fact(value.operands[0])) {
                return value.operands[fact->holds ? 1 : 2];
            }
        }
        // Each change is to a simpler operation, so this ends.
        while (const std::optional<ValueId> identity = find_identity(function_, value)) {
            if (*identity != ir::kNoValue) {
                return *identity;
            }
        }
        fold_constant(value);
        if (ranges_.always_fits(value)) {
            value.op = value.op == Op::IAddChecked ? Op::IAdd : value.op == Op::ISubChecked ? Op::ISub : Op::IMul;
        }
        return reuse(id);
    }

    void fold_constant(Value& value) const {
        uint64_t constants[3] = {};
        for (int i = 0; i < value.operand_count; ++i) {
            const Value& operand = function_.values[value.operands[i]];
            if (operand.is_parameter || operand.op != Op::Const) {
                return;
            }
            constants[i] = operand.immediate;
        }
        const Folded folded = fold(value, constants);
        if (folded.what == Folded::What::Constant) {
            value = {.op = Op::Const, .type = value.type, .immediate = folded.bits, .span = value.span};
        }
    }

    /// An equal value computed before on every path, or `id`.
    ValueId reuse(ValueId id) {
        const Value& value = function_.values[id];
        if (ir::uses_memory(value.op) && value.op != Op::Data) {
            return id;  // what lies there may have changed, and every reservation is another
        }
        Key key{value.op, value.type, {value.operands[0], value.operands[1], value.operands[2]}, value.immediate};
        if (is_commutative_on_integers(value.op) && key.operands[0] > key.operands[1]) {
            std::swap(key.operands[0], key.operands[1]);
        }
        const auto [found, is_new] = found_.try_emplace(key, Found{id, block_});
        if (!is_new && !is_valid(found->second.block)) {
            found->second = {id, block_};
        }
        return found->second.value;
    }

    void visit_terminator() {
        Terminator& terminator = function_.blocks[block_].terminator;
        for_each_use(terminator, [this](ValueId& use) { use = renaming_.find(use); });
        if (terminator.kind != Terminator::Kind::Branch) {
            return;
        }
        const Value& condition = function_.values[terminator.condition];
        if (!condition.is_parameter && condition.op == Op::BNot) {
            terminator.condition = condition.operands[0];
            std::swap(terminator.edges[0], terminator.edges[1]);
        }
        if (const Fact* fact = find_fact(terminator.condition)) {
            ir::Edge taken = std::move(terminator.edges[fact->holds ? 0 : 1]);
            terminator = {.kind = Terminator::Kind::Jump};
            terminator.edges.push_back(std::move(taken));
        }
    }

    struct Found {
        ValueId value;
        BlockId block;
    };

    ir::Function& function_;
    ir::Dominators dominators_;
    Ranges ranges_;
    Renaming renaming_;
    std::unordered_map<Key, Found, KeyHash> found_;
    std::vector<Fact> facts_;        ///< by condition
    std::vector<uint32_t> entries_;  ///< by block: edges that lead to it
    BlockId block_ = 0;
};

}  // namespace

void reuse_values(ir::Function& function) {
    Reuse(function).run();
}

}  // namespace pp::passes
