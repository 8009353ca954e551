/// What the translator wants to know about a code object before it runs it: operations, joins, live slots, loops.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "frontend/bytecode.h"
#include "frontend/code_view.h"

namespace pp::frontend {

/// Facts about one code object, computed once for a translation.
class CodeAnalysis {
public:
    explicit CodeAnalysis(std::shared_ptr<const CodeView> code);

    const CodeView& code() const noexcept { return *code_; }
    const std::vector<Operation>& operations() const noexcept { return operations_; }
    /// Whether some jump leads to the operation.
    bool is_target(uint32_t operation) const { return is_target_[operation]; }
    /// Whether a jump leads back to the operation.
    bool is_loop_head(uint32_t operation) const { return !changed_[operation].empty(); }
    /// Whether the operation is in a loop that does not take items from an iterator.
    bool is_in_while(uint32_t operation) const { return is_in_while_[operation]; }
    /// Whether the slot is stored to in the loop.
    bool changes(uint32_t loop_head, uint32_t slot) const { return changed_[loop_head][slot]; }
    /// Whether something in the loop assigns to items or attributes.
    bool changes_objects(uint32_t loop_head) const { return changes_objects_[loop_head]; }
    /// How many of the uppermost stack entries at a loop's head the loop takes away and puts back.
    size_t changed_entries(uint32_t loop_head) const { return static_cast<size_t>(changed_entries_[loop_head]); }
    /// Whether some path from the operation reads the slot before it is stored to. Cells and free slots always count.
    bool is_live(uint32_t operation, uint32_t slot) const {
        return live_[size_t{operation} * words_ + slot / 64] >> (slot % 64) & 1;
    }
    /// Whether some operation has a handler.
    bool has_handlers() const noexcept { return has_handlers_; }
    /// Whether every path from the operation ends in a Raise or a Reraise.
    bool is_doomed(uint32_t operation) const { return is_doomed_[operation]; }

private:
    void find_heights();
    void find_targets();
    void find_loop(uint32_t head, uint32_t jump_back);
    int32_t entries_taken(uint32_t head, const std::vector<bool>& is_inside) const;
    void find_live_slots();
    void find_doomed();
    bool is_doomed_by_successors(uint32_t operation) const;

    std::shared_ptr<const CodeView> code_;
    std::vector<Operation> operations_;
    std::vector<int32_t> heights_;
    bool has_handlers_ = false;
    std::vector<bool> is_target_;
    std::vector<bool> is_doomed_;
    std::vector<bool> is_in_while_;
    std::vector<std::vector<bool>> changed_;
    std::vector<bool> changes_objects_;
    std::vector<int32_t> changed_entries_;
    std::vector<uint64_t> live_;
    size_t words_ = 0;
};

}  // namespace pp::frontend
