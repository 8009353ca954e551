/// Lowers the control flow of one element: blocks, edges, marks, fuel, and the single exit that stores the results.
#include "codegen/lower.h"

#include <algorithm>
#include <bit>

#include "base/error.h"
#include "codegen/lower_memory.h"
#include "codegen/lower_operation.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"

namespace pp::codegen {
namespace {

class Lowering final : Marker {
public:
    Lowering(const ir::Function& function, Target& target, const Options& options, llvm::Module& module)
        : function_(function), target_(target), blocks_(order_blocks(function)), builder_(module.getContext()) {
        if (options.fast_math) {
            // Neither nnan nor ninf nor nsz: Python's tests of results must keep their meaning.
            llvm::FastMathFlags flags;
            flags.setAllowContract();
            flags.setAllowReassoc();
            flags.setAllowReciprocal();
            builder_.setFastMathFlags(flags);
        }
        blocks_.has_loops |= !target_.runs_on_with_items() && ir::reads_items(function_);
        kernel_ = target_.begin(module, function_, builder_);
    }

    bool lower();

private:
    void mark_if(llvm::IRBuilderBase& builder, llvm::Value* condition) override;
    void mark_if_negative(llvm::IRBuilderBase& builder, llvm::Value* word) override;
    bool runs_on() const noexcept override { return !blocks_.has_loops; }

    llvm::BasicBlock* add_block(const char* name) {
        return llvm::BasicBlock::Create(kernel_->getContext(), name, kernel_);
    }
    llvm::AllocaInst* add_variable(const char* name, llvm::Constant* initial);
    llvm::Value* load_variable(llvm::IRBuilderBase& builder, llvm::AllocaInst* variable) const;
    llvm::Value* load_mark();
    void create_blocks();
    void create_exit();
    void store_results();
    void lower_block(ir::BlockId id);
    llvm::Value* lower_source(const ir::Value& value);
    void terminate(ir::BlockId id);
    llvm::BasicBlock* lower_edge(ir::BlockId from, const ir::Edge& edge, bool shares_target);
    void pass_arguments(const ir::Edge& edge);
    void burn_fuel(llvm::BasicBlock* resume);
    void leave(const ir::Terminator& terminator);
    void leave_marked(llvm::BasicBlock* from);

