/// See element_equality.h.
#include "data/element_equality.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <vector>

#include "data/parallel_python.h"

namespace pp::data {
namespace {

/// Elements that are compared leaf by leaf at a time.
constexpr int64_t kBlock = 1024;
using Mask = std::array<char, kBlock>;

bool has_no_instances(KindRef kind) {
    return kind->item == nullptr && !kind->is_record(RecordForm::Object) &&
           std::ranges::all_of(kind->items, has_no_instances);
}

template <typename Value> Value load(const LeafView& leaf, int64_t index) {
    Value value;
    std::memcpy(&value, leaf.at(index), sizeof(value));
    return value;
}

/// Two elements' texts, which are an address and a length each.
struct Texts {
    LeafView address, length;

    const char* at(int64_t index) const { return reinterpret_cast<const char*>(load<int64_t>(address, index)); }
    int64_t length_at(int64_t index) const { return load<int64_t>(length, index); }
};

/// Elements of both from `begin` on; those of the mask that differ leave it.
class Comparison {
public:
    Comparison(std::span<const LeafView> left, std::span<const LeafView> right) : left_(left), right_(right) {}

    void compare(KindRef kind, int64_t begin, int64_t count, Mask& mask) {
        next_ = 0;
        compare_items(kind, begin, count, mask);
    }

private:
    void compare_items(KindRef kind, int64_t begin, int64_t count, Mask& mask) {
        if (kind->tag == Tag::Text) {
            compare_texts(kind->object, begin, count, mask);
            return;
        }
        if (kind->is_scalar()) {
            compare_numbers(begin, count, mask);
            return;
        }
        for (KindRef item : kind->items) {
            compare_items(item, begin, count, mask);
        }
    }

    void compare_numbers(int64_t begin, int64_t count, Mask& mask) {
        const LeafView &left = left_[next_], &right = right_[next_];
        ++next_;
        with_number(left.format, [&](auto kind) {
            using Stored = decltype(kind);
            for (int64_t i = 0; i < count; ++i) {
                const bool is_equal = load<Stored>(left, begin + i) == load<Stored>(right, begin + i);
                mask[static_cast<size_t>(i)] &= static_cast<char>(is_equal);
            }
            return 0;
        });
    }

    void compare_texts(uint32_t bytes, int64_t begin, int64_t count, Mask& mask) {
        const Texts left{left_[next_], left_[next_ + 1]}, right{right_[next_], right_[next_ + 1]};
        next_ += 2;
        for (int64_t i = 0; i < count; ++i) {
            const int64_t length = left.length_at(begin + i);
            char& is_equal = mask[static_cast<size_t>(i)];
            is_equal = is_equal && length == right.length_at(begin + i) &&
                       std::memcmp(left.at(begin + i), right.at(begin + i), static_cast<size_t>(length) * bytes) == 0;
        }
    }

    std::span<const LeafView> left_, right_;
    size_t next_ = 0;  ///< leaf
};

/// Calls `visit` with the mask and the size of one block after the other until it answers false.
template <typename Visit>
void in_blocks(const ElementType& type, std::span<const LeafView> left, std::span<const LeafView> right, int64_t begin,
               int64_t end, Visit visit) {
    Comparison comparison(left, right);
    Mask mask;
    for (; begin < end; begin += kBlock) {
        const int64_t count = std::min(kBlock, end - begin);
        std::fill_n(mask.begin(), count, char{1});
        comparison.compare(type.kind, begin, count, mask);
        if (!visit(std::span<const char>(mask.data(), static_cast<size_t>(count)), begin)) {
            return;
        }
    }
}

/// One element as if it were all of them.
std::vector<LeafView> repeated(std::span<const LeafView> one) {
    std::vector<LeafView> leaves(one.begin(), one.end());
    for (LeafView& leaf : leaves) {
        leaf.stride = 0;
    }
    return leaves;
}

}  // namespace

bool has_plain_equality(const ElementType& type) {
    return type.is_known() && !type.has_gaps && has_no_instances(type.kind);
}

bool are_equal(const ElementType& type, std::span<const LeafView> left, std::span<const LeafView> right,
               int64_t count) {
    bool are_same = true;
    in_chunks(count, static_cast<int64_t>(left.size()), [&](int64_t begin, int64_t end) {
        in_blocks(type, left, right, begin, end, [&](std::span<const char> mask, int64_t) {
            const bool is_same = std::ranges::find(mask, char{0}) == mask.end();
            if (!is_same) {
                std::atomic_ref(are_same).store(false, std::memory_order_relaxed);
            }
            return is_same;
        });
    });
    return are_same;
}

int64_t find_equal(const ElementType& type, std::span<const LeafView> leaves, int64_t begin, int64_t end,
                   std::span<const LeafView> one) {
    int64_t found = end;
    in_blocks(type, leaves, repeated(one), begin, end, [&](std::span<const char> mask, int64_t first) {
        const auto place = std::ranges::find(mask, char{1});
        found = place == mask.end() ? end : first + (place - mask.begin());
        return place == mask.end();
    });
    return found;
}

int64_t count_equal(const ElementType& type, std::span<const LeafView> leaves, int64_t count,
                    std::span<const LeafView> one) {
    int64_t equal = 0;
    in_blocks(type, leaves, repeated(one), 0, count, [&](std::span<const char> mask, int64_t) {
        equal += std::ranges::count(mask, char{1});
        return true;
    });
    return equal;
}

}  // namespace pp::data
