/// The last steps of decode(): equal nodes become one, and the graph becomes a list again.
#include <algorithm>
#include <map>
#include <tuple>

#include "frontend/bytecode_graph.h"

namespace pp::frontend {

namespace {

/// Reverse postorder from the entry. `next` is visited last, so that it mostly comes right behind its node.
std::vector<int32_t> reverse_postorder(const Graph& graph) {
    enum class Mark : uint8_t { New, HandlerVisited, JumpVisited, NextVisited };
    std::vector<Mark> marks(graph.nodes.size(), Mark::New);
    std::vector<bool> seen(graph.nodes.size(), false);
    std::vector<int32_t> order, pending{graph.entry};
    seen[static_cast<size_t>(graph.entry)] = true;
    auto visit = [&](int32_t node) {
        if (node == kNowhere || seen[static_cast<size_t>(node)]) return;
        seen[static_cast<size_t>(node)] = true;
        pending.push_back(node);
    };
    while (!pending.empty()) {
        int32_t node = pending.back();
        Mark& mark = marks[static_cast<size_t>(node)];
        if (mark == Mark::New) {
            mark = Mark::HandlerVisited;
            visit(graph[node].handler);
        } else if (mark == Mark::HandlerVisited) {
            mark = Mark::JumpVisited;
            visit(graph[node].jump);
        } else if (mark == Mark::JumpVisited) {
            mark = Mark::NextVisited;
            visit(graph[node].next);
        } else {
            order.push_back(node);
            pending.pop_back();
        }
    }
    std::reverse(order.begin(), order.end());
    return order;
}

/// Operations that cannot be what a message points at: they are equal wherever they stand.
bool is_placeless(Canon op) {
    switch (op) {
    case Canon::Const:
    case Canon::SmallInt:
    case Canon::None:
    case Canon::Local:
    case Canon::StoreLocal:
    case Canon::DeleteLocal:
    case Canon::Pop:
    case Canon::Copy:
    case Canon::Swap:
    case Canon::PushNull:
    case Canon::Return:
    case Canon::Nothing: return true;
    default: return false;
    }
}

constexpr size_t kMergeWork = 5'000'000;

}  // namespace

void merge_equal(Graph& graph, const CodeView& code) {
    std::vector<int32_t> order = reverse_postorder(graph);
    std::vector<StackState> states = simulate_stack(graph);
    // Nodes start in classes by what they do and are split until equal classes lead to equal classes.
    using Start = std::tuple<std::string, size_t, int32_t, int32_t, int32_t, int32_t>;
    std::map<Start, int32_t> starts;
    std::vector<int32_t> classes(graph.nodes.size(), kNowhere);
    for (int32_t node : order) {
        const Operation& operation = graph[node].operation;
        SourceSpan span = is_placeless(operation.op) ? SourceSpan{} : operation.span;
        std::string text = describe(operation, code);
        if (graph[node].handler != kNowhere) text += " handled " + std::to_string(operation.handler_depth);
        if (operation.op == Canon::Const) text += " #" + std::to_string(operation.argument);  // "<bytes>" may be many
        Start start{std::move(text), states[static_cast<size_t>(node)].entries.size(),
                    span.line,       span.column,
                    span.end_line,   span.end_column};
        classes[static_cast<size_t>(node)] = starts.emplace(start, static_cast<int32_t>(starts.size())).first->second;
    }
    auto class_of = [&](int32_t node) { return node == kNowhere ? kNowhere : classes[static_cast<size_t>(node)]; };
    size_t work = 0;
    for (size_t count = starts.size();;) {
        // Thousands of equal statements without columns would take a round each; they are as right unmerged.
        work += order.size();
        if (work > kMergeWork) return;
        std::map<std::tuple<int32_t, int32_t, int32_t, int32_t>, int32_t> splits;
        std::vector<int32_t> refined(graph.nodes.size(), kNowhere);
        for (int32_t node : order) {
            std::tuple key{class_of(node), class_of(graph[node].next), class_of(graph[node].jump),
                           class_of(graph[node].handler)};
            refined[static_cast<size_t>(node)] = splits.emplace(key, static_cast<int32_t>(splits.size())).first->second;
        }
        classes = std::move(refined);
        if (splits.size() == count) break;
        count = splits.size();
    }
    std::vector<int32_t> representative(order.size(), kNowhere);
    for (int32_t node : order) {
        int32_t& first = representative[static_cast<size_t>(class_of(node))];
        if (first == kNowhere) first = node;
    }
    auto replaced = [&](int32_t node) {
        return node == kNowhere ? kNowhere : representative[static_cast<size_t>(class_of(node))];
    };
    for (int32_t node : order) {
        graph[node].next = replaced(graph[node].next);
        graph[node].jump = replaced(graph[node].jump);
        graph[node].handler = replaced(graph[node].handler);
    }
    graph.entry = replaced(graph.entry);
}

std::vector<Operation> lay_out(const Graph& graph) {
    std::vector<int32_t> order = reverse_postorder(graph);
    std::vector<Operation> operations;
    std::vector<uint32_t> place(graph.nodes.size(), 0);
    std::vector<std::pair<size_t, int32_t>> jumps;  // index of an operation, the node it goes to
    std::vector<std::pair<size_t, int32_t>> handlers;
    for (size_t i = 0; i < order.size(); ++i) {
        const GraphNode& node = graph[order[i]];
        place[static_cast<size_t>(order[i])] = static_cast<uint32_t>(operations.size());
        if (node.jump != kNowhere) jumps.emplace_back(operations.size(), node.jump);
        if (node.handler != kNowhere) handlers.emplace_back(operations.size(), node.handler);
        bool is_jump = node.operation.op == Canon::Nothing;
        if (!is_jump) operations.push_back(node.operation);
        bool follows = i + 1 < order.size() && node.next == order[i + 1];
        if (node.next != kNowhere && (is_jump || !follows)) {
            jumps.emplace_back(operations.size(), node.next);
            Operation jump;
            jump.op = Canon::Jump;
            jump.span = node.operation.span;
            operations.push_back(std::move(jump));
        }
    }
    for (auto [index, node] : jumps)
        operations[index].target = place[static_cast<size_t>(node)];
    for (auto [index, node] : handlers)
        operations[index].handler = place[static_cast<size_t>(node)];
    return operations;
}

}  // namespace pp::frontend
