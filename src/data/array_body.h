/// The memory of an Array: one that its views share, that slices share until somebody writes, and that knows what
/// copies on other devices lack.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "data/block_kinds.h"
#include "data/column.h"
#include "data/element_ref.h"
#include "data/element_type.h"
#include "data/item_memory.h"
#include "data/leaf_view.h"
#include "data/residency.h"

namespace pp::data {

/// Room for `capacity` elements. Bodies and runs that hold it see each other's writes: who is not alone copies first.
class ArrayBlock {
public:
    /// Not initialised. Throws std::bad_alloc.
    ArrayBlock(ElementTypeRef type, int64_t capacity);

    ElementTypeRef type() const noexcept { return type_; }
    int64_t capacity() const noexcept { return capacity_; }
    /// Leaf number `leaf` of all elements.
    LeafView leaf(size_t leaf) const noexcept;
    std::vector<LeafView> leaves() const;
    Residency& residency();
    /// What the elements of a dynamic type lead to.
    ItemMemory& items() noexcept { return items_; }
    const ItemMemory& items() const noexcept { return items_; }
    const char* memory() const noexcept { return static_cast<const char*>(storage_.data()); }
    size_t bytes() const noexcept { return storage_.bytes(); }
    /// To be called before the host looks at elements [begin, end).
    void before_read(int64_t begin, int64_t end) {
        if (residency_) {
            residency_->fetch(begin, end);
        }
    }
    /// Copies elements [0, count) from the device that has all of them to leaves that lie one behind the other as the
    /// block's do. False, and nothing has happened, where there is none, or where these lie otherwise.
    bool copy_out(std::span<const LeafView> to, int64_t count) { return residency_ && copy_from_device(to, count); }
    /// To be called before the host writes to them.
    void before_write(int64_t begin, int64_t end) {
        if (residency_) {
            residency_->mark_written(begin, end);
        }
    }

private:
    bool copy_from_device(std::span<const LeafView> to, int64_t count);

    ElementTypeRef type_;
    BlockKind kind_;
    int64_t capacity_;
    Storage storage_;
    ItemMemory items_;
    std::unique_ptr<Residency> residency_;  ///< where it is on a device, too

    friend class ArrayBody;
};

/// Elements [first, first + count) of a block. The GIL guards it.
class ArrayBody {
public:
    explicit ArrayBody(ElementTypeRef type);
    ArrayBody(std::shared_ptr<ArrayBlock> block, int64_t first, int64_t count)
        : type_(block->type()), block_(std::move(block)), first_(first), count_(count) {}
    ArrayBody(const ArrayBody&) = delete;

    ElementTypeRef type() const noexcept { return type_; }
    int64_t count() const noexcept { return count_; }
    /// Whether some device has a copy of it.
    bool has_copies() const noexcept { return block_->residency_ && block_->residency_->has_copies(); }
    /// Grows with every write.
    uint64_t version() const noexcept { return version_; }
    /// Leaf number `leaf`, element 0 being the body's first.
    LeafView leaf(size_t leaf) const noexcept { return block_->leaf(leaf).from(first_); }

    /// Settles what is pending of its elements: other threads may run meanwhile. Throws UserError(Buffer) where there
    /// are then fewer than `end`.
    void settle(int64_t end = 0) const {
        while (block_->residency_ && block_->residency_->pending()) {
            settle_block();
        }
        if (end > count_) {
            refuse_length();
        }
    }
    /// To be called before the host looks at elements [begin, end), with the addresses asked for behind. Settles;
    /// throws UserError(Buffer) where they are gone when that is done.
    void before_read(int64_t begin, int64_t end) const {
        if (block_->residency_) {
            settle(end);
            block_->residency_->fetch(first_ + begin, first_ + end);
        }
    }
    /// To be called before elements [begin, end) are written; addresses from before are no longer good. Settles, also
    /// what reads them, as `before_read` does. Throws std::bad_alloc.
    void before_write(int64_t begin, int64_t end);

