/// See array_captures.h.
#include "python/array_captures.h"

#include <algorithm>
#include <array>
#include <utility>

#include "data/column.h"
#include "data/interpreter_python.h"
#include "data/item_memory.h"
#include "data/parallel_python.h"
#include "python/array_object.h"

namespace pp::python {

namespace {

class CapturedArray final : public data::Captured {
public:
    /// Its elements are [begin, end) of the block.
    CapturedArray(KindRef kind, std::shared_ptr<data::ArrayBlock> block, int64_t begin, int64_t end,
                  std::vector<uint64_t> words)
        : Captured(kind), block_(std::move(block)), begin_(begin), end_(end) {
        words_ = std::move(words);
    }
    size_t bytes() const noexcept override { return sizeof *this; }

    std::optional<std::vector<uint64_t>> words_on(device::RemoteMemory& place) const override {
        std::vector<uint64_t> words = words_;
        if (begin_ == end_) return words;
        const uint64_t here = reinterpret_cast<uintptr_t>(block_->memory());
        const uint64_t there = block_->residency().use(place, begin_, end_).address();
        for (size_t i = 0; i < words.size(); i += 2)
            if (words[i] != 0) words[i] += there - here;
        return words;
    }
    void before_host_reads() const override { block_->before_read(begin_, end_); }

private:
    std::shared_ptr<data::ArrayBlock> block_;
    int64_t begin_, end_;
};

/// Texts and rows of any length: their addresses, counts and numbers copied, one element behind the other, as
/// ir/kind.h says of items. What they lead to stays where it is.
class CapturedItems final : public data::Captured {
public:
    /// Of elements [begin, end) of the block.
    CapturedItems(KindRef kind, std::shared_ptr<data::ArrayBlock> block, const std::vector<data::LeafView>& leaves,
                  int64_t count)
        : Captured(kind), block_(std::move(block)) {
        KindRef item = kind->items[0]->item;
        memory_ = data::Storage(static_cast<size_t>(count) * item_bytes(item) + 1);
        const std::vector<data::LeafView> to = data::item_leaves(item, static_cast<const char*>(memory_.data()));
        data::in_chunks(count, static_cast<int64_t>(leaves.size()), [&](int64_t begin, int64_t end) {
            constexpr int64_t kBlock = 1024;
            alignas(64) char scratch[kBlock * 8];
            std::vector<int64_t> misfits;  // none: no format is unsigned
            for (size_t i = 0; i < leaves.size(); ++i) {
                for (int64_t piece = begin; piece < end; piece += kBlock) {
                    const int64_t until = std::min(piece + kBlock, end);
                    data::read_leaf(leaves[i], piece, until, scratch, misfits);
                    data::write_leaf(data::native_type(leaves[i].format), scratch, piece, until, to[i], misfits);
                }
            }
        });
        words_ = {static_cast<uint64_t>(reinterpret_cast<uintptr_t>(memory_.data())), static_cast<uint64_t>(count)};
    }
    size_t bytes() const noexcept override { return memory_.bytes(); }

private:
    std::shared_ptr<data::ArrayBlock> block_;
    data::Storage memory_;
};

/// The last ones that were made: a call is likely to see what the one before has seen.
struct LatestItems {
    struct Entry {
        std::weak_ptr<data::ArrayBody> body;
        uint64_t version;
        int64_t first, count;
        size_t first_leaf;
        std::shared_ptr<const data::Captured> captured;
    };
    std::vector<Entry> entries;
    static constexpr size_t kMost = 4;
};

CapturedRef capture_items(PyObject* array, KindRef kind) {
    const ArrayAccess access(array);
    const auto& body = reinterpret_cast<ArrayObject*>(array)->body;
    std::vector<LatestItems::Entry>& entries = data::Interpreter::current().the<LatestItems>().entries;
    std::erase_if(entries, [&](const LatestItems::Entry& entry) {
        const auto known = entry.body.lock();
        return !known || (known == body && entry.version != body->version());
    });
    for (const LatestItems::Entry& entry : entries) {
        if (entry.body.lock() == body && entry.version == body->version() && entry.first == access.first() &&
            entry.count == access.count() && entry.first_leaf == access.part().first_leaf &&
            entry.captured->kind() == kind)
            return entry.captured;
    }
    auto captured = std::make_shared<const CapturedItems>(kind, body->share(), access.read(), access.count());
    if (entries.size() == LatestItems::kMost) entries.erase(entries.begin());
    entries.push_back({body, body->version(), access.first(), access.count(), access.part().first_leaf, captured});
    return captured;
}

/// Whether a function can see elements of a dynamic type.
bool can_capture_items(const data::ElementType& type) {
    return type.kind->is_plain &&
           std::ranges::none_of(type.leaves, [](data::NumberFormat f) { return f == data::NumberFormat::UInt64; });
}

NumberLayout layout_of(data::NumberFormat format) {
    using data::NumberFormat;
    switch (format) {
    case NumberFormat::Float64: return NumberLayout::F64;
    case NumberFormat::Float32: return NumberLayout::F32;
    case NumberFormat::Int64: return NumberLayout::I64;
    case NumberFormat::Int32: return NumberLayout::I32;
    case NumberFormat::Int16: return NumberLayout::I16;
    case NumberFormat::Int8: return NumberLayout::I8;
    case NumberFormat::UInt64: return NumberLayout::U64;
    case NumberFormat::UInt32: return NumberLayout::U32;
    case NumberFormat::UInt16: return NumberLayout::U16;
    case NumberFormat::UInt8: return NumberLayout::U8;
    case NumberFormat::Bool: return NumberLayout::Bool;
    }
    return NumberLayout::None;
}

bool is_of_tuples(KindRef kind) {
    return kind->is_scalar() || (kind->tag == Tag::Tuple && std::ranges::all_of(kind->items, is_of_tuples));
}

/// How the elements of an Array lie in the block.
class Layout {
public:
    explicit Layout(const ArrayAccess& access) : type_(*access.type()), body_type_(*access.body().type()) {
        width_ = type_.leaves.size();
        is_dense_ = access.part().is_flat || (body_type_.is_interleaved && width_ == body_type_.leaves.size());
        first_ = access.part().first_leaf;
    }

