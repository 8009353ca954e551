/// Walks values in memory as their writer does, and counts.
#include "data/stored_blocks_python.h"

#include "data/object_writer_python.h"
#include "data/stored_items.h"
#include "data/text_writer_python.h"

namespace pp::data {
namespace {

size_t int_bytes(int64_t value) {
    return digit_count(magnitude_of(value)) < 3 ? kIntBytes : kWideIntBytes;
}

/// Counts for the leaves at a place in memory, one after the other.
class ItemCounter {
public:
    ItemCounter(const char* place, const SmallInts& small, BlockCounts& counts)
        : item_{place}, small_(small), counts_(counts) {}

    void count(KindRef kind) {
        switch (kind->tag) {
        case Tag::Float:
            ++leaf_;
            counts_.add(kFloatBytes);
            return;
        case Tag::Int: {
            const int64_t value = item_.int_at(leaf_++);
            if (!small_.contains(value)) {
                counts_.add(int_bytes(value));
            }
            return;
        }
        case Tag::Bool: ++leaf_; return;
        case Tag::Tuple:
        case Tag::List:
            count_row(kind->tag == Tag::Tuple, static_cast<int64_t>(kind->items.size()), counts_);
            for (KindRef item : kind->items) {
                count(item);
            }
            return;
        case Tag::TupleOf:
        case Tag::ListOf:
        case Tag::Text: {
            const int64_t address = item_.int_at(leaf_++);
            count_dynamic(kind, address, item_.int_at(leaf_++), small_, counts_);
            return;
        }
        default: return;  // an object that exists already
        }
    }

    static void count_row(bool is_tuple, int64_t size, BlockCounts& counts) {
        const auto items = static_cast<size_t>(size);
        if (!is_tuple) {
            counts.add(kListBytes);
        }
        if (size != 0) {  // there is one empty tuple
            counts.add(is_tuple ? tuple_bytes(items) : items_bytes(items));
        }
    }

private:
    StoredItem item_;
    const SmallInts& small_;
    BlockCounts& counts_;
    uint32_t leaf_ = 0;
};

}  // namespace

void count_dynamic(KindRef kind, int64_t address, int64_t length, const SmallInts& small, BlockCounts& counts) {
    const auto* items = reinterpret_cast<const char*>(static_cast<intptr_t>(address));
    if (kind->tag == Tag::Text) {
        if (!is_ready_text(items, kind->object, length)) {
            counts.add(text_form(items, kind->object, length).bytes());
        }
        return;
    }
    ItemCounter::count_row(kind->tag == Tag::TupleOf, length, counts);
    if (kind->item->tag == Tag::Float) {
        counts[block_class(kFloatBytes)] += length;
        return;
    }
    const int64_t stride = item_bytes(kind->item);
    for (int64_t i = 0; i < length; ++i) {
        ItemCounter(items + stride * i, small, counts).count(kind->item);
    }
}

}  // namespace pp::data
