/// See gap_groups.h.
#include "python/gap_groups.h"

#include <algorithm>
#include <array>

#include "data/optional_leaves.h"
#include "data/parallel_python.h"

namespace pp::python {

namespace {

/// A byte for each element has a bit for each gap of all columns.
constexpr size_t kMostGaps = 8, kCodes = size_t{1} << kMostGaps;
constexpr size_t kMostGroups = 16;
constexpr int64_t kChunk = 1 << 15;

/// A gap of the columns, where the bit of what it is part of is also known.
struct SeenGap {
    data::LeafView is_there;
    int outer;
};

std::vector<SeenGap> gaps_of(const TypedColumns& columns) {
    std::vector<SeenGap> all;
    size_t first_leaf = 0;
    for (size_t c = 0; c < columns.size(); ++c) {
        const auto before = static_cast<int>(all.size());
        for (const data::Gap& gap : data::gaps_of(columns.type(c)->kind))
            all.push_back({columns.leaves()[first_leaf + gap.leaf], gap.outer < 0 ? -1 : before + gap.outer});
        first_leaf += columns.type(c)->leaves.size();
    }
    return all;
}

/// What is there of every element, and how many elements of each code every chunk has.
struct Codes {
    std::vector<uint8_t> of_element;
    std::vector<std::array<int64_t, kCodes>> counts;

    void read(const std::vector<SeenGap>& gaps, int64_t begin, int64_t end) {
        for (size_t g = 0; g < gaps.size(); ++g) {
            const auto [is_there, outer] = gaps[g];
            for (int64_t i = begin; i < end; ++i) {
                uint8_t& code = of_element[static_cast<size_t>(i)];
                const bool is_set = *is_there.at(i) != 0 && (outer < 0 || (code >> outer & 1) != 0);
                code = static_cast<uint8_t>(code | (is_set ? 1 << g : 0));
            }
        }
        auto& own = counts[static_cast<size_t>(begin / kChunk)];
        for (int64_t i = begin; i < end; ++i)
            ++own[of_element[static_cast<size_t>(i)]];
    }
};

/// Calls `body` for each chunk.
template <typename Body> void for_chunks(int64_t count, Body body) {
    const int64_t chunks = (count + kChunk - 1) / kChunk;
    data::in_chunks(chunks, kChunk, [&](int64_t begin, int64_t end) {
        for (int64_t chunk = begin; chunk < end; ++chunk)
            body(chunk * kChunk, std::min((chunk + 1) * kChunk, count));
    });
}

GapGroup group_of(const TypedColumns& columns, uint64_t code, size_t elements) {
    GapGroup group;
    size_t first_leaf = 0;
    for (size_t c = 0; c < columns.size(); ++c) {
        const data::ElementTypeRef type = columns.type(c);
        std::vector<uint32_t> leaves;
        group.kinds.push_back(data::kind_of_present(type->kind, code, leaves));
        code >>= data::gaps_of(type->kind).size();
        for (const uint32_t leaf : leaves)
            group.leaves.push_back(columns.leaves()[first_leaf + leaf]);
        first_leaf += type->leaves.size();
    }
    group.elements.resize(elements);
    return group;
}

}  // namespace

std::optional<std::vector<GapGroup>> group_by_gaps(const TypedColumns& columns) {
    const std::vector<SeenGap> gaps = gaps_of(columns);
    if (gaps.size() > kMostGaps) return std::nullopt;
    const int64_t count = columns.count();
    Codes codes{std::vector<uint8_t>(static_cast<size_t>(count)), {}};
    codes.counts.resize(static_cast<size_t>((count + kChunk - 1) / kChunk));
    for_chunks(count, [&](int64_t begin, int64_t end) { codes.read(gaps, begin, end); });
    // Where each chunk's elements begin in their group.
    std::array<int64_t, kCodes> sums{};
    for (auto& chunk : codes.counts) {
        for (size_t code = 0; code < kCodes; ++code) {
            const int64_t own = chunk[code];
            chunk[code] = sums[code];
            sums[code] += own;
        }
    }
    std::vector<GapGroup> groups;
    std::array<int64_t*, kCodes> places{};
    for (size_t code = 0; code < kCodes; ++code) {
        if (sums[code] == 0) continue;
        if (groups.size() == kMostGroups) return std::nullopt;
        groups.push_back(group_of(columns, code, static_cast<size_t>(sums[code])));
        places[code] = groups.back().elements.data();
    }
    for_chunks(count, [&](int64_t begin, int64_t end) {
        auto& next = codes.counts[static_cast<size_t>(begin / kChunk)];
        for (int64_t i = begin; i < end; ++i) {
            const uint8_t code = codes.of_element[static_cast<size_t>(i)];
            places[code][next[code]++] = i;
        }
    });
    std::ranges::sort(groups, {}, [](const GapGroup& group) { return group.elements.front(); });
    return groups;
}

}  // namespace pp::python