    const ir::Function& function_;
    Target& target_;
    BlockOrder blocks_;
    llvm::IRBuilder<> builder_;
    llvm::Function* kernel_ = nullptr;
    std::vector<llvm::Value*> values_;
    std::vector<llvm::BasicBlock*> starts_;
    llvm::BasicBlock* exit_ = nullptr;
    std::vector<llvm::PHINode*> slots_;
    llvm::PHINode* exit_mark_ = nullptr;
    // Variables become registers in the first pass of the optimiser.
    llvm::AllocaInst* failed_ = nullptr;    ///< i1, where marks accumulate
    llvm::AllocaInst* negative_ = nullptr;  ///< i64, likewise: its sign
    llvm::AllocaInst* fuel_ = nullptr;      ///< i64, where there are loops
};

bool Lowering::lower() {
    values_.resize(function_.values.size());
    if (blocks_.has_loops) {
        fuel_ = add_variable("fuel", builder_.getInt64(target_.fuel()));
    } else {
        failed_ = add_variable("failed", builder_.getFalse());
        negative_ = add_variable("negative", builder_.getInt64(0));
        builder_.CreateStore(builder_.getFalse(), failed_);
        builder_.CreateStore(builder_.getInt64(0), negative_);
    }
    create_blocks();
    create_exit();
    builder_.CreateBr(starts_[0]);
    for (const ir::BlockId id : blocks_.order)
        lower_block(id);
    store_results();
    return blocks_.has_loops;
}

llvm::AllocaInst* Lowering::add_variable(const char* name, llvm::Constant* initial) {
    llvm::BasicBlock& entry = kernel_->getEntryBlock();
    llvm::IRBuilder<> builder(&entry, entry.begin());
    llvm::AllocaInst* variable = builder.CreateAlloca(initial->getType(), nullptr, name);
    builder.CreateStore(initial, variable);
    return variable;
}

llvm::Value* Lowering::load_variable(llvm::IRBuilderBase& builder, llvm::AllocaInst* variable) const {
    return builder.CreateLoad(variable->getAllocatedType(), variable);
}

void Lowering::create_blocks() {
    starts_.resize(function_.blocks.size());
    for (const ir::BlockId id : blocks_.order) {
        starts_[id] = add_block("block");
        llvm::IRBuilder<> builder(starts_[id]);
        for (const ir::ValueId parameter : function_.blocks[id].parameters)
            values_[parameter] = builder.CreatePHI(register_type(builder, function_.values[parameter].type), 2);
    }
}

void Lowering::create_exit() {
    exit_ = add_block("exit");
    llvm::IRBuilder<> builder(exit_);
    for (size_t slot = 0; slot < function_.outputs.size(); ++slot) {
        const bool is_tag = slot == 0 && function_.has_tag();
        const ir::Type type = function_.outputs[slot];
        slots_.push_back(builder.CreatePHI(is_tag ? builder.getInt8Ty() : register_type(builder, type), 4));
    }
    exit_mark_ = builder.CreatePHI(builder.getInt64Ty(), 4, "mark");
}

void Lowering::store_results() {
    builder_.SetInsertPoint(exit_);
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
        llvm::Value* value = slots_[slot];
        if (value->getType()->isIntegerTy(1)) value = builder_.CreateZExt(value, builder_.getInt8Ty());
        target_.store_output(builder_, static_cast<uint32_t>(slot), value);
    }
    target_.end(builder_, exit_mark_);
}

void Lowering::lower_block(ir::BlockId id) {
    builder_.SetInsertPoint(starts_[id]);
    for (const ir::ValueId result : function_.blocks[id].body) {
        const ir::Value& value = function_.values[result];
        if (value.operand_count == 0) {
            values_[result] = lower_source(value);
            continue;
        }
        llvm::Value* operands[std::size(value.operands)] = {};
        for (int i = 0; i < value.operand_count; ++i) {
            operands[i] = values_[value.operands[i]];
            PP_CHECK(operands[i]);
        }
        if (value.op == ir::Op::Item) {
            values_[result] = lower_item(builder_, value, operands, target_, runs_on());
            continue;
        }
        values_[result] = ir::uses_memory(value.op) ? lower_memory(builder_, value, operands, target_, *this)
                                                    : lower_operation(builder_, value, operands, target_, *this);
    }
    terminate(id);
}

llvm::Value* Lowering::lower_source(const ir::Value& value) {
    const auto immediate = static_cast<uint32_t>(value.immediate);
    switch (value.op) {
    case ir::Op::Const:
        if (value.type == ir::Type::F64)
            return llvm::ConstantFP::get(builder_.getDoubleTy(), std::bit_cast<double>(value.immediate));
        return llvm::ConstantInt::get(register_type(builder_, value.type),
                                      value.type == ir::Type::I64 ? value.immediate : immediate);
    case ir::Op::Input: {
        llvm::Value* loaded = target_.load_input(builder_, immediate, memory_type(builder_, value.type));
        return value.type == ir::Type::Bool ? builder_.CreateIsNotNull(loaded) : loaded;
    }
    case ir::Op::Data: return target_.data(builder_, immediate, function_.data[immediate]);
    case ir::Op::Uniform: {
        llvm::Value* word = target_.uniform(immediate);
        if (value.type == ir::Type::F64) return builder_.CreateBitCast(word, builder_.getDoubleTy());
        return value.type == ir::Type::Bool ? builder_.CreateIsNotNull(word) : word;
    }
    default: throw InternalError(std::string("the operation ") + ir::op_text(value.op) + " lacks operands");
    }
}

void Lowering::terminate(ir::BlockId id) {
    const ir::Terminator& terminator = function_.blocks[id].terminator;
    switch (terminator.kind) {
    case ir::Terminator::Kind::Jump: builder_.CreateBr(lower_edge(id, terminator.edges[0], false)); return;
    case ir::Terminator::Kind::Branch: {
        const ir::Edge& if_true = terminator.edges[0];
        const ir::Edge& if_false = terminator.edges[1];
        const bool shares_target = if_true.block == if_false.block;
        llvm::BasicBlock* from = builder_.GetInsertBlock();
        llvm::BasicBlock* true_block = lower_edge(id, if_true, shares_target);
        builder_.SetInsertPoint(from);
        llvm::BasicBlock* false_block = lower_edge(id, if_false, shares_target);
        builder_.SetInsertPoint(from);
        builder_.CreateCondBr(values_[terminator.condition], true_block, false_block);
        return;
    }
    case ir::Terminator::Kind::Return: leave(terminator); return;
    case ir::Terminator::Kind::HandBack:
        leave_marked(builder_.GetInsertBlock());
        builder_.CreateBr(exit_);
        return;
    }
}

// Returns the block to branch to for `edge`: its target, or one in between. Leaves the builder where it was.
llvm::BasicBlock* Lowering::lower_edge(ir::BlockId from, const ir::Edge& edge, bool shares_target) {
    const bool is_back_edge = blocks_.is_back_edge(from, edge.block);
    if (!is_back_edge && !shares_target) {
        pass_arguments(edge);
        return starts_[edge.block];
    }
    llvm::BasicBlock* here = builder_.GetInsertBlock();
    llvm::BasicBlock* between = add_block("edge");
    builder_.SetInsertPoint(between);
    if (is_back_edge) {
        llvm::BasicBlock* resume = add_block("resume");
        burn_fuel(resume);
        builder_.SetInsertPoint(resume);
    }
    pass_arguments(edge);
    builder_.CreateBr(starts_[edge.block]);
    builder_.SetInsertPoint(here);
    return between;
}

void Lowering::pass_arguments(const ir::Edge& edge) {
    const std::vector<ir::ValueId>& parameters = function_.blocks[edge.block].parameters;
    PP_CHECK(parameters.size() == edge.arguments.size());
    for (size_t i = 0; i < parameters.size(); ++i)
        llvm::cast<llvm::PHINode>(values_[parameters[i]])
            ->addIncoming(values_[edge.arguments[i]], builder_.GetInsertBlock());
}

void Lowering::burn_fuel(llvm::BasicBlock* resume) {
    llvm::Value* left = builder_.CreateSub(load_variable(builder_, fuel_), builder_.getInt64(1));
    builder_.CreateStore(left, fuel_);
    llvm::BasicBlock* empty = add_block("empty");
    llvm::MDNode* weights = llvm::MDBuilder(kernel_->getContext()).createUnlikelyBranchWeights();
    builder_.CreateCondBr(builder_.CreateIsNull(left), empty, resume, weights);
    builder_.SetInsertPoint(empty);
    if (target_.refuel(builder_)) {
        builder_.CreateStore(builder_.getInt64(target_.fuel()), fuel_);
        builder_.CreateBr(resume);
    } else {
        leave_marked(builder_.GetInsertBlock());
        builder_.CreateBr(exit_);
    }
}

void Lowering::leave(const ir::Terminator& terminator) {
    const ir::Variant& variant = function_.variants[terminator.variant];
    PP_CHECK(variant.slots.size() == terminator.results.size());
    llvm::BasicBlock* here = builder_.GetInsertBlock();
    // Slots that another variant uses hold anything: what is never read need not be computed.
    std::vector<llvm::Value*> stored;
    for (llvm::PHINode* slot : slots_)
        stored.push_back(llvm::PoisonValue::get(slot->getType()));
    if (function_.has_tag()) stored[0] = builder_.getInt8(static_cast<uint8_t>(terminator.variant));
    for (size_t i = 0; i < variant.slots.size(); ++i)
        stored[variant.slots[i]] = values_[terminator.results[i]];
    for (size_t slot = 0; slot < slots_.size(); ++slot)
        slots_[slot]->addIncoming(stored[slot], here);
    exit_mark_->addIncoming(runs_on() ? load_mark() : builder_.getInt64(0), here);
    builder_.CreateBr(exit_);
}

// One bit in a word: `or` of such words over the elements is a reduction that the vectoriser knows. Conditions, and
// words of all ones, are first turned into selects, which it does not know.
llvm::Value* Lowering::load_mark() {
    llvm::Value* failed = builder_.CreateZExt(load_variable(builder_, failed_), builder_.getInt64Ty());
    return builder_.CreateOr(failed, builder_.CreateLShr(load_variable(builder_, negative_), 63));
}

// The caller branches from `from` to the exit.
void Lowering::leave_marked(llvm::BasicBlock* from) {
    for (llvm::PHINode* slot : slots_)
        slot->addIncoming(llvm::PoisonValue::get(slot->getType()), from);
    exit_mark_->addIncoming(builder_.getInt64(1), from);
}

void Lowering::mark_if(llvm::IRBuilderBase& builder, llvm::Value* condition) {
    if (runs_on()) {
        builder.CreateStore(builder.CreateOr(load_variable(builder, failed_), condition), failed_);
        return;
    }
    llvm::BasicBlock* unmarked = add_block("unmarked");
    leave_marked(builder.GetInsertBlock());
    llvm::MDNode* weights = llvm::MDBuilder(kernel_->getContext()).createUnlikelyBranchWeights();
    builder.CreateCondBr(condition, exit_, unmarked, weights);
    builder.SetInsertPoint(unmarked);
}

void Lowering::mark_if_negative(llvm::IRBuilderBase& builder, llvm::Value* word) {
    PP_CHECK(runs_on());
    builder.CreateStore(builder.CreateOr(load_variable(builder, negative_), word), negative_);
}

}  // namespace

