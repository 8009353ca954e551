/// The third step of decode(): the compilers' different arrangements of the same source become one.
///
/// Every rule looks along one path, so it holds whatever else leads to the nodes: a fused node skips its partner, which
/// stays for others. Rules are applied until none fits.
#include <optional>

#include "frontend/bytecode_graph.h"

namespace pp::frontend {

namespace {

class Normaliser {
public:
    Normaliser(Graph& graph, const CodeView& code) : graph_(graph), code_(code) {}

    void run() {
        // No compiler's output comes near this; what is left unfinished is merely not in its simplest form.
        const int32_t limit = 4 * graph_.size() + 64;
        for (bool changed = true; changed;) {
            skip_nothings();
            changed = false;
            // Nodes that a rule adds are looked at in the same round.
            for (int32_t node = 0; node < graph_.size(); ++node) {
                while (graph_.size() < limit && rewrite(node))
                    changed = true;
            }
        }
    }

private:
    Graph& graph_;
    const CodeView& code_;

    Canon op(int32_t node) const { return node == kNowhere ? Canon::Nothing : graph_[node].operation.op; }
    bool is(int32_t node, Canon wanted, int32_t argument) const {
        return op(node) == wanted && graph_[node].operation.argument == argument;
    }
    bool is_unary(int32_t node, UnaryOperator wanted) const {
        return is(node, Canon::Unary, static_cast<int32_t>(wanted));
    }
    bool is_branch(int32_t node) const { return op(node) == Canon::JumpIfTrue || op(node) == Canon::JumpIfFalse; }

