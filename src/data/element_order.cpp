/// See element_order.h.
#include "data/element_order.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "data/parallel_sort.h"
#include "data/sequence_walk.h"

namespace pp::data {
namespace {

constexpr int64_t kChunk = 1 << 14;

template <typename Body> void for_all(int64_t count, Body body) {
    if (count < kSortedByOne) {
        return body(int64_t{0}, count);
    }
    device::ThreadPool::instance().parallel_for(count, kChunk,
                                                [&](int64_t begin, int64_t end, int) { body(begin, end); });
}

template <typename T> T value_at(const LeafView& leaf, int64_t index) {
    T value;
    std::memcpy(&value, leaf.at(index), sizeof value);
    return value;
}

/// All values of a leaf; nothing where one is a NaN.
template <typename T> std::optional<std::vector<T>> values_of(const LeafView& leaf, int64_t count) {
    std::vector<T> values(static_cast<size_t>(count));
    std::atomic<bool> has_nan{false};
    for_all(count, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            values[static_cast<size_t>(i)] = value_at<T>(leaf, i);
            if constexpr (std::floating_point<T>) {
                if (std::isnan(values[static_cast<size_t>(i)])) {
                    has_nan.store(true, std::memory_order_relaxed);
                }
            }
        }
    });
    return has_nan.load() ? std::nullopt : std::optional(std::move(values));
}

template <typename T> bool sort_values(const LeafView& leaf, int64_t count, bool is_reversed) {
    std::optional<std::vector<T>> values = values_of<T>(leaf, count);
    if (!values) {
        return false;
    }
    // Stable either way: -0.0 and 0.0 are equal and keep their order.
    is_reversed ? sort_by_all(*values, std::greater<>()) : sort_by_all(*values, std::less<>());
    for_all(count, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            std::memcpy(leaf.at(i), &(*values)[static_cast<size_t>(i)], sizeof(T));
        }
    });
    return true;
}

/// How one number or text of two elements compares: below, at or above 0.
using Compare = int (*)(std::span<const LeafView> leaf, int64_t left, int64_t right);

template <typename T> int compare_numbers(std::span<const LeafView> leaf, int64_t left, int64_t right) {
    const T a = value_at<T>(leaf[0], left), b = value_at<T>(leaf[0], right);
    return static_cast<int>(a > b) - static_cast<int>(a < b);
}

template <typename Unit> int compare_texts(std::span<const LeafView> leaf, int64_t left, int64_t right) {
    const auto units = [&](int64_t index) {
        const auto* first = reinterpret_cast<const Unit*>(items_here(value_at<uint64_t>(leaf[0], index)));
        return std::span(first, static_cast<size_t>(value_at<uint64_t>(leaf[1], index)));
    };
    const auto order = std::lexicographical_compare_three_way(units(left).begin(), units(left).end(),
                                                              units(right).begin(), units(right).end());
    return order < 0 ? -1 : order > 0;
}

struct Key {
    size_t leaf;
    Compare compare;
};

/// The numbers and texts of a row, nested or not, in order; false where there is something else.
bool add_keys(KindRef kind, std::span<const LeafView> leaves, size_t& leaf, std::vector<Key>& keys) {
    if (kind->is_scalar()) {
        const Compare compare =
            with_number(leaves[leaf].format, [](auto value) -> Compare { return compare_numbers<decltype(value)>; });
        keys.push_back({leaf++, compare});
        return true;
    }
    if (kind->tag == Tag::Text) {
        keys.push_back({leaf, kind->object == 1 ? compare_texts<uint8_t> : compare_texts<uint32_t>});
        leaf += 2;
        return true;
    }
    return (kind->tag == Tag::Tuple || kind->is_record(RecordForm::NamedTuple)) &&
           std::ranges::all_of(kind->items, [&](KindRef item) { return add_keys(item, leaves, leaf, keys); });
}

bool has_nan(const LeafView& leaf, int64_t count) {
    if (!is_floating(leaf.format)) {
        return false;
    }
    return leaf.format == NumberFormat::Float64 ? !values_of<double>(leaf, count) : !values_of<float>(leaf, count);
}

}  // namespace

bool sort_scalars(const LeafView& leaf, int64_t count, bool is_reversed) {
    return with_number(leaf.format, [&](auto kind) { return sort_values<decltype(kind)>(leaf, count, is_reversed); });
}

std::optional<std::vector<int64_t>> sorted_order(const ElementType& type, std::span<const LeafView> leaves,
                                                 int64_t count, bool is_reversed) {
    std::vector<Key> keys;
    size_t next = 0;
    if (type.has_gaps || type.has_objects || !add_keys(type.kind, leaves, next, keys) ||
        std::ranges::any_of(leaves, [count](const LeafView& leaf) { return has_nan(leaf, count); })) {
        return std::nullopt;
    }
    std::vector<int64_t> order(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
        order[static_cast<size_t>(i)] = i;
    }
    sort_by_all(order, [&](int64_t left, int64_t right) {
        for (const Key& key : keys) {
            const int compared = key.compare(leaves.subspan(key.leaf), left, right);
            if (compared != 0) {
                return is_reversed ? compared > 0 : compared < 0;
            }
        }
        return false;
    });
    return order;
}

}  // namespace pp::data