BlockOrder order_blocks(const ir::Function& function) {
    BlockOrder result;
    const auto count = static_cast<uint32_t>(function.blocks.size());
    result.position.assign(count, count);
    std::vector<uint8_t> visited(count);
    // Depth first with an explicit stack of (block, next edge): functions of thousands of blocks are nested as deep.
    std::vector<std::pair<ir::BlockId, size_t>> path{{0, 0}};
    visited[0] = 1;
    while (!path.empty()) {
        auto& [block, next] = path.back();
        const std::vector<ir::Edge>& edges = function.blocks[block].terminator.edges;
        if (next == edges.size()) {
            result.order.push_back(block);
            path.pop_back();
            continue;
        }
        const ir::BlockId successor = edges[next++].block;
        if (!std::exchange(visited[successor], 1)) path.emplace_back(successor, 0);
    }
    std::reverse(result.order.begin(), result.order.end());
    for (uint32_t i = 0; i < result.order.size(); ++i)
        result.position[result.order[i]] = i;
    for (const ir::BlockId from : result.order)
        for (const ir::Edge& edge : function.blocks[from].terminator.edges)
            result.has_loops |= result.is_back_edge(from, edge.block);
    result.has_loops |= ir::uses_memory(function);
    return result;
}

bool lower(const ir::Function& function, Target& target, const Options& options, llvm::Module& module) {
    return Lowering(function, target, options, module).lower();
}

}  // namespace pp::codegen