    /// Drops the node's effect: whoever leads to it goes on behind it.
    bool cancel(int32_t node) {
        graph_[node].operation = Operation{};
        return true;
    }
    /// `node` takes over what `partner`, its successor, led to.
    bool skip(int32_t node, int32_t partner) {
        graph_[node].next = graph_[partner].next;
        return true;
    }
    int32_t forward(int32_t node);
    void skip_nothings();
    std::optional<bool> known_truth(int32_t node) const;
    bool rewrite(int32_t node);
    bool rewrite_unary(int32_t node);
    bool rewrite_test(int32_t node);
    bool rewrite_copy(int32_t node);
    bool rewrite_local(int32_t node);
    bool invert_branch(int32_t node);
};

/// The first node behind `node` that does something; an empty loop leads to itself.
int32_t Normaliser::forward(int32_t node) {
    int32_t slow = node;
    bool odd = false;
    while (node != kNowhere && op(node) == Canon::Nothing) {
        node = graph_[node].next;
        if (odd) slow = graph_[slow].next;
        odd = !odd;
        if (node == slow && op(node) == Canon::Nothing) break;
    }
    return node;
}

void Normaliser::skip_nothings() {
    for (int32_t node = 0; node < graph_.size(); ++node) {
        if (graph_[node].next != kNowhere) graph_[node].next = forward(graph_[node].next);
        if (graph_[node].jump != kNowhere) graph_[node].jump = forward(graph_[node].jump);
        if (op(node) == Canon::Nothing) graph_[node].handler = kNowhere;
        if (graph_[node].handler != kNowhere) graph_[node].handler = forward(graph_[node].handler);
    }
    graph_.entry = forward(graph_.entry);
}

bool Normaliser::rewrite(int32_t node) {
    switch (op(node)) {
    case Canon::JumpIfTrue: {
        // One polarity: `next` where the condition holds.
        GraphNode& branch = graph_[node];
        branch.operation.op = Canon::JumpIfFalse;
        std::swap(branch.next, branch.jump);
        return true;
    }
    case Canon::Unary: return rewrite_unary(node);
    case Canon::Is:
    case Canon::Contains: return rewrite_test(node);
    case Canon::Copy: return rewrite_copy(node);
    case Canon::Local: return rewrite_local(node);
    case Canon::StoreLocal:
        // `_, _, z = row`: nobody sees the first of two values for the same name.
        if (!is(graph_[node].next, Canon::StoreLocal, graph_[node].operation.argument)) return false;
        graph_[node].operation.op = Canon::Pop;
        graph_[node].operation.argument = 0;
        return true;
    case Canon::Attribute:
        // Which of the two forms a call of `module.name` takes depends on where the module was imported.
        if (op(graph_[node].next) != Canon::PushNull) return false;
        graph_[node].operation.op = Canon::CallableSelf;
        return skip(node, graph_[node].next);
    case Canon::Const:
    case Canon::SmallInt:
    case Canon::None: {
        int32_t next = graph_[node].next;
        std::optional<bool> truth = known_truth(node);
        if (!truth || op(next) != Canon::JumpIfFalse) return false;
        graph_[node].next = *truth ? graph_[next].next : graph_[next].jump;
        return cancel(node);
    }
    default: return false;
    }
}

std::optional<bool> Normaliser::known_truth(int32_t node) const {
    const Operation& operation = graph_[node].operation;
    if (operation.op == Canon::None) return false;
    if (operation.op == Canon::SmallInt) return operation.argument != 0;
    const auto& value = code_.constants[static_cast<size_t>(operation.argument)].value;
    if (std::holds_alternative<std::monostate>(value)) return false;
    if (auto* boolean = std::get_if<bool>(&value)) return *boolean;
    if (auto* integer = std::get_if<int64_t>(&value)) return *integer != 0;
    return std::nullopt;
}

/// The branch that `node` leads to, its ways exchanged, now directly behind `node`.
bool Normaliser::invert_branch(int32_t node) {
    GraphNode branch = graph_[graph_[node].next];
    std::swap(branch.next, branch.jump);
    int32_t added = graph_.add(std::move(branch));
    graph_[node].next = added;
    return true;
}

bool Normaliser::rewrite_unary(int32_t node) {
    int32_t next = graph_[node].next;
    if (is_unary(node, UnaryOperator::ToBool)) {
        // Whatever tests the truth does so by itself.
        bool is_tested = is_branch(next) || is_unary(next, UnaryOperator::Not) || is_unary(next, UnaryOperator::ToBool);
        return is_tested && cancel(node);
    }
    if (!is_unary(node, UnaryOperator::Not)) return false;
    if (is_unary(next, UnaryOperator::ToBool)) return skip(node, next);
    if (is_unary(next, UnaryOperator::Not)) {
        graph_[node].operation.argument = static_cast<int32_t>(UnaryOperator::ToBool);
        return skip(node, next);
    }
    return op(next) == Canon::JumpIfFalse && invert_branch(node) && cancel(node);
}

/// `is not` and `not in`: negations go into the test, except before a branch, where they exchange its ways.
bool Normaliser::rewrite_test(int32_t node) {
    int32_t next = graph_[node].next;
    if (is_unary(next, UnaryOperator::ToBool)) return skip(node, next);
    if (is_unary(next, UnaryOperator::Not)) {
        graph_[node].operation.argument ^= 1;
        return skip(node, next);
    }
    if (graph_[node].operation.argument != 1 || op(next) != Canon::JumpIfFalse) return false;
    graph_[node].operation.argument = 0;
    return invert_branch(node);
}

/// `and`, `or`: a value that has been tested is not tested again, and not kept where nobody wants it.
bool Normaliser::rewrite_copy(int32_t node) {
    int32_t branch = graph_[node].next;
    if (graph_[node].operation.argument != 1 || op(branch) != Canon::JumpIfFalse) return false;
    auto tests_again = [&](int32_t at) {
        return is(at, Canon::Copy, 1) && op(graph_[at].next) == Canon::JumpIfFalse && graph_[at].next != branch;
    };
    int32_t if_true = graph_[branch].next, if_false = graph_[branch].jump;
    bool again_true = tests_again(if_true), again_false = tests_again(if_false);
    bool unwanted = op(if_true) == Canon::Pop && op(if_false) == Canon::Pop;
    if (!again_true && !again_false && !unwanted) return false;
    GraphNode changed = graph_[branch];
    if (again_true) changed.next = graph_[graph_[if_true].next].next;
    if (again_false) changed.jump = graph_[graph_[if_false].next].jump;
    if (unwanted) {
        changed.next = graph_[if_true].next;
        changed.jump = graph_[if_false].next;
    }
    int32_t added = graph_.add(std::move(changed));
    graph_[node].next = added;
    return !unwanted || cancel(node);
}

/// Some 3.13s begin a generator expression by taking the iterator of its only parameter, which is an iterator.
bool Normaliser::rewrite_local(int32_t node) {
    bool is_iterator = code_.slots[static_cast<size_t>(graph_[node].operation.argument)] == ".0";
    return is_iterator && op(graph_[node].next) == Canon::Iterate && skip(node, graph_[node].next);
}

}  // namespace

void normalise(Graph& graph, const CodeView& code) {
    Normaliser(graph, code).run();
}

}  // namespace pp::frontend
