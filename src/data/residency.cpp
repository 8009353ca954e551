/// See residency.h.
#include "data/residency.h"

#include <algorithm>

#include "base/error.h"

namespace pp::data {

Residency::Copy& Residency::copy_on(device::RemoteMemory& place) {
    for (Copy& copy : copies_) {
        if (copy.place == &place) {
            return copy;
        }
    }
    Copy made{&place, place.allocate(bytes_), {}};
    made.missing.add(0, elements_);
    return copies_.emplace_back(std::move(made));
}

const device::RemoteBlock& Residency::use(device::RemoteMemory& place, int64_t begin, int64_t end) {
    Copy& copy = copy_on(place);
    for (const IndexRange& part : copy.missing.within(begin, end)) {
        fetch(part.begin, part.end);  // another device may be the one that has it
        runs_(part, [&](size_t offset, size_t bytes) { place.upload(*copy.block, offset, memory_ + offset, bytes); });
        copy.missing.remove(part.begin, part.end);
    }
    return *copy.block;
}

const device::RemoteBlock& Residency::overwrite(device::RemoteMemory& place, int64_t begin, int64_t end) {
    Copy& copy = copy_on(place);
    for (Copy& other : copies_) {
        if (other.place != &place) {
            other.missing.add(begin, end);
        }
    }
    copy.missing.remove(begin, end);
    host_lacks_.add(begin, end);
    return *copy.block;
}

void Residency::mark_copies(int64_t begin, int64_t end) {
    fetch(begin, end);
    for (Copy& copy : copies_) {
        // What lies between two ranges may be marked, too, as long as the host has it.
        copy.missing.add(begin, end, host_lacks_.empty() ? RangeSet::kClose : 0);
        if (copy.missing.size() > RangeSet::kMost) {
            fetch(0, elements_);
            copy.missing.shorten();
        }
    }
}

void Residency::download(const Copy& copy, IndexRange elements) {
    runs_(elements,
          [&](size_t offset, size_t bytes) { copy.place->download(memory_ + offset, *copy.block, offset, bytes); });
    host_lacks_.remove(elements.begin, elements.end);
}

void Residency::fetch_missing(int64_t begin, int64_t end) {
    // In pages, so that looking at one element after the other neither copies each by itself nor leaves many ranges.
    constexpr int64_t kPage = 4096;
    begin = begin / kPage * kPage;
    end = std::min((end + kPage - 1) / kPage * kPage, elements_);
    for (const Copy& copy : copies_) {
        for (const IndexRange& part : host_lacks_.within(begin, end)) {
            RangeSet valid;
            valid.add(part.begin, part.end);
            for (const IndexRange& missing : copy.missing.within(part.begin, part.end)) {
                valid.remove(missing.begin, missing.end);
            }
            for (const IndexRange& held : valid.ranges()) {
                download(copy, held);
            }
        }
    }
    PP_CHECK(host_lacks_.within(begin, end).empty());
}

void Residency::drop(device::RemoteMemory& place) {
    const auto found = std::ranges::find(copies_, &place, &Copy::place);
    if (found == copies_.end()) {
        return;
    }
    fetch(0, elements_);
    copies_.erase(found);
}

}  // namespace pp::data
