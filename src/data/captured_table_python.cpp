/// See captured_table_python.h.
#include "data/captured_table_python.h"

#include <algorithm>
#include <bit>

#include "data/arena.h"
#include "data/captured_mixed_python.h"
#include "data/column.h"
#include "data/reader_python.h"
#include "data/stored_items.h"
#include "data/watched_objects_python.h"

namespace pp::data {
namespace {

constexpr int64_t kCodes = 0x7FFFFFFF;

bool can_be_key(KindRef kind) {
    const bool is_single =
        kind->is_scalar() || kind->tag == Tag::Text || kind->tag == Tag::None || kind->tag == Tag::Never;
    return is_single || (kind->tag == Tag::Tuple && std::ranges::all_of(kind->items, can_be_key));
}

/// Whether all items of a column can be.
bool can_be_keys(KindRef column) {
    return column->item ? can_be_key(column->item) : std::ranges::all_of(column->items, can_be_keys);
}

// The codes that tables.py computes; what is equal has equal ones.

int64_t code_of_int(int64_t key) {
    const int64_t product = ((key ^ key >> 32) & kCodes) * 0x9E3779B1;
    return (product ^ product >> 31) & kCodes;
}

int64_t code_of_float(double key) {
    constexpr double kBound = 0x1p63;
    if (-kBound < key && key < kBound && static_cast<double>(static_cast<int64_t>(key)) == key) {
        return code_of_int(static_cast<int64_t>(key));
    }
    return code_of_int(std::bit_cast<int64_t>(key));
}

template <typename Unit> int64_t code_of_text(const Unit* units, int64_t length) {
    int64_t code = 5381;
    for (int64_t i = 0; i < length; ++i) {
        code = (code * 33 ^ units[i]) & kCodes;
    }
    return code;
}

/// Of a key in memory; `leaf` is moved past its leaves.
int64_t code_of(KindRef kind, const StoredItem& item, uint32_t& leaf) {
    switch (kind->tag) {
    case Tag::Int: return code_of_int(item.int_at(leaf++));
    case Tag::Bool: return code_of_int(item.bool_at(leaf++));
    case Tag::Float: return code_of_float(item.float_at(leaf++));
    case Tag::Text: {
        const char* units = item.items_at(leaf);
        const int64_t length = item.int_at(leaf + 1);
        leaf += 2;
        return kind->object == 1 ? code_of_text(reinterpret_cast<const uint8_t*>(units), length)
                                 : code_of_text(reinterpret_cast<const uint32_t*>(units), length);
    }
    case Tag::Tuple: {
        int64_t code = 1;
        for (KindRef each : kind->items) {
            code = (code * 1000003 ^ code_of(each, item, leaf)) & kCodes;
        }
        return code;
    }
    default: return 0;
    }
}

/// Keys or values.
class TableColumn {
public:
    /// Two of `words` for each sequence of the column's kind. False where an object is not of that kind.
    bool read(const std::vector<PyObject*>& objects, KindRef kind, uint64_t* words, Arenas& memory) {
        if (is_mixed(kind)) {
            return mixed_.read(objects, kind, words, memory.of(0));
        }
        items_ = Storage(objects.size() * item_bytes(kind->item));
        words[0] = reinterpret_cast<uintptr_t>(items_.data());
        words[1] = objects.size();
        return read_items({objects.data(), static_cast<int64_t>(objects.size())}, kind->item,
                          static_cast<char*>(items_.data()), memory);
    }
    std::pair<KindRef, const char*> item(KindRef kind, size_t position) const {
        if (is_mixed(kind)) {
            return mixed_.item(kind, position);
        }
        return {kind->item, static_cast<const char*>(items_.data()) + position * item_bytes(kind->item)};
    }
    size_t bytes() const noexcept { return items_.bytes() + mixed_.bytes(); }

private:
    Storage items_;
    MixedColumns mixed_;
};

class CapturedTable final : public CapturedObject {
public:
    explicit CapturedTable(KindRef kind) : CapturedObject(kind) {}

    bool read(PyObject* table) {
        const TableItems items(table);
        const bool is_dict = PyDict_CheckExact(table);
        const size_t after_keys = 2 + (kind_->items.size() > 1 ? kind_->items[1]->leaves : 0);
        if (kind_->items.size() != (is_dict ? 3 : 2) ||
            !keys_.read(items.keys, kind_->items[1], words_.data() + 2, memory_) ||
            (is_dict && !values_.read(items.values, kind_->items[2], words_.data() + after_keys, memory_))) {
            return false;
        }
        place_keys(items.keys.size());
        watched_.remember(table, kind_);
        return true;
    }
    bool is_current(PyObject* table) const override { return watched_.are_in(table, kind_); }
    size_t bytes() const noexcept override {
        return sizeof *this + memory_.bytes() + places_.bytes() + keys_.bytes() + values_.bytes() + watched_.bytes();
    }

private:
    void place_keys(size_t count) {
        const uint64_t size = std::bit_ceil(uint64_t{2 * count + 1});
        places_ = Storage(size * sizeof(int64_t));
        words_[0] = reinterpret_cast<uintptr_t>(places_.data());
        words_[1] = size;
        auto* places = static_cast<int64_t*>(places_.data());
        std::fill_n(places, size, int64_t{-1});
        for (size_t number = 0; number < count; ++number) {
            const auto [kind, item] = keys_.item(kind_->items[1], number);
            uint32_t leaf = 0;
            auto place = static_cast<uint64_t>(code_of(kind, {item}, leaf)) & (size - 1);
            while (places[place] >= 0) {
                place = (place + 1) & (size - 1);
            }
            places[place] = static_cast<int64_t>(number);
        }
    }

    WatchedObjects watched_;
    Arenas memory_;
    Storage places_;
    TableColumn keys_, values_;
};

}  // namespace

KindRef table_kind(KindRef keys, KindRef values) {
    if (!can_be_keys(keys)) {
        return nullptr;
    }
    std::vector<KindRef> columns{tuple_of_kind(int_kind()), keys};
    if (values) {
        columns.push_back(values);
    }
    return tuple_kind(columns);
}

std::shared_ptr<CapturedObject> read_table(PyObject* dict_or_set, KindRef kind) {
    auto table = std::make_shared<CapturedTable>(kind);
    return table->read(dict_or_set) ? table : nullptr;
}

}  // namespace pp::data
