/// See captured_table_python.h.
#include "data/captured_table_python.h"

#include <algorithm>
#include <bit>

#include "data/arena.h"
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

class CapturedTable final : public CapturedObject {
public:
    explicit CapturedTable(KindRef kind) : CapturedObject(kind) {}

    bool read(PyObject* table) {
        const TableItems items(table);
        const bool is_dict = PyDict_CheckExact(table);
        if (kind_->items.size() != (is_dict ? 3 : 2) || !read_column(1, items.keys, keys_) ||
            (is_dict && !read_column(2, items.values, values_))) {
            return false;
        }
        place_keys(static_cast<int64_t>(items.keys.size()));
        watched_.remember(table, kind_);
        return true;
    }
    bool is_current(PyObject* table) const override { return watched_.are_in(table, kind_); }
    size_t bytes() const noexcept override {
        return sizeof *this + memory_.bytes() + places_.bytes() + keys_.bytes() + values_.bytes() + watched_.bytes();
    }

private:
    void set(size_t column, const Storage& items, size_t count) {
        words_[2 * column] = reinterpret_cast<uintptr_t>(items.data());
        words_[2 * column + 1] = count;
    }

    bool read_column(size_t column, const std::vector<PyObject*>& objects, Storage& items) {
        const KindRef item = kind_->items[column]->item;
        items = Storage(objects.size() * item_bytes(item));
        set(column, items, objects.size());
        return read_items({objects.data(), static_cast<int64_t>(objects.size())}, item,
                          static_cast<char*>(items.data()), memory_);
    }

    void place_keys(int64_t count) {
        const uint64_t size = std::bit_ceil(static_cast<uint64_t>(2 * count + 1));
        places_ = Storage(size * sizeof(int64_t));
        set(0, places_, size);
        auto* places = static_cast<int64_t*>(places_.data());
        std::fill_n(places, size, int64_t{-1});
        const KindRef key = kind_->items[1]->item;
        const auto* item = static_cast<const char*>(keys_.data());
        for (int64_t number = 0; number < count; ++number, item += item_bytes(key)) {
            uint32_t leaf = 0;
            auto place = static_cast<uint64_t>(code_of(key, {item}, leaf)) & (size - 1);
            while (places[place] >= 0) {
                place = (place + 1) & (size - 1);
            }
            places[place] = number;
        }
    }

    WatchedObjects watched_;
    Arenas memory_;
    Storage places_, keys_, values_;
};

}  // namespace

KindRef table_kind(KindRef key, KindRef value) {
    if (!can_be_key(key)) {
        return nullptr;
    }
    std::vector<KindRef> columns{tuple_of_kind(int_kind()), tuple_of_kind(key)};
    if (value) {
        columns.push_back(tuple_of_kind(value));
    }
    return tuple_kind(columns);
}

std::shared_ptr<CapturedObject> read_table(PyObject* dict_or_set, KindRef kind) {
    auto table = std::make_shared<CapturedTable>(kind);
    return table->read(dict_or_set) ? table : nullptr;
}

}  // namespace pp::data
