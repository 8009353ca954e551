/// Walks values in memory and writes an object for each.
#include "data/stored_writer_python.h"

#include "data/sequence_boxer_python.h"
#include "data/stored_items.h"

namespace pp::data {
namespace {

bool is_tuple(KindRef kind) {
    return kind->tag == Tag::Tuple || kind->tag == Tag::TupleOf;
}

PyObject* new_row(KindRef kind, int64_t size, PyObject**& items, ChunkObjects& objects) {
    const auto count = static_cast<size_t>(size);
    return is_tuple(kind) ? objects.new_tuple(count, items) : objects.new_list(count, items);
}

/// A tuple of atoms cannot be part of a cycle; the empty one is nobody's.
void watch_row(KindRef kind, int64_t size, PyObject* row, ChunkObjects& objects) {
    if (!is_tuple(kind) || (size != 0 && !is_atomic_kind(kind, objects.ready().constants))) {
        objects.watch(row);
    }
}

/// Makes objects of the leaves at a place in memory, one after the other.
class ItemWriter {
public:
    ItemWriter(const char* place, ChunkObjects& objects) : item_{place}, objects_(objects) {}

    PyObject* write(KindRef kind) noexcept {
        switch (kind->tag) {
        case Tag::Float: return objects_.new_float(item_.float_at(leaf_++));
        case Tag::Int: return objects_.new_int(item_.int_at(leaf_++));
        case Tag::Bool: return objects_.new_bool(item_.bool_at(leaf_++));
        case Tag::Object: return objects_.take(objects_.ready().constants[kind->object]);
        case Tag::Tuple:
        case Tag::List: return write_row(kind);
        case Tag::TupleOf:
        case Tag::ListOf:
        case Tag::Text: {
            const int64_t address = item_.int_at(leaf_++);
            return write_dynamic(kind, address, item_.int_at(leaf_++), objects_);
        }
        default: return objects_.take(Py_None);  // memory holds plain kinds only, and this is the one left
        }
    }

private:
    PyObject* write_row(KindRef kind) noexcept {
        PyObject** items = nullptr;
        const auto size = static_cast<int64_t>(kind->items.size());
        PyObject* row = new_row(kind, size, items, objects_);
        for (KindRef item : kind->items) {
            *items++ = write(item);
        }
        watch_row(kind, size, row, objects_);
        return row;
    }

    StoredItem item_;
    ChunkObjects& objects_;
    uint32_t leaf_ = 0;
};

}  // namespace

PyObject* write_dynamic(KindRef kind, int64_t address, int64_t length, ChunkObjects& objects) noexcept {
    const auto* stored = reinterpret_cast<const char*>(static_cast<intptr_t>(address));
    if (kind->tag == Tag::Text) {
        return objects.new_text(stored, kind->object, length);
    }
    PyObject** items = nullptr;
    PyObject* row = new_row(kind, length, items, objects);
    if (kind->item->tag == Tag::Float) {
        for (int64_t i = 0; i < length; ++i) {
            items[i] = objects.new_float(StoredItem{stored + 8 * i}.float_at(0));
        }
    } else {
        const int64_t stride = item_bytes(kind->item);
        for (int64_t i = 0; i < length; ++i) {
            items[i] = ItemWriter(stored + stride * i, objects).write(kind->item);
        }
    }
    watch_row(kind, length, row, objects);
    return row;
}

}  // namespace pp::data
