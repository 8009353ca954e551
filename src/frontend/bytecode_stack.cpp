/// What lies on the stack at each node of a graph.
#include "base/error.h"
#include "frontend/bytecode_graph.h"

namespace pp::frontend {

namespace {

int32_t count_bits(int32_t bits) {
    return __builtin_popcount(static_cast<uint32_t>(bits));
}

/// The entries after `node`; `taken` on the way that its jump takes.
std::vector<Entry> after(const GraphNode& node, std::vector<Entry> entries, bool taken) {
    const Operation& operation = node.operation;
    size_t n = static_cast<size_t>(operation.argument);
    switch (operation.op) {
    case Canon::Copy:
        PP_CHECK(n >= 1 && n <= entries.size());
        entries.push_back(entries[entries.size() - n]);
        return entries;
    case Canon::Swap:
        PP_CHECK(n >= 1 && n <= entries.size());
        std::swap(entries.back(), entries[entries.size() - n]);
        return entries;
    case Canon::Next:
        PP_CHECK(!entries.empty());
        if (taken && operation.argument == 1)
            entries.back() = Entry::Value;
        else if (taken)
            entries.pop_back();
        else
            entries.push_back(Entry::Value);
        return entries;
    default: {
        StackEffect effect = stack_effect(operation);
        PP_CHECK(static_cast<size_t>(effect.pops) <= entries.size());
        entries.resize(entries.size() - static_cast<size_t>(effect.pops));
        Entry pushed = operation.op == Canon::Iterate               ? Entry::Iterator
                       : node.provisional == Provisional::EarlyNull ? Entry::EarlyNull
                       : node.provisional == Provisional::SaveLocal ? Entry::Saved
                                                                    : Entry::Value;
        entries.resize(entries.size() + static_cast<size_t>(effect.pushes), pushed);
        return entries;
    }
    }
}

/// The entries where the handler of `node` begins.
std::vector<Entry> at_handler(const GraphNode& node, std::vector<Entry> entries) {
    size_t depth = static_cast<size_t>(node.operation.handler_depth);
    PP_CHECK(depth <= entries.size());
    entries.resize(depth);
    entries.resize(depth + (node.operation.pushes_position ? 2 : 1), Entry::Value);
    return entries;
}

}  // namespace

StackEffect stack_effect(const Operation& operation) {
    int32_t n = operation.argument;
    switch (operation.op) {
    case Canon::Const:
    case Canon::SmallInt:
    case Canon::None:
    case Canon::Local:
    case Canon::Deref:
    case Canon::Cell:
    case Canon::Global:
    case Canon::CommonConstant:
    case Canon::PushNull:
    case Canon::Copy:
    case Canon::Next: return {0, 1};
    case Canon::StoreLocal:
    case Canon::StoreDeref:
    case Canon::Pop:
    case Canon::JumpIfTrue:
    case Canon::JumpIfFalse:
    case Canon::ListAppend:
    case Canon::ListExtend:
    case Canon::SetAdd:
    case Canon::SetUpdate:
    case Canon::DictUpdate:
    case Canon::Return: return {1, 0};
    case Canon::DeleteLocal:
    case Canon::Swap:
    case Canon::Jump:
    case Canon::Nothing:
    case Canon::Unsupported: return {0, 0};
    case Canon::StoreAttribute:
    case Canon::MapAdd: return {2, 0};
    case Canon::StoreSubscript: return {3, 0};
    case Canon::Attribute:
    case Canon::Unary:
    case Canon::Iterate:
    case Canon::ListToTuple:
    case Canon::Convert:
    case Canon::Yield: return {1, 1};
    case Canon::CallableSelf: return {1, 2};
    case Canon::Super: return {3, 1};
    case Canon::Special: return {1, (n & 2) != 0 ? 1 : 2};
    case Canon::Binary:
    case Canon::Compare:
    case Canon::Is:
    case Canon::Contains:
    case Canon::Subscript: return {2, 1};
    case Canon::BuildTuple:
    case Canon::BuildList:
    case Canon::BuildSet:
    case Canon::BuildString:
    case Canon::BuildSlice: return {n, 1};
    case Canon::BuildMap: return {2 * n, 1};
    case Canon::BuildMapKeys: return {n + (operation.keywords.empty() ? 1 : 0), 1};
    case Canon::Unpack: return {1, n};
    case Canon::UnpackStar: return {1, (n & 0xff) + 1 + (n >> 8)};
    case Canon::Call: return {n + 2, 1};
    case Canon::CallStar: return {3 + (n & 1), 1};
    case Canon::Raise: return {n, 0};
    case Canon::Reraise: return {1, 0};
    case Canon::DeleteSubscript: return {2, 0};
    case Canon::Import: return {2, 1};
    case Canon::ImportFrom:
    case Canon::MatchSequence:
    case Canon::MatchMapping:
    case Canon::GetLength: return {1, 2};
    case Canon::MatchKeys: return {2, 3};
    case Canon::MatchClass: return {3, 1};
    case Canon::BeginHandler: return {1, 2};
    case Canon::MatchException: return {2, 2};
    case Canon::MakeFunction: return {1 + count_bits(n & 15), 1};
    case Canon::Format: return {1 + (n & 1), 1};
    }
    return {0, 0};
}

std::vector<StackState> simulate_stack(const Graph& graph) {
    std::vector<StackState> states(graph.nodes.size());
    std::vector<int32_t> pending;
    auto reach = [&](int32_t node, std::vector<Entry> entries) {
        if (node == kNowhere) return;
        StackState& state = states[static_cast<size_t>(node)];
        bool changes = !state.reached;
        if (state.reached) {
            // Where paths meet, an iterator is one only if all of them say so.
            PP_CHECK(state.entries.size() == entries.size());
            for (size_t i = 0; i < entries.size(); ++i) {
                bool differs = state.entries[i] == Entry::Iterator && entries[i] == Entry::Value;
                if (differs) state.entries[i] = Entry::Value;
                changes |= differs;
            }
        } else {
            state = {true, std::move(entries)};
        }
        if (changes) pending.push_back(node);
    };
    reach(graph.entry, {});
    while (!pending.empty()) {
        int32_t at = pending.back();
        pending.pop_back();
        const GraphNode& node = graph[at];
        const std::vector<Entry> before = states[static_cast<size_t>(at)].entries;
        if (node.jump != kNowhere) reach(node.jump, after(node, before, true));
        if (node.next != kNowhere) reach(node.next, after(node, before, false));
        if (node.handler != kNowhere) reach(node.handler, at_handler(node, before));
    }
    return states;
}

}  // namespace pp::frontend