    /// Replaces elements [begin, end) by `count` ones that are not initialised. Precondition: not pinned, unless the
    /// length stays. Throws std::bad_alloc, and nothing has changed.
    void splice(int64_t begin, int64_t end, int64_t count);
    /// To be called when elements [begin, end) have been copied from elsewhere, before that may be gone: copies what
    /// they lead to. All elements must be initialised. Throws std::bad_alloc.
    void own_items(int64_t begin, int64_t end);
    /// Makes all texts take 4 bytes a character. Precondition: not pinned. Throws std::bad_alloc.
    void widen_text();
    /// Takes over the elements of a block, settled or not, which are others than those it had. Precondition: not
    /// pinned.
    void replace(std::shared_ptr<ArrayBlock> block, int64_t first, int64_t count);
    /// The same where they are those that it had, with what was written to them.
    void rewrite(std::shared_ptr<ArrayBlock> block, int64_t first, int64_t count);

    /// Who holds on to elements. `splice` and `replace` tell them; whoever exchanges or moves elements otherwise does
    /// so before, by one of the following. Throws std::bad_alloc.
    ElementRefs& refs() noexcept { return refs_; }
    void renumber(const ElementPart& part, int64_t begin, int64_t end,
                  const std::function<int64_t(int64_t)>& number_of) {
        if (!refs_.empty()) {
            refs_.renumber(*this, part, begin, end, number_of);
        }
    }
    void leave(const ElementPart& part, int64_t begin, int64_t end);
    /// The elements in a block that nobody else has. What only a device has stays there. Settles them.
    std::shared_ptr<ArrayBlock> copy() const;
    /// A body of which element `index` is the only one.
    std::shared_ptr<ArrayBody> copy_of_element(int64_t index) const;

    /// The block for somebody who only reads it: a run, or another body. Whoever writes then copies first.
    const std::shared_ptr<ArrayBlock>& share() const noexcept { return block_; }
    int64_t first() const noexcept { return first_; }
    /// Whether a slice may share the block: nobody can write to it unnoticed.
    bool may_share() const noexcept { return !is_exported(); }

    /// Views and exported buffers keep the length; exported buffers keep the addresses, too.
    void pin() noexcept { ++pins_; }
    void unpin() noexcept { --pins_; }
    bool is_pinned() const noexcept { return pins_ > 0; }
    /// Throws UserError(Buffer) where its memory on a device is shared.
    void begin_export();
    void end_export() noexcept { --exports_, --pins_; }
    /// Shares its memory on a device with another library; the address of the block's memory there. Throws
    /// UserError(Buffer) where a buffer of it is exported, or where it is shared on another device.
    uint64_t begin_share(device::RemoteMemory& place);
    void end_share() noexcept;
    /// Whether others may write to it at any time: to the host's memory, or to a device's.
    bool is_exported() const noexcept { return exports_ > 0 || shares_ > 0; }
    bool has_exported_buffer() const noexcept { return exports_ > 0; }
    bool is_shared() const noexcept { return shares_ > 0; }

    /// The GPU that it is used on where nothing else is said, or the engine's number for all of them; -1: none.
    int home() const noexcept { return home_; }
    void set_home(int ordinal) noexcept { home_ = ordinal; }

private:
    void settle_block() const;
    void finish_readers() const;
    [[noreturn]] static void refuse_length();
    bool is_alone() const noexcept { return block_.use_count() == 1; }
    void leave_shared_block();
    void move_to(int64_t capacity, int64_t begin, int64_t end, int64_t count);

    ElementTypeRef type_;
    std::shared_ptr<ArrayBlock> block_;
    int64_t first_ = 0, count_ = 0;
    uint64_t version_ = 0;
    int64_t pins_ = 0, exports_ = 0, shares_ = 0;
    device::RemoteMemory* shared_place_ = nullptr;  ///< while `shares_` is not 0
    int home_ = -1;
    ElementRefs refs_;
};

/// Copies `count` elements between leaves of equal formats, which do not overlap.
void copy_elements(std::span<const LeafView> from, std::span<const LeafView> to, int64_t count);

}  // namespace pp::data
