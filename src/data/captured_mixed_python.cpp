/// See captured_mixed_python.h.
#include "data/captured_mixed_python.h"

#include <cstring>

#include "data/arena.h"
#include "data/column.h"
#include "data/range_reader_python.h"
#include "data/reader_python.h"
#include "data/watched_objects_python.h"

namespace pp::data {
namespace {

class CapturedMixed final : public CapturedObject {
public:
    explicit CapturedMixed(KindRef kind) : CapturedObject(kind) {}

    bool read(PyObject* row) {
        const Py_ssize_t size = PySequence_Fast_GET_SIZE(row);
        for (size_t c = 0; c < kind_->items.size(); ++c) {
            columns_.emplace_back(static_cast<size_t>(size) * item_bytes(kind_->items[c]->item));
            if (columns_.back().bytes() != 0) {
                std::memset(columns_.back().data(), 0, columns_.back().bytes());
            }
            words_[2 * c] = reinterpret_cast<uintptr_t>(columns_.back().data());
            words_[2 * c + 1] = static_cast<uint64_t>(size);
        }
        for (Py_ssize_t i = 0; i < size; ++i) {
            if (!read_item(PySequence_Fast_GET_ITEM(row, i), i)) {
                return false;
            }
        }
        watched_.remember(row, watched_kind(row));
        return true;
    }
    bool is_current(PyObject* row) const override { return watched_.are_in(row, watched_kind(row)); }
    size_t bytes() const noexcept override {
        size_t sum = sizeof *this + memory_.bytes() + watched_.bytes();
        for (const Storage& column : columns_) {
            sum += column.bytes();
        }
        return sum;
    }

private:
    bool read_item(PyObject* item, Py_ssize_t position) {
        for (size_t c = 1; c + 1 < columns_.size(); ++c) {
            const ReadPlan& plan = read_plan(kind_->items[c]->item);
            char* place = static_cast<char*>(columns_[c].data()) + position * item_bytes(plan.kind);
            // Nothing in it can change, so it holds no records.
            const bool matches = raw_reads_enabled() ? raw_read_items(plan, nullptr, &item, 1, place, &memory_.of(0))
                                                     : api_read_items(plan, &item, 1, place, &memory_.of(0));
            if (matches) {
                static_cast<int64_t*>(columns_[0].data())[position] = static_cast<int64_t>(c - 1);
                return true;
            }
        }
        return false;
    }

    /// Nothing that the items hold can change: it is their places alone that count.
    static KindRef watched_kind(PyObject* row) {
        return PyList_CheckExact(row) ? list_of_kind(none_kind()) : tuple_of_kind(none_kind());
    }

    std::vector<Storage> columns_;
    Arenas memory_;
    WatchedObjects watched_;
};

}  // namespace

bool is_mixed(PyObject* object, KindRef kind) {
    return (PyList_CheckExact(object) || PyTuple_CheckExact(object)) && kind->tag == Tag::Tuple &&
           !kind->items.empty() && kind->items.back() == tuple_of_kind(never_kind());
}

KindRef mixed_kind(std::span<const KindRef> items) {
    std::vector<KindRef> columns{tuple_of_kind(int_kind())};
    for (KindRef item : items) {
        columns.push_back(tuple_of_kind(item));
    }
    columns.push_back(tuple_of_kind(never_kind()));
    return tuple_kind(columns);
}

std::shared_ptr<CapturedObject> read_mixed(PyObject* row, KindRef kind) {
    auto mixed = std::make_shared<CapturedMixed>(kind);
    return mixed->read(row) ? mixed : nullptr;
}

}  // namespace pp::data
