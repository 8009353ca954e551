/// Ranges of element indices, as writes leave them: sorted and apart.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pp::data {

struct IndexRange {
    int64_t begin, end;

    bool operator==(const IndexRange&) const = default;
};

class RangeSet {
public:
    /// Ranges so many elements apart are worth being moved as one.
    static constexpr int64_t kClose = 256;
    static constexpr size_t kMost = 256;

    /// Joins what is at most `close` apart with the new range; 0 joins only what touches it.
    void add(int64_t begin, int64_t end, int64_t close = 0);
    /// Joins the ranges that are closest, until there are at most `kMost`.
    void shorten();
    /// Removes what lies in [begin, end).
    void remove(int64_t begin, int64_t end);
    /// The parts that lie in [begin, end).
    std::vector<IndexRange> within(int64_t begin, int64_t end) const;
    void clear() noexcept { ranges_.clear(); }
    bool empty() const noexcept { return ranges_.empty(); }
    std::span<const IndexRange> ranges() const noexcept { return ranges_; }

    size_t size() const noexcept { return ranges_.size(); }

private:
    std::vector<IndexRange> ranges_;
};

}  // namespace pp::data
