/// The first step of decode(): what each CPython instruction means in canonical operations.
#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "frontend/bytecode_graph.h"
#include "frontend/bytecode_instructions.h"
#include "frontend/bytecode_unsupported.h"

namespace pp::frontend {

namespace {

class Expander {
public:
    explicit Expander(const CodeView& code) : code_(code), instructions_(read_instructions(code)) {}

    Graph run() {
        for (index_ = 0; index_ < instructions_.size(); ++index_) {
            begin_.push_back(graph_.size());
            instruction_ = &instructions_[index_];
            if (!slots() && !names() && !constants() && !operators() && !rows() && !texts() && !calls() &&
                !functions() && !control() && !jumps() && !without_effect()) {
                unsupported(unsupported_construct(*instruction_));
            }
            // Every instruction has a node, so that jumps have something to point at.
            if (begin_.back() == graph_.size()) emit(Canon::Nothing);
        }
        link();
        return std::move(graph_);
    }

private:
    const CodeView& code_;
    std::vector<Instruction> instructions_;
    size_t index_ = 0;
    const Instruction* instruction_ = nullptr;
    Graph graph_;
    std::vector<int32_t> begin_;   // of each instruction: its first node
    int32_t keyword_names_ = -1;   // constant that KW_NAMES named for the next call

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
    bool attribute();
    bool call(int32_t count);
    bool branch(Canon op) { return emit(op, 0, instruction_->target); }
    bool branch_on_none(bool jumps_on_none);
    bool known_builtin_shortcut();
    int32_t after_loop(int32_t target) const;
    void link();
};

/// What an exhausted loop goes on with: FOR_ITER pops the iterator itself, or leaves that to the END_FOR it leads to.
int32_t Expander::after_loop(int32_t target) const {
    size_t at = static_cast<size_t>(target);
    if (instructions_[at].opcode != Opcode::END_FOR) return target;
    at += since(313) ? 2 : 1;
    PP_CHECK(at < instructions_.size());
    return static_cast<int32_t>(at);
}

void Expander::link() {
    for (int32_t node = 0; node < graph_.size(); ++node) {
        GraphNode& linked = graph_[node];
        if (linked.jump != kNowhere) {
            if (linked.operation.op == Canon::Next) linked.jump = after_loop(linked.jump);
            linked.jump = begin_[static_cast<size_t>(linked.jump)];
        }
        if (linked.operation.op == Canon::Jump) {
            linked.operation.op = Canon::Nothing;
            linked.next = linked.jump;
            linked.jump = kNowhere;
        } else if (!ends_path(linked.operation)) {
            PP_CHECK(node + 1 < graph_.size());
            linked.next = node + 1;
        }
    }
}

/// From 3.13 on, LOAD_FAST of a slot that holds a cell pushes the cell itself, as LOAD_CLOSURE did.
bool Expander::load_slot(int32_t slot) {
    PP_CHECK(static_cast<size_t>(slot) < code_.slot_kinds.size());
    bool is_cell = code_.slot_kinds[static_cast<size_t>(slot)] != SlotKind::Local;
    return emit(since(313) && is_cell ? Canon::Cell : Canon::Local, slot);
}

bool Expander::two_slots(bool first_is_store, bool second_is_store) {
    int32_t first = argument() >> 4, second = argument() & 15;
    first_is_store ? emit(Canon::StoreLocal, first) : load_slot(first);
    return second_is_store ? emit(Canon::StoreLocal, second) : load_slot(second);
}

bool Expander::slots() {
    switch (instruction_->opcode) {
        case Opcode::LOAD_FAST: case Opcode::LOAD_FAST_BORROW: case Opcode::LOAD_FAST_CHECK:
            return load_slot(argument());
        case Opcode::LOAD_FAST_LOAD_FAST: case Opcode::LOAD_FAST_BORROW_LOAD_FAST_BORROW:
            return two_slots(false, false);
        case Opcode::STORE_FAST_LOAD_FAST: return two_slots(true, false);
        case Opcode::STORE_FAST_STORE_FAST: return two_slots(true, true);
        case Opcode::STORE_FAST: return emit(Canon::StoreLocal, argument());
        case Opcode::DELETE_FAST:
            load_slot(argument());
            emit(Canon::Pop);
            return emit(Canon::DeleteLocal, argument());
        case Opcode::LOAD_FAST_AND_CLEAR: return provisional(Canon::Local, Provisional::SaveLocal, argument());
        case Opcode::LOAD_CLOSURE: return emit(Canon::Cell, argument());
        case Opcode::LOAD_DEREF: return emit(Canon::Deref, argument());
        case Opcode::STORE_DEREF: return emit(Canon::StoreDeref, argument());
        default: return false;
    }
}

/// Whether the global is `super` in a method. 3.12 made one instruction of `super().name`: this is what they share.
bool Expander::is_super(int32_t name) const {
    auto is_class_cell = [](const std::string& slot) { return slot == "__class__"; };
    return code_.names.at(static_cast<size_t>(name)) == "super" && std::ranges::any_of(code_.slots, is_class_cell);
}

/// LOAD_ATTR tells with its lowest bit (since 3.12) that a method is about to be called.
bool Expander::attribute() {
    if (!since(312)) return emit(Canon::Attribute, argument());
    return emit(bit(1) ? Canon::CallableSelf : Canon::Attribute, argument() >> 1);
}

bool Expander::names() {
    switch (instruction_->opcode) {
        case Opcode::LOAD_GLOBAL:
            if (is_super(argument() >> 1)) return unsupported("super()");
            // The null is for a call, though not always of this global: up to 3.12 `math.sin(x)` has it here too.
            if (bit(1) && !since(313)) provisional(Canon::PushNull, Provisional::EarlyNull);
            emit(Canon::Global, argument() >> 1);
            return !bit(1) || !since(313) || emit(Canon::PushNull);
        case Opcode::LOAD_ATTR: return attribute();
        case Opcode::LOAD_METHOD: return emit(Canon::CallableSelf, argument());
        case Opcode::STORE_ATTR: return emit(Canon::StoreAttribute, argument());
        default: return false;
    }
}

bool Expander::load_none() {
    for (size_t i = 0; i < code_.constants.size(); ++i) {
        if (std::holds_alternative<std::monostate>(code_.constants[i].value)) {
            return emit(Canon::Const, static_cast<int32_t>(i));
        }
    }
    return emit(Canon::None);
}

bool Expander::load_slice_part(const Constant& part) {
    if (std::holds_alternative<std::monostate>(part.value)) return load_none();
    const int64_t* value = std::get_if<int64_t>(&part.value);
    bool fits = value && *value >= std::numeric_limits<int32_t>::min() && *value <= std::numeric_limits<int32_t>::max();
    return fits ? emit(Canon::SmallInt, static_cast<int32_t>(*value)) : unsupported("slice");
}

bool Expander::load_constant(int32_t index) {
    const Constant* value = constant(index);
    PP_CHECK(value);
    auto* object = std::get_if<ObjectConstant>(&value->value);
    if (!object || object->type_name != "slice" || object->items.size() != 3) return emit(Canon::Const, index);
    bool has_step = !std::holds_alternative<std::monostate>(object->items[2].value);
    for (size_t i = 0; i < (has_step ? 3u : 2u); ++i) load_slice_part(object->items[i]);
    return emit(Canon::BuildSlice, has_step ? 3 : 2);
}

bool Expander::constants() {
    switch (instruction_->opcode) {
        case Opcode::LOAD_CONST: return load_constant(argument());
        case Opcode::LOAD_SMALL_INT: return emit(Canon::SmallInt, argument());
        case Opcode::RETURN_CONST: return load_constant(argument()) && emit(Canon::Return);
        case Opcode::LOAD_ASSERTION_ERROR: return emit(Canon::CommonConstant, 0);
        case Opcode::LOAD_COMMON_CONSTANT: return argument() < 2 && emit(Canon::CommonConstant, argument());
        default: return false;
    }
}

/// BINARY_OP's argument: `_nb_ops`, in alphabetical order, then the same again in place, then (3.14) subscription.
bool Expander::binary() {
    constexpr BinaryOperator kOperators[] = {
        BinaryOperator::Add, BinaryOperator::And, BinaryOperator::FloorDivide, BinaryOperator::LeftShift,
        BinaryOperator::MatrixMultiply, BinaryOperator::Multiply, BinaryOperator::Modulo, BinaryOperator::Or,
        BinaryOperator::Power, BinaryOperator::RightShift, BinaryOperator::Subtract, BinaryOperator::TrueDivide,
        BinaryOperator::Xor,
    };
    constexpr int32_t kCount = static_cast<int32_t>(std::size(kOperators));
    if (argument() == 2 * kCount) return emit(Canon::Subscript);
    PP_CHECK(argument() < 2 * kCount);
    emit(Canon::Binary, static_cast<int32_t>(kOperators[argument() % kCount]));
    graph_.nodes.back().operation.in_place = argument() >= kCount;
    return true;
}

bool Expander::operators() {
    switch (instruction_->opcode) {
        case Opcode::UNARY_NEGATIVE: return unary(UnaryOperator::Negative);
        case Opcode::UNARY_NOT: return unary(UnaryOperator::Not);
        case Opcode::UNARY_INVERT: return unary(UnaryOperator::Invert);
        case Opcode::UNARY_POSITIVE: return unary(UnaryOperator::Positive);
        case Opcode::TO_BOOL: return unary(UnaryOperator::ToBool);
        case Opcode::BINARY_OP: return binary();
        case Opcode::COMPARE_OP: {
            int32_t shift = since(313) ? 5 : since(312) ? 4 : 0;
            emit(Canon::Compare, argument() >> shift);
            return !since(313) || !bit(16) || unary(UnaryOperator::ToBool);
        }
        case Opcode::IS_OP: return emit(Canon::Is, argument());
        case Opcode::CONTAINS_OP: return emit(Canon::Contains, argument());
        case Opcode::BINARY_SUBSCR: return emit(Canon::Subscript);
        case Opcode::STORE_SUBSCR: return emit(Canon::StoreSubscript);
        case Opcode::BINARY_SLICE: return emit(Canon::BuildSlice, 2) && emit(Canon::Subscript);
        case Opcode::STORE_SLICE: return emit(Canon::BuildSlice, 2) && emit(Canon::StoreSubscript);
        default: return false;
    }
}

const std::string* Expander::text_constant(const Constant& value) {
    const ObjectConstant* object = std::get_if<ObjectConstant>(&value.value);
    return object && object->type_name == "str" ? &object->text : nullptr;
}

/// The items of a constant tuple of texts; empty where it is anything else.
std::vector<std::string> Expander::texts_of(int32_t index) const {
    const Constant* value = constant(index);
    const ConstantTuple* tuple = value ? std::get_if<ConstantTuple>(&value->value) : nullptr;
    std::vector<std::string> texts;
    for (size_t i = 0; tuple && i < tuple->size(); ++i) {
        const std::string* text = text_constant((*tuple)[i]);
        if (!text) return {};
        texts.push_back(*text);
    }
    return texts;
}

/// Up to 3.13 most dict displays with constant keys have these in a tuple that comes last.
bool Expander::build_map_of_tuple() {
    GraphNode* keys = last(Canon::Const);
    std::vector<std::string> texts = keys ? texts_of(keys->operation.argument) : std::vector<std::string>{};
    if (!texts.empty()) cancel(*keys);
    emit(Canon::BuildMapKeys, argument());
    graph_.nodes.back().operation.keywords = std::move(texts);
    return true;
}

/// Elsewhere each key is pushed before its value. They are found by going back over the values, as long as those have
/// no branches inside; `missing` counts the entries that nodes further back have pushed.
bool Expander::build_map() {
    int32_t missing = 2 * argument();
    std::vector<int32_t> keys;
    bool is_key_next = false;
    for (int32_t at = graph_.size() - 1; at >= 0 && missing > 0; --at) {
        const GraphNode& node = graph_[at];
        const Operation& operation = node.operation;
        if (operation.op == Canon::Nothing) continue;
        bool is_straight = node.jump == kNowhere && !ends_path(operation) && operation.op != Canon::Swap;
        if (!is_straight || (is_key_next && operation.op != Canon::Const)) break;
        if (is_key_next && !text_constant(*constant(operation.argument))) break;
        StackEffect effect = stack_effect(operation);
        missing += effect.pops - effect.pushes;
        if (is_key_next) keys.push_back(at);
        is_key_next = !is_key_next && missing == 2 * (argument() - static_cast<int32_t>(keys.size())) - 1;
    }
    if (missing != 0 || keys.size() != static_cast<size_t>(argument()) || keys.empty()) {
        return emit(Canon::BuildMap, argument());
    }
    std::vector<std::string> texts;
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
        texts.push_back(*text_constant(*constant(graph_[*key].operation.argument)));
        cancel(graph_[*key]);
    }
    emit(Canon::BuildMapKeys, argument());
    graph_.nodes.back().operation.keywords = std::move(texts);
    return true;
}

bool Expander::rows() {
    switch (instruction_->opcode) {
        case Opcode::BUILD_TUPLE: return emit(Canon::BuildTuple, argument());
        case Opcode::BUILD_LIST: return emit(Canon::BuildList, argument());
        case Opcode::BUILD_SET: return emit(Canon::BuildSet, argument());
        case Opcode::BUILD_MAP: return build_map();
        case Opcode::BUILD_CONST_KEY_MAP: return build_map_of_tuple();
        case Opcode::BUILD_SLICE: return emit(Canon::BuildSlice, argument());
        case Opcode::UNPACK_SEQUENCE: return emit(Canon::Unpack, argument());
        case Opcode::UNPACK_EX: return emit(Canon::UnpackStar, argument());
        case Opcode::LIST_APPEND: return emit(Canon::ListAppend, argument());
        case Opcode::LIST_EXTEND: return emit(Canon::ListExtend, argument());
        case Opcode::SET_ADD: return emit(Canon::SetAdd, argument());
        case Opcode::MAP_ADD: return emit(Canon::MapAdd, argument());
        case Opcode::LIST_TO_TUPLE: return emit(Canon::ListToTuple);
        case Opcode::CALL_INTRINSIC_1:
            if (argument() == 5) return unary(UnaryOperator::Positive);
            return argument() == 6 && emit(Canon::ListToTuple);
        default: return false;
    }
}

/// Up to 3.12 the value is converted when its format specification lies above it already.
void Expander::convert(int32_t conversion, bool has_specification) {
    if (!has_specification) {
        emit(Canon::Convert, conversion);
    } else if (GraphNode* specification = last(Canon::Const)) {
        int32_t constant = std::exchange(specification->operation.argument, conversion);
        specification->operation.op = Canon::Convert;
        emit(Canon::Const, constant);
    } else {
        emit(Canon::Swap, 2);
        emit(Canon::Convert, conversion);
        emit(Canon::Swap, 2);
    }
}

bool Expander::texts() {
    switch (instruction_->opcode) {
        case Opcode::FORMAT_VALUE:
            if ((argument() & 3) != 0) convert(argument() & 3, bit(4));
            return emit(Canon::Format, bit(4) ? 1 : 0);
        case Opcode::CONVERT_VALUE: return emit(Canon::Convert, argument());
        case Opcode::FORMAT_SIMPLE: return emit(Canon::Format, 0);
        case Opcode::FORMAT_WITH_SPEC: return emit(Canon::Format, 1);
        case Opcode::BUILD_STRING: return emit(Canon::BuildString, argument());
        default: return false;
    }
}

bool Expander::call(int32_t count) {
    emit(Canon::Call, count);
    if (keyword_names_ >= 0) graph_.nodes.back().operation.keywords = texts_of(keyword_names_);
    keyword_names_ = -1;
    return true;
}

bool Expander::calls() {
    switch (instruction_->opcode) {
        case Opcode::PUSH_NULL:
            return since(313) ? emit(Canon::PushNull) : provisional(Canon::PushNull, Provisional::EarlyNull);
        case Opcode::KW_NAMES:
            keyword_names_ = argument();
            return emit(Canon::Nothing);
        case Opcode::CALL: return call(argument());
        case Opcode::CALL_KW: {
            GraphNode* names = last(Canon::Const);
            if (!names) return false;
            keyword_names_ = names->operation.argument;
            cancel(*names);
            return call(argument());
        }
        case Opcode::CALL_FUNCTION_EX:
            if (!since(314)) return emit(Canon::CallStar, argument() & 1);
            // Always has an entry for keyword arguments; a null where there are none.
            if (GraphNode* null = last(Canon::PushNull)) {
                cancel(*null);
                return emit(Canon::CallStar, 0);
            }
            return emit(Canon::CallStar, 1);
        default: return false;
    }
}

bool Expander::functions() {
    switch (instruction_->opcode) {
        case Opcode::MAKE_FUNCTION: return emit(Canon::MakeFunction, since(313) ? 0 : argument());
        case Opcode::SET_FUNCTION_ATTRIBUTE: {
            // One behind the other in the order that takes the parts off the stack, as if MAKE_FUNCTION took them all.
            GraphNode* function = last(Canon::MakeFunction);
            if (!function) return false;
            constexpr int32_t kAnnotations = 4, kAnnotate = 16;
            function->operation.argument |= argument() == kAnnotate ? kAnnotations : argument();
            return emit(Canon::Nothing);
        }
        default: return false;
    }
}

bool Expander::control() {
    switch (instruction_->opcode) {
        case Opcode::POP_TOP: {
            // RETURN_GENERATOR pushes the generator for the caller; whoever runs it finds None there and drops it.
            bool is_start = index_ > 0 && instructions_[index_ - 1].opcode == Opcode::RETURN_GENERATOR;
            return emit(is_start ? Canon::Nothing : Canon::Pop);
        }
        case Opcode::POP_ITER: return emit(Canon::Pop);
        case Opcode::COPY: return known_builtin_shortcut() || emit(Canon::Copy, argument());
        case Opcode::SWAP: return emit(Canon::Swap, argument());
        case Opcode::GET_ITER: return emit(Canon::Iterate);
        case Opcode::RETURN_VALUE: return emit(Canon::Return);
        case Opcode::RAISE_VARARGS: return emit(Canon::Raise, argument());
        case Opcode::YIELD_VALUE: return emit(Canon::Yield);
        case Opcode::RETURN_GENERATOR:
            return (code_.flags & (kCoroutine | kAsyncGenerator)) == 0 && emit(Canon::Nothing);
        default: return false;
    }
}

/// 3.14 tests whether `all`, `any` or `tuple` is the builtin and then runs a generator in place; the other way, an
/// ordinary call, means the same. So: never the builtin.
bool Expander::known_builtin_shortcut() {
    bool is_shortcut = argument() == 1 && is_ahead(1, Opcode::LOAD_COMMON_CONSTANT) && ahead(1)->argument >= 2 &&
                       is_ahead(2, Opcode::IS_OP) && is_ahead(3, Opcode::POP_JUMP_IF_FALSE);
    return is_shortcut && emit(Canon::Jump, 0, ahead(3)->target);
}

bool Expander::branch_on_none(bool jumps_on_none) {
    load_none();
    emit(Canon::Is, 0);
    return branch(jumps_on_none ? Canon::JumpIfTrue : Canon::JumpIfFalse);
}

bool Expander::jumps() {
    switch (instruction_->opcode) {
        case Opcode::JUMP_FORWARD: case Opcode::JUMP_BACKWARD: case Opcode::JUMP_BACKWARD_NO_INTERRUPT:
            return branch(Canon::Jump);
        case Opcode::FOR_ITER: return branch(Canon::Next);
        case Opcode::POP_JUMP_IF_TRUE: case Opcode::POP_JUMP_FORWARD_IF_TRUE: case Opcode::POP_JUMP_BACKWARD_IF_TRUE:
            return branch(Canon::JumpIfTrue);
        case Opcode::POP_JUMP_IF_FALSE: case Opcode::POP_JUMP_FORWARD_IF_FALSE: case Opcode::POP_JUMP_BACKWARD_IF_FALSE:
            return branch(Canon::JumpIfFalse);
        case Opcode::POP_JUMP_IF_NONE: case Opcode::POP_JUMP_FORWARD_IF_NONE: case Opcode::POP_JUMP_BACKWARD_IF_NONE:
            return branch_on_none(true);
        case Opcode::POP_JUMP_IF_NOT_NONE: case Opcode::POP_JUMP_FORWARD_IF_NOT_NONE:
        case Opcode::POP_JUMP_BACKWARD_IF_NOT_NONE:
            return branch_on_none(false);
        case Opcode::JUMP_IF_TRUE_OR_POP:
            return emit(Canon::Copy, 1) && branch(Canon::JumpIfTrue) && emit(Canon::Pop);
        case Opcode::JUMP_IF_FALSE_OR_POP:
            return emit(Canon::Copy, 1) && branch(Canon::JumpIfFalse) && emit(Canon::Pop);
        default: return false;
    }
}

bool Expander::without_effect() {
    switch (instruction_->opcode) {
        case Opcode::NOP: case Opcode::RESUME: case Opcode::PRECALL: case Opcode::NOT_TAKEN: case Opcode::MAKE_CELL:
        case Opcode::COPY_FREE_VARS: case Opcode::END_FOR: case Opcode::CACHE:
            return emit(Canon::Nothing);
        case Opcode::LOAD_SPECIAL:
            // Before 3.14 one instruction did what begins with a copy of the context manager now.
            if (GraphNode* copy = last(Canon::Copy)) cancel(*copy);
            return false;
        default: return false;
    }
}

}  // namespace

Graph expand(const CodeView& code) { return Expander(code).run(); }

int32_t Graph::add(GraphNode node) {
    nodes.push_back(std::move(node));
    return size() - 1;
}

bool ends_path(const Operation& operation) {
    return operation.op == Canon::Return || operation.op == Canon::Raise || operation.op == Canon::Unsupported;
}

}  // namespace pp::frontend
