/// The first step of decode(): what each CPython instruction means in canonical operations. Calls, functions and jumps
/// are here; bytecode_expand_values.cpp and bytecode_expand_rows.cpp have the rest.
#include <utility>

#include "base/error.h"
#include "frontend/bytecode_expander.h"
#include "frontend/bytecode_unsupported.h"

namespace pp::frontend {

Graph Expander::run() {
    for (index_ = 0; index_ < instructions_.size(); ++index_) {
        begin_.push_back(graph_.size());
        instruction_ = &instructions_[index_];
        if (!slots() && !names() && !constants() && !operators() && !rows() && !texts() && !calls() && !functions() &&
            !control() && !exceptions() && !patterns() && !jumps() && !without_effect()) {
            unsupported(unsupported_construct(*instruction_));
        }
        // Every instruction has a node, so that jumps have something to point at.
        if (begin_.back() == graph_.size()) emit(Canon::Nothing);
    }
    link();
    return std::move(graph_);
}

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
    link_handlers();
}

void Expander::link_handlers() {
    const std::vector<HandlerPlace> places = find_handlers(code_, instructions_);
    int32_t hidden = kNowhere;
    const int32_t size = graph_.size();
    for (size_t i = 0; i < instructions_.size(); ++i) {
        const HandlerPlace& place = places[i];
        if (place.kind == HandlerPlace::Kind::None) continue;
        if (place.kind == HandlerPlace::Kind::Hides && hidden == kNowhere) {
            GraphNode refused;
            refused.operation.op = Canon::Unsupported;
            refused.operation.text = "comprehension in a try statement that hides a variable";
            refused.operation.span = instructions_[i].span;
            hidden = graph_.add(std::move(refused));
        }
        const int32_t end = i + 1 < begin_.size() ? begin_[i + 1] : size;
        for (int32_t node = begin_[i]; node < end; ++node) {
            if (!may_raise(graph_[node].operation)) continue;
            const bool is_hidden = place.kind == HandlerPlace::Kind::Hides;
            graph_[node].handler = is_hidden ? hidden : begin_[static_cast<size_t>(place.instruction)];
            graph_[node].operation.handler_depth = is_hidden ? 0 : place.depth;
            graph_[node].operation.pushes_position = !is_hidden && place.pushes_position;
        }
    }
}

bool Expander::call(int32_t count) {
    if (std::exchange(is_called_, false)) return emit(Canon::Nothing);
    emit(Canon::Call, count);
    if (keyword_names_ >= 0) graph_.nodes.back().operation.keywords = texts_of(keyword_names_);
    keyword_names_ = -1;
    return true;
}

bool Expander::calls() {
    switch (instruction_->opcode) {
    case Opcode::PUSH_NULL:
        return since(313) ? emit(Canon::PushNull) : provisional(Canon::PushNull, Provisional::EarlyNull);
    case Opcode::KW_NAMES: keyword_names_ = argument(); return emit(Canon::Nothing);
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
    case Opcode::GET_YIELD_FROM_ITER: return emit(Canon::Iterate);
    case Opcode::SEND: return delegation();
    case Opcode::RETURN_GENERATOR: return (code_.flags & (kCoroutine | kAsyncGenerator)) == 0 && emit(Canon::Nothing);
    default: return false;
    }
}

/// `yield from iterable`: a loop that yields each item. SEND takes what was sent, a None, and leads to END_SEND (since
/// 3.12) and what becomes of the result, often a POP_TOP.
bool Expander::delegation() {
    auto behind = static_cast<size_t>(instruction_->target);
    if (instructions_[behind].opcode == Opcode::END_SEND) ++behind;
    const bool is_dropped = behind < instructions_.size() && instructions_[behind].opcode == Opcode::POP_TOP;
    if ((code_.flags & (kCoroutine | kAsyncGenerator)) != 0) return false;
    emit(Canon::Pop);
    return emit(Canon::Next, is_dropped ? 0 : 1, static_cast<int32_t>(behind) + (is_dropped ? 1 : 0));
}

/// 3.14 tests whether `all`, `any` or `tuple` is the builtin and then runs a generator in place; the other way, an
/// ordinary call, means the same. So: never the builtin.
bool Expander::known_builtin_shortcut() {
    bool is_shortcut = argument() == 1 && is_ahead(1, Opcode::LOAD_COMMON_CONSTANT) && ahead(1)->argument >= 2 &&
                       is_ahead(2, Opcode::IS_OP) && is_ahead(3, Opcode::POP_JUMP_IF_FALSE);
    return is_shortcut && emit(Canon::Jump, 0, ahead(3)->target);
}

