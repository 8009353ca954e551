/// See captured_mixed_python.h.
#include "data/captured_mixed_python.h"

#include <cstring>

#include "data/range_reader_python.h"
#include "data/reader_python.h"
#include "data/watched_objects_python.h"

namespace pp::data {
namespace {

class CapturedMixed final : public CapturedObject {
public:
    explicit CapturedMixed(KindRef kind) : CapturedObject(kind) {}

    bool read(PyObject* row) {
        const std::span items(PySequence_Fast_ITEMS(row), static_cast<size_t>(PySequence_Fast_GET_SIZE(row)));
        if (!columns_.read(items, kind_, words_.data(), memory_.of(0))) {
            return false;
        }
        watched_.remember(row, watched_kind(row));
        return true;
    }
    bool is_current(PyObject* row) const override { return watched_.are_in(row, watched_kind(row)); }
    size_t bytes() const noexcept override {
        return sizeof *this + memory_.bytes() + watched_.bytes() + columns_.bytes();
    }

private:
    /// Nothing that the items hold can change: it is their places alone that count.
    static KindRef watched_kind(PyObject* row) {
        return PyList_CheckExact(row) ? list_of_kind(none_kind()) : tuple_of_kind(none_kind());
    }

    MixedColumns columns_;
    Arenas memory_;
    WatchedObjects watched_;
};

}  // namespace

bool MixedColumns::read(std::span<PyObject* const> items, KindRef kind, uint64_t* words, Arena& memory) {
    for (size_t c = 0; c < kind->items.size(); ++c) {
        columns_.emplace_back(items.size() * item_bytes(kind->items[c]->item));
        if (columns_.back().bytes() != 0) {
            std::memset(columns_.back().data(), 0, columns_.back().bytes());
        }
        words[2 * c] = reinterpret_cast<uintptr_t>(columns_.back().data());
        words[2 * c + 1] = items.size();
    }
    for (size_t i = 0; i < items.size(); ++i) {
        if (!read_item(items[i], kind, i, memory)) {
            return false;
        }
    }
    return true;
}

bool MixedColumns::read_item(PyObject* item, KindRef kind, size_t position, Arena& memory) {
    for (size_t c = 1; c + 1 < columns_.size(); ++c) {
        const ReadPlan& plan = read_plan(kind->items[c]->item);
        char* place = static_cast<char*>(columns_[c].data()) + position * item_bytes(plan.kind);
        // Nothing in it can change, so it holds no records.
        const bool matches = raw_reads_enabled() ? raw_read_items(plan, nullptr, &item, 1, place, &memory)
                                                 : api_read_items(plan, &item, 1, place, &memory);
        if (matches) {
            static_cast<int64_t*>(columns_[0].data())[position] = static_cast<int64_t>(c - 1);
            return true;
        }
    }
    return false;
}

std::pair<KindRef, const char*> MixedColumns::item(KindRef kind, size_t position) const {
    const auto column = static_cast<size_t>(static_cast<const int64_t*>(columns_[0].data())[position]) + 1;
    const KindRef own = kind->items[column]->item;
    return {own, static_cast<const char*>(columns_[column].data()) + position * item_bytes(own)};
}

size_t MixedColumns::bytes() const noexcept {
    size_t sum = 0;
    for (const Storage& column : columns_) {
        sum += column.bytes();
    }
    return sum;
}

bool is_mixed(KindRef kind) {
    return kind->tag == Tag::Tuple && !kind->items.empty() && kind->items.back() == tuple_of_kind(never_kind());
}

bool is_mixed(PyObject* object, KindRef kind) {
    return (PyList_CheckExact(object) || PyTuple_CheckExact(object)) && is_mixed(kind);
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
