/// See array_body.h.
#include "data/array_body.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "base/error.h"
#include "data/wide_block.h"
#include "device/thread_pool.h"

namespace pp::data {
namespace {

constexpr size_t kAlignment = 64;

size_t column_bytes(NumberFormat format, int64_t capacity) {
    return (format_bytes(format) * static_cast<size_t>(capacity) + kAlignment - 1) / kAlignment * kAlignment;
}

constexpr int64_t kMostElements = INT64_MAX / 16;

size_t block_bytes(const ElementType& type, int64_t capacity) {
    if (capacity > kMostElements / static_cast<int64_t>(std::max<size_t>(type.row_bytes, 1))) {
        throw std::bad_alloc();
    }
    if (type.is_interleaved) {
        return type.row_bytes * static_cast<size_t>(capacity);
    }
    size_t bytes = 0;
    for (const NumberFormat format : type.leaves) {
        bytes += column_bytes(format, capacity);
    }
    return bytes;
}

/// Elements [begin, end) of one block to those from `to` of another of the same type, or of the same one.
void move_elements(const ArrayBlock& from, int64_t begin, int64_t end, const ArrayBlock& target, int64_t to) {
    if (begin == end) {
        return;
    }
    const ElementType& type = *from.type();
    const auto move = [&](const LeafView& source, const LeafView& place, size_t bytes) {
        std::memmove(place.at(to), source.at(begin), bytes * static_cast<size_t>(end - begin));
    };
    if (type.is_interleaved) {
        move(from.leaf(0), target.leaf(0), type.row_bytes);
        return;
    }
    for (size_t leaf = 0; leaf < type.leaves.size(); ++leaf) {
        move(from.leaf(leaf), target.leaf(leaf), format_bytes(type.leaves[leaf]));
    }
}

/// Gives back what elements other than [begin, end) lead to, if there is memory for the copy of what these do.
void drop_items(ArrayBlock& block, int64_t begin, int64_t end) noexcept {
    if (!block.type()->is_dynamic) {
        return;
    }
    try {
        block.items().own_all(*block.type(), block.leaves(), begin, end);
    } catch (const std::bad_alloc&) {
        return;  // all of it is kept, which was no fault before
    }
}

}  // namespace

ArrayBlock::ArrayBlock(ElementTypeRef type, int64_t capacity)
    : type_(type), kind_(type->kind), capacity_(capacity), storage_(block_bytes(*type, capacity)) {}

LeafView ArrayBlock::leaf(size_t leaf) const noexcept {
    auto* memory = static_cast<char*>(storage_.data());
    const NumberFormat format = type_->leaves[leaf];
    const auto bytes = static_cast<int64_t>(format_bytes(format));
    if (type_->is_interleaved) {
        return {memory + static_cast<int64_t>(leaf) * bytes, static_cast<int64_t>(type_->row_bytes), format};
    }
    for (size_t i = 0; i < leaf; ++i) {
        memory += column_bytes(type_->leaves[i], capacity_);
    }
    return {memory, bytes, format};
}

std::vector<LeafView> ArrayBlock::leaves() const {
    std::vector<LeafView> all;
    all.reserve(type_->leaves.size());
    for (size_t i = 0; i < type_->leaves.size(); ++i) {
        all.push_back(leaf(i));
    }
    return all;
}

Residency& ArrayBlock::residency() {
    if (!residency_) {
        const auto runs = [this](IndexRange elements, const std::function<void(size_t, size_t)>& visit) {
            const auto* memory = static_cast<const char*>(storage_.data());
            const auto count = static_cast<size_t>(elements.end - elements.begin);
            for (size_t i = 0; i < (type_->is_interleaved ? 1 : type_->leaves.size()); ++i) {
                const LeafView column = leaf(i);
                visit(static_cast<size_t>(column.at(elements.begin) - memory),
                      count * static_cast<size_t>(column.stride));
            }
        };
        residency_ =
            std::make_unique<Residency>(static_cast<char*>(storage_.data()), storage_.bytes(), capacity_, runs);
    }
    return *residency_;
}

ArrayBody::ArrayBody(ElementTypeRef type) : type_(type), block_(std::make_shared<ArrayBlock>(type, 0)) {}

void ArrayBody::settle_block() const {
    const std::shared_ptr<ArrayBlock> block = block_;  // which another may replace meanwhile
    block->residency_->settle();
}

void ArrayBody::finish_readers() const {
    if (block_->residency_) {
        const std::shared_ptr<ArrayBlock> block = block_;
        block->residency_->finish_readers();
    }
}

void ArrayBody::refuse_length() {
    throw UserError(ErrorKind::Buffer, "the length of an Array was changed while its elements were waited for");
}

void ArrayBody::before_write(int64_t begin, int64_t end) {
    finish_readers();
    settle(end);
    if (!is_alone() && !is_exported()) {
        leave_shared_block();
    }
    if (block_->residency_) {
        block_->residency_->mark_written(first_ + begin, first_ + end);
    }
    ++version_;
}

void ArrayBody::leave_shared_block() {
    block_ = copy();
    first_ = 0;
}

std::shared_ptr<ArrayBlock> ArrayBody::copy() const {
    settle();
    auto block = std::make_shared<ArrayBlock>(type_, count_);
    block->items_.share(block_->items_);
    if (!has_copies()) {
        move_elements(*block_, first_, first_ + count_, *block, 0);
        return block;
    }
    for (const IndexRange& part : block->residency().take_copies(block_->residency(), first_, count_)) {
        move_elements(*block_, part.begin, part.end, *block, part.begin - first_);
    }
    return block;
}

/// Into a new block, with room for `count` elements instead of [begin, end).
void ArrayBody::move_to(int64_t capacity, int64_t begin, int64_t end, int64_t count) {
    auto block = std::make_shared<ArrayBlock>(type_, capacity);
    block->items_.share(block_->items_);
    move_elements(*block_, first_, first_ + begin, *block, 0);
    move_elements(*block_, first_ + end, first_ + count_, *block, begin + count);
    block_ = std::move(block);
    first_ = 0;
}

void ArrayBody::own_items(int64_t begin, int64_t end) {
    if (!type_->is_dynamic) {
        return;
    }
    block_->items_.own(*type_, block_->leaves(), first_ + begin, first_ + end);
    if (block_->items_.is_wasteful() && is_alone()) {
        block_->items_.own_all(*type_, block_->leaves(), first_, first_ + count_);
    }
}

void ArrayBody::widen_text() {
    PP_CHECK(!is_pinned());
    std::vector<LeafView> from;
    for (size_t i = 0; i < type_->leaves.size(); ++i) {
        from.push_back(leaf(i));
    }
    rewrite(wide_block(*type_, from, count_), 0, count_);
    refs_.widen_text();
}

void ArrayBody::splice(int64_t begin, int64_t end, int64_t count) {
    settle(end);
    if (count > kMostElements) {
        throw std::bad_alloc();  // what follows would overflow
    }
    const int64_t total = count_ - (end - begin) + count;
    renumber({type_, 0}, begin, total == count_ ? end : count_,
             [=](int64_t index) { return index < end ? ElementRefs::kLeaves : index + count - (end - begin); });
    if (total == count_) {
        return before_write(begin, end);
    }
    PP_CHECK(!is_pinned());
    before_read(0, count_);
    // Lists, too, give memory back when half of it is not needed.
    constexpr int64_t kFew = 1024;
    const bool is_wasted = total < count_ && block_->capacity() > kFew && total < block_->capacity() / 2;
    if (is_alone() && first_ + total <= block_->capacity() && !is_wasted) {
        move_elements(*block_, first_ + end, first_ + count_, *block_, first_ + begin + count);
    } else {
        // As much more as lists take, so that appending costs the same however long it is; less for what shrinks.
        const int64_t room = total > count_ || is_wasted ? total + total / 8 + 8 : total;
        move_to(room, begin, end, count);
    }
    if (block_->residency_) {
        block_->residency_->mark_written(first_ + begin, first_ + total);
    }
    count_ = total;
    ++version_;
    if (is_wasted && count == 0) {  // the others are initialised
        drop_items(*block_, first_, first_ + count_);
    }
}

void ArrayBody::replace(std::shared_ptr<ArrayBlock> block, int64_t first, int64_t count) {
    leave({type_, 0}, 0, count_);
    rewrite(std::move(block), first, count);
}

void ArrayBody::leave(const ElementPart& part, int64_t begin, int64_t end) {
    renumber(part, begin, end, [](int64_t) { return ElementRefs::kLeaves; });
}

std::shared_ptr<ArrayBody> ArrayBody::copy_of_element(int64_t index) const {
    before_read(index, index + 1);
    auto block = std::make_shared<ArrayBlock>(type_, 1);
    block->items_.share(block_->items_);
    move_elements(*block_, first_ + index, first_ + index + 1, *block, 0);
    return std::make_shared<ArrayBody>(std::move(block), 0, 1);
}

void ArrayBody::rewrite(std::shared_ptr<ArrayBlock> block, int64_t first, int64_t count) {
    PP_CHECK(!is_exported() && (!is_pinned() || (count == count_ && block->type() == type_)));
    block_.swap(block);  // the old one dies last: what nobody has looked at is reported then, by code of the user's
    type_ = block_->type();
    first_ = first;
    count_ = count;
    ++version_;
}

void ArrayBody::begin_export() {
    if (shares_ > 0) {
        throw UserError(ErrorKind::Buffer, "another library shares the Array's memory on a GPU, so that none of it can "
                                           "be exported on the host; copy() it first");
    }
    before_write(0, count_);
    ++exports_, ++pins_;
}

uint64_t ArrayBody::begin_share(device::RemoteMemory& place) {
    if (exports_ > 0) {
        throw UserError(ErrorKind::Buffer, "a buffer of the Array is exported on the host, so that its memory on a GPU "
                                           "cannot be shared; copy() it first");
    }
    if (shares_ > 0 && shared_place_ != &place) {
        throw UserError(ErrorKind::Buffer, "the Array's memory on another GPU is shared; copy() it first");
    }
    finish_readers();
    settle();
    if (!is_alone() && shares_ == 0) {
        leave_shared_block();
    }
    const uint64_t block = block_->residency().share(place, first_, first_ + count_).address();
    ++shares_, ++pins_;
    shared_place_ = &place;
    ++version_;
    return block;
}

void ArrayBody::end_share() noexcept {
    --shares_, --pins_;
    block_->residency().unshare();
}

namespace {

/// Whether the leaves are of one format and lie one behind the other, and so do elements.
bool are_dense_rows(std::span<const LeafView> leaves) {
    const size_t bytes = leaves.empty() ? 0 : format_bytes(leaves.front().format);
    for (size_t i = 0; i < leaves.size(); ++i) {
        if (leaves[i].base != leaves[0].base + i * bytes || leaves[i].format != leaves[0].format ||
            leaves[i].stride != static_cast<int64_t>(leaves.size() * bytes)) {
            return false;
        }
    }
    return !leaves.empty();
}

void copy_few(std::span<const LeafView> from, std::span<const LeafView> to, int64_t begin, int64_t end) {
    if (are_dense_rows(from) && are_dense_rows(to)) {
        std::memcpy(to[0].at(begin), from[0].at(begin), static_cast<size_t>((end - begin) * from[0].stride));
        return;
    }
    for (size_t i = 0; i < from.size(); ++i) {
        copy_leaf(from[i].from(begin), to[i].from(begin), end - begin);
    }
}

}  // namespace

bool ArrayBlock::copy_from_device(std::span<const LeafView> to, int64_t count) {
    return type_->is_interleaved && are_dense_rows(to) && to[0].format == type_->leaves[0] &&
           residency_->download_to(to[0].base, 0, count);
}

void copy_elements(std::span<const LeafView> from, std::span<const LeafView> to, int64_t count) {
    PP_CHECK(from.size() == to.size());
    // One core copies this in some 25 us, about what waking another one costs.
    constexpr int64_t kChunk = int64_t{256} << 10;
    size_t row = 1;
    for (const LeafView& leaf : from) {
        row += format_bytes(leaf.format);
    }
    const int64_t grain = std::max<int64_t>(kChunk / static_cast<int64_t>(row), 1);
    if (count <= 2 * grain) {
        copy_few(from, to, 0, count);
        return;
    }
    device::ThreadPool::instance().parallel_for(
        count, grain, [&](int64_t begin, int64_t end, int) { copy_few(from, to, begin, end); });
}

}  // namespace pp::data
