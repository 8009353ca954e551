/// The first step of decode(), instruction by instruction: used by bytecode_expand*.cpp only.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "frontend/bytecode_graph.h"
#include "frontend/bytecode_handlers.h"
#include "frontend/bytecode_instructions.h"

namespace pp::frontend {

/// Each family of instructions has a member that answers whether the current instruction was one of its own.
class Expander {
public:
    explicit Expander(const CodeView& code) : code_(code), instructions_(read_instructions(code)) {}

    Graph run();

private:
    const CodeView& code_;
    std::vector<Instruction> instructions_;
    size_t index_ = 0;
    const Instruction* instruction_ = nullptr;
    Graph graph_;
    std::vector<int32_t> begin_;  // of each instruction: its first node
    int32_t keyword_names_ = -1;  // constant that KW_NAMES named for the next call
    bool is_called_ = false;      // the next call has been made: super()

    int32_t argument() const { return instruction_->argument; }
    bool bit(int32_t mask) const { return (instruction_->argument & mask) != 0; }
    bool since(int version) const { return code_.version >= version; }

    /// Appends a node; `jump` is the index of an instruction until link().
    bool emit(Canon op, int32_t argument = 0, int32_t jump = kNowhere) {
        GraphNode node;
        node.operation.op = op;
        node.operation.argument = argument;
        node.operation.span = instruction_->span;
        node.jump = jump;
        graph_.add(std::move(node));
        return true;
    }
    bool unary(UnaryOperator op) { return emit(Canon::Unary, static_cast<int32_t>(op)); }
    bool unsupported(std::string construct) {
        emit(Canon::Unsupported);
        graph_.nodes.back().operation.text = std::move(construct);
        return true;
    }
    bool provisional(Canon op, Provisional provisional, int32_t argument = 0) {
        emit(op, argument);
        graph_.nodes.back().provisional = provisional;
        return true;
    }
    const Constant* constant(int32_t index) const {
        bool known = index >= 0 && static_cast<size_t>(index) < code_.constants.size();
        return known ? &code_.constants[static_cast<size_t>(index)] : nullptr;
    }
    const Instruction* ahead(size_t count) const {
        return index_ + count < instructions_.size() ? &instructions_[index_ + count] : nullptr;
    }
    bool is_ahead(size_t count, Opcode opcode) const { return ahead(count) && ahead(count)->opcode == opcode; }
    /// The last node with an effect, if it is an `op`. Only for pairs that the compiler never takes apart.
    GraphNode* last(Canon op) {
        auto node = std::find_if(graph_.nodes.rbegin(), graph_.nodes.rend(),
                                 [](const GraphNode& each) { return each.operation.op != Canon::Nothing; });
        return node != graph_.nodes.rend() && node->operation.op == op ? &*node : nullptr;
    }
    /// Takes a node's effect away, leaving something to jump to.
    static void cancel(GraphNode& node) { node.operation = Operation{}; }

    bool hand_on_keywords();
    bool slots();
    bool names();
    bool constants();
    bool operators();
    bool rows();
    bool texts();
    bool calls();
    bool functions();
    bool control();
    bool jumps();
    bool without_effect();

    bool load_slot(int32_t slot);
    bool two_slots(bool first_is_store, bool second_is_store);
    bool load_constant(int32_t index);
    bool load_none();
    bool load_slice_part(const Constant& part);
    static const std::string* text_constant(const Constant& value);
    std::vector<std::string> texts_of(int32_t index) const;
    bool build_map_of_tuple();
    bool build_map();
    void convert(int32_t conversion, bool has_specification);
    bool binary();
    bool is_super(int32_t name) const;
    bool super_object();
    bool super_attribute();
    bool delegation();
    bool attribute();
    bool call(int32_t count);
    bool branch(Canon op) { return emit(op, 0, instruction_->target); }
    bool branch_on_none(bool jumps_on_none);
    bool known_builtin_shortcut();
    int32_t after_loop(int32_t target) const;
    void link();
    void link_handlers();
    bool exceptions();
    bool patterns();
};

}  // namespace pp::frontend
