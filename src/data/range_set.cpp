/// See range_set.h.
#include "data/range_set.h"

#include <algorithm>

namespace pp::data {

void RangeSet::add(int64_t begin, int64_t end, int64_t close) {
    if (begin >= end) {
        return;
    }
    // Writes mostly go on where the last one ended.
    auto first = ranges_.end();
    while (first != ranges_.begin() && std::prev(first)->end + close >= begin) {
        --first;
    }
    auto last = first;
    while (last != ranges_.end() && last->begin <= end + close) {
        begin = std::min(begin, last->begin);
        end = std::max(end, last->end);
        ++last;
    }
    ranges_.insert(ranges_.erase(first, last), {begin, end});
}

void RangeSet::shorten() {
    while (ranges_.size() > kMost) {
        size_t closest = 1;
        for (size_t i = 2; i < ranges_.size(); ++i) {
            if (ranges_[i].begin - ranges_[i - 1].end < ranges_[closest].begin - ranges_[closest - 1].end) {
                closest = i;
            }
        }
        ranges_[closest - 1].end = ranges_[closest].end;
        ranges_.erase(ranges_.begin() + static_cast<std::ptrdiff_t>(closest));
    }
}

void RangeSet::remove(int64_t begin, int64_t end) {
    if (begin >= end) {
        return;
    }
    std::vector<IndexRange> left;
    for (const IndexRange& range : ranges_) {
        if (range.begin < std::min(begin, range.end)) {
            left.push_back({range.begin, std::min(begin, range.end)});
        }
        if (std::max(end, range.begin) < range.end) {
            left.push_back({std::max(end, range.begin), range.end});
        }
    }
    ranges_ = std::move(left);
}

std::vector<IndexRange> RangeSet::within(int64_t begin, int64_t end) const {
    std::vector<IndexRange> parts;
    for (const IndexRange& range : ranges_) {
        const IndexRange part{std::max(begin, range.begin), std::min(end, range.end)};
        if (part.begin < part.end) {
            parts.push_back(part);
        }
    }
    return parts;
}

}  // namespace pp::data
