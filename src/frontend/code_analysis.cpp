/// See code_analysis.h.
#include "frontend/code_analysis.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "frontend/bytecode_graph.h"

namespace pp::frontend {
namespace {

bool has_target(const Operation& operation) {
    return operation.op == Canon::Jump || operation.op == Canon::JumpIfTrue || operation.op == Canon::JumpIfFalse ||
           operation.op == Canon::Next;
}

bool falls_through(const Operation& operation) {
    return operation.op != Canon::Jump && operation.op != Canon::Return && operation.op != Canon::Raise &&
           operation.op != Canon::Reraise && operation.op != Canon::Unsupported;
}

bool stores(const Operation& operation) {
    return operation.op == Canon::StoreLocal || operation.op == Canon::DeleteLocal || operation.op == Canon::StoreDeref;
}

/// How many entries more an exhausted iterator leaves than the next item finds: it is popped, or becomes its result.
int32_t pops_where_taken(const Operation& operation) {
    return operation.op == Canon::Next && operation.argument == 0 ? 1 : 0;
}

}  // namespace

CodeAnalysis::CodeAnalysis(std::shared_ptr<const CodeView> code)
    : code_(std::move(code)), operations_(decode(*code_)), words_((code_->slots.size() + 63) / 64) {
    find_heights();
    find_targets();
    find_live_slots();
    find_doomed();
}

/// How many entries lie on the stack before each operation. What nothing reaches in order is reached by no operation.
void CodeAnalysis::find_heights() {
    heights_.assign(operations_.size(), -1);
    std::vector<uint32_t> pending;
    const auto reach = [&](uint32_t successor, int32_t height) {
        if (successor < operations_.size() && heights_[successor] < 0) {
            heights_[successor] = height;
            pending.push_back(successor);
        }
    };
    reach(0, 0);
    while (!pending.empty()) {
        const uint32_t i = pending.back();
        pending.pop_back();
        const Operation& operation = operations_[i];
        const StackEffect effect = stack_effect(operation);
        const int32_t after = heights_[i] - effect.pops;
        if (falls_through(operation)) {
            reach(i + 1, after + effect.pushes);
        }
        if (has_target(operation)) {
            reach(operation.target, after - pops_where_taken(operation));
        }
        if (operation.handler != kNoHandler) {
            has_handlers_ = true;
            reach(operation.handler, operation.handler_depth + (operation.pushes_position ? 2 : 1));
        }
    }
}

void CodeAnalysis::find_targets() {
    is_target_.resize(operations_.size());
    is_in_while_.resize(operations_.size());
    changed_.resize(operations_.size());
    changed_entries_.resize(operations_.size());
    changes_objects_.resize(operations_.size());
    for (uint32_t i = 0; i < operations_.size(); ++i) {
        const auto lead_to = [&](uint32_t target) {
            is_target_[target] = true;
            if (target <= i) {
                find_loop(target, i);
            }
        };
        if (has_target(operations_[i])) {
            lead_to(operations_[i].target);
        }
        if (operations_[i].handler != kNoHandler) {
            lead_to(operations_[i].handler);
        }
    }
}

/// The loop is what reaches the jump back without passing its head. It may go on behind that jump: an inner loop's
/// exit is often the outer loop's jump back.
void CodeAnalysis::find_loop(uint32_t head, uint32_t jump_back) {
    changed_[head].resize(code_->slots.size() + 1);  // never empty, which would mean: no loop
    std::vector<bool> is_inside(operations_.size());
    is_inside[head] = true;
    is_inside[jump_back] = true;
    for (bool has_grown = true; has_grown;) {
        has_grown = false;
        for (auto i = static_cast<uint32_t>(operations_.size()); i-- > head + 1;) {
            const Operation& operation = operations_[i];
            const auto leads_inside = [&](uint32_t successor) { return successor != head && is_inside[successor]; };
            if (!is_inside[i] && ((falls_through(operation) && i + 1 < operations_.size() && leads_inside(i + 1)) ||
                                  (has_target(operation) && leads_inside(operation.target)) ||
                                  (operation.handler != kNoHandler && leads_inside(operation.handler)))) {
                is_inside[i] = has_grown = true;
            }
        }
    }
    for (uint32_t i = head; i < operations_.size(); ++i) {
        const Canon op = operations_[i].op;
        if (is_inside[i] &&
            (op == Canon::StoreSubscript || op == Canon::StoreAttribute || op == Canon::DeleteSubscript)) {
            changes_objects_[head] = true;
        }
        is_in_while_[i] = is_in_while_[i] || (is_inside[i] && operations_[head].op != Canon::Next);
        if (is_inside[i] && stores(operations_[i])) {
            changed_[head][static_cast<size_t>(operations_[i].argument)] = true;
        }
        if (is_inside[i] && operations_[i].op == Canon::Call) {  // of an inner function, which may store to cells
            for (size_t slot = 0; slot < code_->slots.size(); ++slot) {
                changed_[head][slot] = changed_[head][slot] || code_->slot_kinds[slot] == SlotKind::Cell;
            }
        }
    }
    changed_entries_[head] = std::max(changed_entries_[head], entries_taken(head, is_inside));
}

/// How far below its height at the loop's head the stack is touched in the loop, the head's own iterator aside.
int32_t CodeAnalysis::entries_taken(uint32_t head, const std::vector<bool>& is_inside) const {
    constexpr int32_t kUnknown = std::numeric_limits<int32_t>::min();
    std::vector<int32_t> heights(operations_.size(), kUnknown);
    std::vector<uint32_t> pending{head};
    heights[head] = 0;
    int32_t lowest = 0;
    const auto reach = [&](uint32_t successor, int32_t height) {
        if (successor < operations_.size() && is_inside[successor] && heights[successor] == kUnknown) {
            heights[successor] = height;
            pending.push_back(successor);
        }
    };
    while (!pending.empty()) {
        const uint32_t i = pending.back();
        pending.pop_back();
        const Operation& operation = operations_[i];
        const StackEffect effect = stack_effect(operation);
        const int32_t taken = operation.op == Canon::Swap ? operation.argument : effect.pops;
        lowest = std::min(lowest, heights[i] - taken);
        const int32_t after = heights[i] - effect.pops;
        if (falls_through(operation)) {
            reach(i + 1, after + effect.pushes);
        }
        if (has_target(operation)) {
            reach(operation.target, after - pops_where_taken(operation));
        }
        if (operation.handler != kNoHandler && is_inside[operation.handler]) {
            const int32_t kept = operation.handler_depth - heights_[head];
            lowest = std::min(lowest, kept);
            reach(operation.handler, kept + (operation.pushes_position ? 2 : 1));
        }
    }
    return -lowest;
}

void CodeAnalysis::find_live_slots() {
    live_.assign(operations_.size() * words_, 0);
    std::vector<uint64_t> always(words_), row(words_);
    for (size_t slot = 0; slot < code_->slots.size(); ++slot) {
        if (code_->slot_kinds[slot] != SlotKind::Local) {
            always[slot / 64] |= uint64_t{1} << (slot % 64);
        }
    }
    for (bool has_changed = true; has_changed;) {
        has_changed = false;
        for (size_t i = operations_.size(); i-- > 0;) {
            const Operation& operation = operations_[i];
            row = always;
            const auto join = [&](size_t successor) {
                for (size_t word = 0; word < words_; ++word) {
                    row[word] |= live_[successor * words_ + word];
                }
            };
            if (falls_through(operation) && i + 1 < operations_.size()) {
                join(i + 1);
            }
            if (has_target(operation)) {
                join(operation.target);
            }
            if (operation.handler != kNoHandler) {
                join(operation.handler);
            }
            const auto slot = static_cast<size_t>(operation.argument);
            if (operation.op == Canon::StoreLocal || operation.op == Canon::DeleteLocal) {
                row[slot / 64] &= ~(uint64_t{1} << (slot % 64)) | always[slot / 64];
            } else if (operation.op == Canon::Local) {
                row[slot / 64] |= uint64_t{1} << (slot % 64);
            }
            if (!std::equal(row.begin(), row.end(), live_.begin() + static_cast<std::ptrdiff_t>(i * words_))) {
                std::copy(row.begin(), row.end(), live_.begin() + static_cast<std::ptrdiff_t>(i * words_));
                has_changed = true;
            }
        }
    }
}

bool CodeAnalysis::is_doomed_by_successors(uint32_t i) const {
    const Operation& operation = operations_[i];
    if (operation.handler != kNoHandler && !is_doomed_[operation.handler]) {
        return false;
    }
    if (operation.op == Canon::Raise || operation.op == Canon::Reraise) {
        return true;
    }
    const bool falls = falls_through(operation), jumps = has_target(operation);
    return (falls || jumps) && (!falls || (i + 1 < operations_.size() && is_doomed_[i + 1])) &&
           (!jumps || is_doomed_[operation.target]);
}

/// Grows from the Raises, so a loop that may never end is not doomed.
void CodeAnalysis::find_doomed() {
    is_doomed_.resize(operations_.size());
    for (bool has_changed = true; has_changed;) {
        has_changed = false;
        for (auto i = static_cast<uint32_t>(operations_.size()); i-- > 0;) {
            if (!is_doomed_[i] && is_doomed_by_successors(i)) {
                is_doomed_[i] = has_changed = true;
            }
        }
    }
}

}  // namespace pp::frontend
