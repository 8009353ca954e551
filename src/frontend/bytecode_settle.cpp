/// The second step of decode(): operations that CPython placed for its own convenience get their canonical place.
///
/// Two kinds of stack entries vanish. Up to 3.12 the null of a call lies *below* the callable; the canonical null comes
/// above it, as soon as the callable is complete. And an inlined comprehension saves the variable it hides on the
/// stack; where nobody reads that variable afterwards, it is simply unbound.
#include <algorithm>

#include "base/error.h"
#include "frontend/bytecode_graph.h"

namespace pp::frontend {

namespace {

/// A null to be put on the edges from `from` to `to`.
struct PendingNull {
    int32_t to;
    std::vector<int32_t> from;
    SourceSpan span;
};

class Settler {
public:
    Settler(Graph& graph, const CodeView& code) : graph_(graph), code_(code) {}

    void run() {
        states_ = simulate_stack(graph_);
        if (keep_saved_locals()) states_ = simulate_stack(graph_);
        insert_nulls();
        int32_t original_size = static_cast<int32_t>(states_.size());
        for (int32_t node = 0; node < original_size; ++node) {
            if (state(node).reached) drop_entries(node);
        }
    }

private:
    Graph& graph_;
    const CodeView& code_;
    std::vector<StackState> states_;  // of the nodes that expand() made
    std::vector<PendingNull> nulls_;  // placed when all are found, for the search looks at the graph as it was

    const StackState& state(int32_t node) const { return states_[static_cast<size_t>(node)]; }
    /// The n-th entry from the top before `node`.
    Entry entry(int32_t node, int32_t n) const {
        const std::vector<Entry>& entries = state(node).entries;
        PP_CHECK(n >= 1 && static_cast<size_t>(n) <= entries.size());
        return entries[entries.size() - static_cast<size_t>(n)];
    }
    bool restores(int32_t node) const {
        return graph_[node].operation.op == Canon::StoreLocal && entry(node, 1) == Entry::Saved;
    }

