/// What decode() works on: canonical operations linked by where control goes, so that they can be rearranged freely.
#pragma once

#include <string>
#include <vector>

#include "frontend/bytecode.h"
#include "frontend/code_view.h"

namespace pp::frontend {

/// Operations whose meaning depends on the place that CPython's compiler gave them; settle_stack() resolves them.
enum class Provisional : uint8_t {
    None,
    EarlyNull,  ///< PushNull before the callable (3.11, 3.12)
    SaveLocal,  ///< push slots[n], bound or not, and unbind it: an inlined comprehension begins (LOAD_FAST_AND_CLEAR)
};

inline constexpr int32_t kNowhere = -1;

struct GraphNode {
    Operation operation;
    int32_t next = kNowhere;  ///< the node that follows; of a branch: where its condition did not hold
    int32_t jump = kNowhere;  ///< JumpIfTrue, JumpIfFalse, Next: where it goes when the condition holds
    Provisional provisional = Provisional::None;
    int32_t handler = kNowhere;  ///< where an exception goes that it raises; the operation has the rest
};

/// Nodes are never removed: those that nothing leads to are simply not laid out.
struct Graph {
    std::vector<GraphNode> nodes;
    int32_t entry = 0;

    GraphNode& operator[](int32_t node) { return nodes[static_cast<size_t>(node)]; }
    const GraphNode& operator[](int32_t node) const { return nodes[static_cast<size_t>(node)]; }
    int32_t size() const { return static_cast<int32_t>(nodes.size()); }
    int32_t add(GraphNode node);
};

/// Where control can never go on after `operation`.
bool ends_path(const Operation& operation);

/// Whether an exception that the operation raises may go to a handler.
bool may_raise(const Operation& operation);

/// How many entries an operation takes from the stack and how many it puts there (Next: where there is an item).
struct StackEffect {
    int32_t pops;
    int32_t pushes;
};
StackEffect stack_effect(const Operation& operation);

/// The steps of decode(), in this order.

/// Each instruction's canonical operations, in the code's own arrangement.
Graph expand(const CodeView& code);
/// Resolves the provisional operations.
void settle_stack(Graph& graph, const CodeView& code);
/// Brings the different arrangements that compilers give the same source into one.
void normalise(Graph& graph, const CodeView& code);
/// Makes nodes that are equal, and lead to equal nodes, one.
void merge_equal(Graph& graph, const CodeView& code);
/// The nodes in reverse postorder, with jumps where one does not follow the other.
std::vector<Operation> lay_out(const Graph& graph);

/// What lies on the stack before each node, bottom first.
enum class Entry : uint8_t {
    Value,
    Iterator,   ///< a value that Iterate has made
    EarlyNull,  ///< of a provisional operation, like
    Saved,
};
inline bool is_value(Entry entry) {
    return entry <= Entry::Iterator;
}
struct StackState {
    /// False where control never comes.
    bool reached = false;
    std::vector<Entry> entries;
};
std::vector<StackState> simulate_stack(const Graph& graph);

/// One line of print(), without a target.
std::string describe(const Operation& operation, const CodeView& code);

}  // namespace pp::frontend