bool Expander::exceptions() {
    switch (instruction_->opcode) {
    case Opcode::PUSH_EXC_INFO: return emit(Canon::BeginHandler);
    case Opcode::POP_EXCEPT: return emit(Canon::Pop);
    case Opcode::CHECK_EXC_MATCH: return emit(Canon::MatchException);
    case Opcode::RERAISE: return emit(Canon::Reraise);
    case Opcode::BEFORE_WITH:
        // The method that ends it as one entry, below what the one that begins it gives.
        emit(Canon::Copy, 1);
        emit(Canon::Special, 3);
        emit(Canon::Swap, 2);
        emit(Canon::Special, 0);
        return emit(Canon::Call, 0);
    case Opcode::LOAD_SPECIAL: return argument() < 2 && emit(Canon::Special, argument());
    default: return false;
    }
}

bool Expander::patterns() {
    switch (instruction_->opcode) {
    case Opcode::IMPORT_NAME: return emit(Canon::Import, argument());
    case Opcode::IMPORT_FROM: return emit(Canon::ImportFrom, argument());
    case Opcode::MATCH_SEQUENCE: return emit(Canon::MatchSequence);
    case Opcode::MATCH_MAPPING: return emit(Canon::MatchMapping);
    case Opcode::MATCH_KEYS: return emit(Canon::MatchKeys);
    case Opcode::MATCH_CLASS: return emit(Canon::MatchClass, argument());
    case Opcode::GET_LEN: return emit(Canon::GetLength);
    default: return false;
    }
}

bool Expander::branch_on_none(bool jumps_on_none) {
    load_none();
    emit(Canon::Is, 0);
    return branch(jumps_on_none ? Canon::JumpIfTrue : Canon::JumpIfFalse);
}

bool Expander::jumps() {
    switch (instruction_->opcode) {
    case Opcode::JUMP_FORWARD:
    case Opcode::JUMP_BACKWARD:
    case Opcode::JUMP_BACKWARD_NO_INTERRUPT: return branch(Canon::Jump);
    case Opcode::FOR_ITER: return branch(Canon::Next);
    case Opcode::POP_JUMP_IF_TRUE:
    case Opcode::POP_JUMP_FORWARD_IF_TRUE:
    case Opcode::POP_JUMP_BACKWARD_IF_TRUE: return branch(Canon::JumpIfTrue);
    case Opcode::POP_JUMP_IF_FALSE:
    case Opcode::POP_JUMP_FORWARD_IF_FALSE:
    case Opcode::POP_JUMP_BACKWARD_IF_FALSE: return branch(Canon::JumpIfFalse);
    case Opcode::POP_JUMP_IF_NONE:
    case Opcode::POP_JUMP_FORWARD_IF_NONE:
    case Opcode::POP_JUMP_BACKWARD_IF_NONE: return branch_on_none(true);
    case Opcode::POP_JUMP_IF_NOT_NONE:
    case Opcode::POP_JUMP_FORWARD_IF_NOT_NONE:
    case Opcode::POP_JUMP_BACKWARD_IF_NOT_NONE: return branch_on_none(false);
    case Opcode::JUMP_IF_TRUE_OR_POP: return emit(Canon::Copy, 1) && branch(Canon::JumpIfTrue) && emit(Canon::Pop);
    case Opcode::JUMP_IF_FALSE_OR_POP: return emit(Canon::Copy, 1) && branch(Canon::JumpIfFalse) && emit(Canon::Pop);
    default: return false;
    }
}

bool Expander::without_effect() {
    switch (instruction_->opcode) {
    case Opcode::NOP:
    case Opcode::RESUME:
    case Opcode::PRECALL:
    case Opcode::NOT_TAKEN:
    case Opcode::MAKE_CELL:
    case Opcode::COPY_FREE_VARS:
    case Opcode::END_FOR:
    case Opcode::CACHE: return emit(Canon::Nothing);
    case Opcode::LOAD_SPECIAL:
        // Before 3.14 one instruction did what begins with a copy of the asynchronous context manager now.
        if (GraphNode* copy = last(Canon::Copy)) cancel(*copy);
        return false;
    default: return false;
    }
}

Graph expand(const CodeView& code) {
    return Expander(code).run();
}

int32_t Graph::add(GraphNode node) {
    nodes.push_back(std::move(node));
    return size() - 1;
}

bool ends_path(const Operation& operation) {
    return operation.op == Canon::Return || operation.op == Canon::Raise || operation.op == Canon::Reraise ||
           operation.op == Canon::Unsupported;
}

bool may_raise(const Operation& operation) {
    switch (operation.op) {
    case Canon::Const:
    case Canon::SmallInt:
    case Canon::None:
    case Canon::StoreLocal:
    case Canon::DeleteLocal:
    case Canon::StoreDeref:
    case Canon::Cell:
    case Canon::PushNull:
    case Canon::Pop:
    case Canon::Copy:
    case Canon::Swap:
    case Canon::BuildTuple:
    case Canon::BuildList:
    case Canon::Jump:
    case Canon::JumpIfTrue:
    case Canon::JumpIfFalse:
    case Canon::Return:
    case Canon::MakeFunction:
    case Canon::Is:
    case Canon::CommonConstant:
    case Canon::Nothing:
    case Canon::Unsupported:
    case Canon::BeginHandler: return false;
    default: return true;
    }
}

}  // namespace pp::frontend