    bool keep_saved_locals();
    bool is_read_after_restore(int32_t slot) const;
    void insert_nulls();
    void find_null(int32_t early, const std::vector<std::vector<int32_t>>& predecessors);
    void place_null(const PendingNull& pending);
    bool is_consumer(int32_t node, size_t position) const;
    bool touches(int32_t node, size_t position) const;
    void drop_entries(int32_t node);
    void drop_in_swap(int32_t node);
    void refuse(int32_t node, std::string construct);
};

void Settler::refuse(int32_t node, std::string construct) {
    GraphNode& refused = graph_[node];
    refused.operation.op = Canon::Unsupported;
    refused.operation.argument = 0;
    refused.operation.text = std::move(construct);
    refused.provisional = Provisional::None;
    refused.next = refused.jump = refused.handler = kNowhere;
}

/// Whether some path reads the slot, without having bound it again, after a comprehension gave its value back.
bool Settler::is_read_after_restore(int32_t slot) const {
    std::vector<bool> seen(graph_.nodes.size(), false);
    std::vector<int32_t> pending;
    auto reach = [&](int32_t node) {
        if (node == kNowhere || seen[static_cast<size_t>(node)]) return;
        seen[static_cast<size_t>(node)] = true;
        pending.push_back(node);
    };
    for (int32_t node = 0; node < graph_.size(); ++node) {
        if (state(node).reached && restores(node) && graph_[node].operation.argument == slot) reach(graph_[node].next);
    }
    while (!pending.empty()) {
        int32_t at = pending.back();
        pending.pop_back();
        const GraphNode& node = graph_[at];
        bool is_same = node.operation.argument == slot && node.provisional == Provisional::None;
        if (is_same && node.operation.op == Canon::Local) return true;
        bool is_bound = is_same && (node.operation.op == Canon::StoreLocal || node.operation.op == Canon::DeleteLocal);
        if (is_bound && !restores(at)) continue;
        reach(node.next);
        reach(node.jump);
    }
    return false;
}

/// Saved locals that are read again become ordinary values on the stack. True when there were any.
bool Settler::keep_saved_locals() {
    bool any = false;
    std::vector<int32_t> saves;
    for (int32_t node = 0; node < graph_.size(); ++node) {
        if (state(node).reached && graph_[node].provisional == Provisional::SaveLocal) saves.push_back(node);
    }
    std::vector<bool> is_kept;
    for (int32_t node : saves)
        is_kept.push_back(is_read_after_restore(graph_[node].operation.argument));
    for (size_t i = 0; i < saves.size(); ++i) {
        int32_t slot = graph_[saves[i]].operation.argument;
        if (code_.slot_kinds[static_cast<size_t>(slot)] != SlotKind::Local) {
            refuse(saves[i], "comprehension whose variable an inner function uses");
            any = true;
        } else if (is_kept[i]) {
            GraphNode unbind;
            unbind.operation.op = Canon::DeleteLocal;
            unbind.operation.argument = slot;
            unbind.operation.span = graph_[saves[i]].operation.span;
            unbind.next = graph_[saves[i]].next;
            int32_t added = graph_.add(std::move(unbind));
            graph_[saves[i]].next = added;
            graph_[saves[i]].provisional = Provisional::None;
            any = true;
        }
    }
    return any;
}

/// Whether `node` is the call that takes the null at `position`.
bool Settler::is_consumer(int32_t node, size_t position) const {
    const Operation& operation = graph_[node].operation;
    bool is_call = operation.op == Canon::Call || operation.op == Canon::CallStar;
    return is_call && state(node).entries.size() - static_cast<size_t>(stack_effect(operation).pops) == position;
}

/// Whether the entry at `position` is not there yet before `node`, or is taken or exchanged by it.
bool Settler::touches(int32_t node, size_t position) const {
    const Operation& operation = graph_[node].operation;
    size_t size = state(node).entries.size();
    int32_t reach = operation.op == Canon::Swap   ? operation.argument
                    : operation.op == Canon::Next ? 0
                                                  : stack_effect(operation).pops;
    return size <= position || size - static_cast<size_t>(reach) <= position;
}

void Settler::insert_nulls() {
    int32_t count = graph_.size();
    std::vector<std::vector<int32_t>> predecessors(graph_.nodes.size());
    for (int32_t node = 0; node < count; ++node) {
        if (!state(node).reached) continue;
        for (int32_t to : {graph_[node].next, graph_[node].jump}) {
            if (to != kNowhere) predecessors[static_cast<size_t>(to)].push_back(node);
        }
    }
    for (int32_t node = 0; node < count; ++node) {
        if (state(node).reached && graph_[node].provisional == Provisional::EarlyNull) find_null(node, predecessors);
    }
    for (const PendingNull& pending : nulls_)
        place_null(pending);
}

/// The callable is complete where no path to the call touches its entry any more. The null goes on every edge that
/// leads from where it is not complete to where it is.
void Settler::find_null(int32_t early, const std::vector<std::vector<int32_t>>& predecessors) {
    size_t null_position = state(early).entries.size();
    std::vector<int32_t> region{graph_[early].next};
    std::vector<bool> in_region(states_.size(), false), incomplete(states_.size(), false);
    in_region[static_cast<size_t>(region[0])] = true;
    for (size_t i = 0; i < region.size(); ++i) {
        if (is_consumer(region[i], null_position)) continue;
        for (int32_t to : {graph_[region[i]].next, graph_[region[i]].jump}) {
            if (to == kNowhere || in_region[static_cast<size_t>(to)]) continue;
            in_region[static_cast<size_t>(to)] = true;
            region.push_back(to);
        }
    }
    std::vector<int32_t> pending;
    for (int32_t node : region) {
        if (is_consumer(node, null_position) || !touches(node, null_position + 1)) continue;
        incomplete[static_cast<size_t>(node)] = true;
        pending.push_back(node);
    }
    while (!pending.empty()) {
        int32_t node = pending.back();
        pending.pop_back();
        for (int32_t before : predecessors[static_cast<size_t>(node)]) {
            if (!in_region[static_cast<size_t>(before)] || incomplete[static_cast<size_t>(before)]) continue;
            if (is_consumer(before, null_position)) continue;
            incomplete[static_cast<size_t>(before)] = true;
            pending.push_back(before);
        }
    }
    for (int32_t node : region) {
        if (incomplete[static_cast<size_t>(node)]) continue;
        PendingNull pending_null{node, {}, graph_[early].operation.span};
        for (int32_t before : predecessors[static_cast<size_t>(node)]) {
            if (incomplete[static_cast<size_t>(before)]) pending_null.from.push_back(before);
        }
        if (!pending_null.from.empty()) nulls_.push_back(std::move(pending_null));
    }
}

void Settler::place_null(const PendingNull& pending) {
    GraphNode push;
    push.operation.op = Canon::PushNull;
    push.operation.span = pending.span;
    push.next = pending.to;
    int32_t null = graph_.add(std::move(push));
    for (int32_t before : pending.from) {
        if (graph_[before].next == pending.to) graph_[before].next = null;
        if (graph_[before].jump == pending.to) graph_[before].jump = null;
    }
}

void Settler::drop_in_swap(int32_t node) {
    int32_t n = graph_[node].operation.argument;
    int32_t between = 0, values_between = 0;
    for (int32_t i = 2; i < n; ++i) {
        ++between;
        values_between += is_value(entry(node, i));
    }
    bool is_top_value = is_value(entry(node, 1)), is_other_value = is_value(entry(node, n));
    if (is_top_value && is_other_value) {
        graph_[node].operation.argument = n - (between - values_between);
    } else if (values_between == 0) {
        graph_[node].operation = Operation{};
    } else {
        refuse(node, "comprehension");
    }
}

/// Rewrites an operation for a stack without the entries that vanish.
void Settler::drop_entries(int32_t at) {
    GraphNode& node = graph_[at];
    Operation& operation = node.operation;
    if (node.provisional == Provisional::EarlyNull) {
        operation = Operation{};
    } else if (node.provisional == Provisional::SaveLocal || restores(at)) {
        operation.op = Canon::DeleteLocal;
    } else if (operation.op == Canon::Pop && !is_value(entry(at, 1))) {
        operation = Operation{};
    } else if (operation.op == Canon::Iterate && entry(at, 1) == Entry::Iterator) {
        // Some 3.13s take the iterator of a comprehension's iterator once more, which is itself.
        operation = Operation{};
    } else if (operation.op == Canon::Swap) {
        drop_in_swap(at);
    } else if (operation.op == Canon::Copy) {
        int32_t n = operation.argument;
        if (!is_value(entry(at, n))) return refuse(at, "comprehension");
        for (int32_t i = 1; i < n; ++i)
            operation.argument -= !is_value(entry(at, i));
    } else if (operation.op == Canon::ListAppend || operation.op == Canon::ListExtend ||
               operation.op == Canon::SetAdd || operation.op == Canon::SetUpdate || operation.op == Canon::DictUpdate ||
               operation.op == Canon::MapAdd) {
        int32_t first = stack_effect(operation).pops + 1, n = operation.argument;
        for (int32_t i = first; i < first + n - 1; ++i)
            operation.argument -= !is_value(entry(at, i));
    }
    node.provisional = Provisional::None;
}

}  // namespace

void settle_stack(Graph& graph, const CodeView& code) {
    Settler(graph, code).run();
}

}  // namespace pp::frontend
