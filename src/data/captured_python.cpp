/// See captured_python.h.
#include "data/captured_python.h"

#include <algorithm>

#include "data/arena.h"
#include "data/captured_buffer_python.h"
#include "data/captured_mixed_python.h"
#include "data/captured_table_python.h"
#include "data/column.h"
#include "data/element_type.h"
#include "data/layout_python.h"
#include "data/reader_python.h"
#include "data/watched_objects_python.h"

namespace pp::data {
namespace {

/// A row, a sequence or a record.
class CapturedRow final : public CapturedObject {
public:
    explicit CapturedRow(KindRef kind) : CapturedObject(kind) {}

    bool read(PyObject* object) {
        if (!read_leaves(object)) {
            return false;
        }
        watched_.remember(object, kind_);
        return true;
    }
    bool is_current(PyObject* object) const override { return watched_.are_in(object, kind_); }
    size_t bytes() const noexcept override {
        return sizeof *this + memory_.bytes() + items_.bytes() + watched_.bytes();
    }

private:
    bool read_leaves(PyObject* object) {
        PyObject* const* items;
        Py_ssize_t size;
        // A sequence by itself is read by all threads; within others, and where it may change meanwhile, by this one.
        if (!kind_->item || !raw_reads_enabled()) {
            return read_uniform(object, kind_, words_.data(), &memory_);
        }
        if (!(kind_->tag == Tag::TupleOf ? raw_tuple(object, items, size) : raw_list(object, items, size))) {
            return false;
        }
        items_ = Storage(static_cast<size_t>(size) * item_bytes(kind_->item));
        words_ = {reinterpret_cast<uintptr_t>(items_.data()), static_cast<uint64_t>(size)};
        return read_items({items, size}, kind_->item, static_cast<char*>(items_.data()), memory_);
    }

    WatchedObjects watched_;
    Arenas memory_;
    Storage items_;  ///< of a sequence
};

/// What may be None lies beside whether it is there in Arrays only.
bool is_of_array_with_gaps(KindRef kind) {
    return is_optional(kind) || (kind->item && is_of_array_with_gaps(kind->item)) ||
           std::ranges::any_of(kind->items, is_of_array_with_gaps);
}

}  // namespace

std::shared_ptr<CapturedObject> CapturedObject::read(PyObject* object, KindRef kind) {
    if (is_of_array_with_gaps(kind)) {
        return nullptr;
    }
    if (is_buffer(object)) {
        return read_buffer(object, kind);
    }
    if (is_mixed(object, kind)) {
        return read_mixed(object, kind);
    }
    if (is_table(object, kind)) {
        return read_table(object, kind);
    }
    auto row = std::make_shared<CapturedRow>(kind);
    return row->read(object) ? row : nullptr;
}

}  // namespace pp::data