    /// One behind the other, as ir/kind.h says of items.
    bool is_natural() const {
        const auto has_kernel_form = [](data::NumberFormat format) {
            return format == data::NumberFormat::Float64 || format == data::NumberFormat::Int64;
        };
        const bool is_bools = width_ == 1 && type_.leaves[0] == data::NumberFormat::Bool;
        const bool is_alone = width_ == 1 && body_type_.leaves.size() == 1;
        return width_ == 0 || ((is_dense_ || is_alone) && is_of_tuples(type_.kind) &&
                               (is_bools || std::ranges::all_of(type_.leaves, has_kernel_form)));
    }
    bool is_by_column() const { return !is_dense_ && !body_type_.is_interleaved; }

    KindRef kind() const {
        std::vector<KindRef> sequences{tuple_of_kind(type_.kind)};
        if (is_natural()) return tuple_kind(sequences);
        if (is_by_column()) {
            for (const data::NumberFormat format : type_.leaves)
                sequences.push_back(tuple_of_kind(number_kind(layout_of(format))));
        } else {
            sequences.push_back(tuple_of_kind(row()));
        }
        return tuple_kind(sequences);
    }

private:
    KindRef numbers(size_t begin, size_t end, const data::ElementType& type) const {
        std::vector<KindRef> kinds;
        for (size_t i = begin; i < end; ++i)
            kinds.push_back(number_kind(layout_of(type.leaves[i])));
        return tuple_kind(kinds);
    }
    KindRef row() const {
        KindRef own = width_ == 1 ? number_kind(layout_of(type_.leaves[0])) : numbers(0, width_, type_);
        if (is_dense_) return own;
        return tuple_kind(std::array{numbers(0, first_, body_type_), own,
                                     numbers(first_ + width_, body_type_.leaves.size(), body_type_)});
    }

    const data::ElementType &type_, &body_type_;
    size_t width_, first_;
    bool is_dense_;
};

uint64_t address(const data::LeafView& leaf) {
    return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(leaf.base));
}

}  // namespace

bool is_captured_array(PyObject* object) {
    // Asked for the class only where there are Arrays: making it imports modules.
    if (!is_array(object) || !Py_IS_TYPE(object, array_class())) return false;
    const data::ElementType& type = *ArrayAccess(object).type();
    return !type.is_dynamic || (!type.has_gaps && can_capture_items(type));
}

KindRef array_capture_kind(PyObject* array) {
    data::ElementTypeRef type = ArrayAccess(array).type();
    if (type->is_dynamic) return tuple_kind(std::array{tuple_of_kind(type->kind)});
    return Layout(ArrayAccess(array)).kind();
}

std::vector<uint64_t> array_words(PyObject* array, const data::ArrayBlock& block, int64_t first) {
    const ArrayAccess access(array);
    const Layout layout(access);
    const auto count = static_cast<uint64_t>(access.count());
    std::vector<data::LeafView> leaves = access.leaves_in(block, first);
    if (layout.is_natural()) return {leaves.empty() ? 0 : address(leaves[0]), count};
    std::vector<uint64_t> words{0, count};
    if (layout.is_by_column()) {
        for (const data::LeafView& leaf : leaves)
            words.insert(words.end(), {address(leaf), count});
        return words;
    }
    // Of rows, the beginning, also where other leaves stand in front.
    const auto before = access.part().is_flat ? 0 : access.part().first_leaf * data::format_bytes(leaves[0].format);
    words.insert(words.end(), {address(leaves[0]) - before, count});
    return words;
}

CapturedRef capture_array(PyObject* array, KindRef kind) {
    if (array_capture_kind(array) != kind) return nullptr;
    if (ArrayAccess(array).type()->is_dynamic) return capture_items(array, kind);
    const ArrayAccess access(array);
    data::ArrayBody& body = access.body();
    std::shared_ptr<data::ArrayBlock> block = body.share();
    int64_t first = body.first();
    if (body.has_exported_buffer()) {  // whoever holds the buffer may write to it at any time
        std::vector<data::LeafView> from, to;
        body.before_read(0, body.count());
        block = std::make_shared<data::ArrayBlock>(body.type(), body.count());
        for (size_t i = 0; i < body.type()->leaves.size(); ++i) {
            from.push_back(body.leaf(i));
            to.push_back(block->leaf(i));
        }
        data::copy_elements(from, to, body.count());
        first = 0;
    }
    std::vector<uint64_t> words = array_words(array, *block, first);
    int64_t begin = 0, end = access.count();
    access.block_range(begin, end);
    const int64_t shift = first - body.first();
    return std::make_shared<CapturedArray>(kind, std::move(block), begin + shift, end + shift, std::move(words));
}

}  // namespace pp::python
