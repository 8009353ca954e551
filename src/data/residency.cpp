/// See residency.h.
#include "data/residency.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/error.h"

namespace pp::data {

namespace {

/// All there are; the GIL guards it. Never destroyed: Arrays may outlive everything.
std::unordered_set<Residency*>& residencies() {
    static auto* const all = new std::unordered_set<Residency*>;
    return *all;
}

}  // namespace

bool Residency::any_is_shared = false;

Residency::Residency(char* memory, size_t bytes, int64_t elements, ByteRuns runs)
    : memory_(memory), bytes_(bytes), elements_(elements), runs_(std::move(runs)) {
    residencies().insert(this);
}

Residency::~Residency() {
    residencies().erase(this);
}

Residency::Copy* Residency::find(const device::RemoteMemory& place) {
    const auto found = std::ranges::find(copies_, &place, &Copy::place);
    return found == copies_.end() ? nullptr : &*found;
}

Residency::Copy& Residency::copy_on(device::RemoteMemory& place) {
    if (Copy* known = find(place)) {
        return *known;
    }
    Copy made{&place, place.allocate(bytes_), {}};
    made.missing.add(0, elements_);
    return copies_.emplace_back(std::move(made));
}

void Residency::settle_pending() {
    const auto pending = pending_;  // which it lets go
    pending->settle();
}

Residency::Copy& Residency::copy_to_use(device::RemoteMemory& place, int64_t begin, int64_t end) {
    if (shares_ > 0) {
        shared_place_->wait_for_others();
        if (shared_place_ != &place) {
            distrust_host(begin, end);
        }
    }
    wait_for_sharers();
    return copy_on(place);
}

const device::RemoteBlock& Residency::use_pending(device::RemoteMemory& place, int64_t begin, int64_t end) {
    Copy& copy = copy_to_use(place, begin, end);
    for (const IndexRange& part : copy.missing.within(begin, end)) {
        bring(part.begin, part.end);  // another device may be the one that has it
        runs_(part, [&](size_t offset, size_t bytes) { place.upload(*copy.block, offset, memory_ + offset, bytes); });
        copy.missing.remove(part.begin, part.end);
    }
    return *copy.block;
}

const device::RemoteBlock& Residency::prepare_use(device::RemoteMemory& place, int64_t begin, int64_t end,
                                                  std::vector<HostCopy>& uploads) {
    Copy& copy = copy_to_use(place, begin, end);
    for (const IndexRange& part : copy.missing.within(begin, end)) {
        bring(part.begin, part.end);
        runs_(part, [&](size_t offset, size_t bytes) {
            uploads.push_back({&place, copy.block.get(), offset, memory_ + offset, bytes});
        });
    }
    return *copy.block;
}

void Residency::note_uploaded(const device::RemoteMemory& place, int64_t begin, int64_t end) {
    find(place)->missing.remove(begin, end);
}

const device::RemoteBlock& Residency::overwrite(device::RemoteMemory& place, int64_t begin, int64_t end) {
    if (shares_ > 0) {
        shared_place_->wait_for_others();
    }
    wait_for_sharers();
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

void Residency::overwrite_on_host(int64_t begin, int64_t end) {
    for (Copy& copy : copies_) {
        copy.missing.add(begin, end);
    }
    host_lacks_.remove(begin, end);
}

void Residency::mark_copies(int64_t begin, int64_t end) {
    bring(begin, end);
    for (Copy& copy : copies_) {
        // What lies between two ranges may be marked, too, as long as the host has it.
        copy.missing.add(begin, end, host_lacks_.empty() ? RangeSet::kClose : 0);
        if (copy.missing.size() > RangeSet::kMost) {
            bring(0, elements_);
            copy.missing.shorten();
        }
    }
}

std::vector<HostCopy> Residency::downloads(RangeSet& wanted, const HostPlace& host) const {
    std::vector<HostCopy> all;
    for (const Copy& copy : copies_) {
        RangeSet held = wanted;
        for (const IndexRange& missing : copy.missing.ranges()) {
            held.remove(missing.begin, missing.end);
        }
        for (const IndexRange& part : held.ranges()) {
            size_t run = 0;
            runs_(part, [&](size_t offset, size_t bytes) {
                all.push_back({copy.place, copy.block.get(), offset, host(run++, offset), bytes});
            });
            wanted.remove(part.begin, part.end);
        }
    }
    return all;
}

void Residency::fetch_missing(int64_t begin, int64_t end) {
    // In pages, so that looking at one element after the other neither copies each by itself nor leaves many ranges.
    begin = begin / kPage * kPage;
    end = std::min((end + kPage - 1) / kPage * kPage, elements_);
    RangeSet wanted;
    for (const IndexRange& part : host_lacks_.within(begin, end)) {
        wanted.add(part.begin, part.end);
    }
    const auto copies = downloads(wanted, [this](size_t, size_t offset) { return memory_ + offset; });
    PP_CHECK(wanted.empty());
    download_all(copies);
    host_lacks_.remove(begin, end);
}

bool Residency::download_to(char* target, int64_t begin, int64_t end) {
    settle();
    wait_for_sharers();
    if (shares_ > 0 || host_lacks_.within(begin, end).empty()) {
        return false;
    }
    struct Run {
        size_t offset, target;
    };
    std::vector<Run> runs;
    size_t next = 0;
    runs_({begin, end}, [&](size_t offset, size_t bytes) {
        runs.push_back({offset, next});
        next += bytes;
    });
    RangeSet wanted;
    wanted.add(begin, end);
    const auto copies = downloads(
        wanted, [&](size_t run, size_t offset) { return target + runs[run].target + (offset - runs[run].offset); });
    if (!wanted.empty()) {
        return false;
    }
    download_all(copies);
    return true;
}

bool Residency::is_valid_on(const device::RemoteMemory& place, int64_t begin, int64_t end) const {
    const auto found = std::ranges::find(copies_, &place, &Copy::place);
    return found != copies_.end() && found->missing.within(begin, end).empty();
}

void Residency::drop(device::RemoteMemory& place) {
    if (find(place) == nullptr || (shares_ > 0 && shared_place_ == &place)) {
        return;
    }
    bring(0, elements_);
    std::erase_if(copies_, [&place](const Copy& copy) { return copy.place == &place; });
}

void Residency::drop_all() {
    for (Residency* each : residencies()) {
        std::vector<device::RemoteMemory*> places;
        for (const Copy& copy : each->copies_) {
            places.push_back(copy.place);
        }
        for (device::RemoteMemory* place : places) {
            each->drop(*place);
        }
    }
}

void Residency::adopt(device::RemoteMemory& place, std::unique_ptr<device::RemoteBlock> copy) {
    PP_CHECK(copies_.empty());
    is_adopted_ = true;
    copies_.push_back({&place, std::move(copy), {}});
    host_lacks_.add(0, elements_);
}

std::vector<IndexRange> Residency::take_copies(Residency& source, int64_t first, int64_t count) {
    PP_CHECK(copies_.empty());
    source.settle();
    if (source.is_shared()) {
        source.distrust_host(first, first + count);
    }
    source.wait_for_sharers();
    for (const Copy& copy : source.copies_) {
        if (!copy.missing.within(first, first + count).empty()) {
            continue;
        }
        Copy made{copy.place, copy.place->allocate(bytes_), {}};
        copy_runs(source, copy, {first, first + count}, made, 0);
        made.missing.add(count, elements_);
        copies_.push_back(std::move(made));
    }
    if (copies_.empty()) {
        source.bring(first, first + count);
    }
    RangeSet there;
    there.add(first, first + count);
    for (const IndexRange& lacking : source.host_lacks_.within(first, first + count)) {
        there.remove(lacking.begin, lacking.end);
        host_lacks_.add(lacking.begin - first, lacking.end - first);
    }
    return {there.ranges().begin(), there.ranges().end()};
}

bool Residency::receive(Residency& source, int64_t count, int64_t to) {
    source.settle();
    if (!source.is_valid_on(*shared_place_, 0, count)) {
        return false;
    }
    source.wait_for_sharers();
    overwrite(*shared_place_, to, to + count);
    copy_runs(source, *source.find(*shared_place_), {0, count}, *find(*shared_place_), to);
    return true;
}

/// Elements of `source`'s copy `from` to those from `begin` on of the copy `to` on the same device.
void Residency::copy_runs(const Residency& source, const Copy& from, IndexRange elements, const Copy& to,
                          int64_t begin) const {
    std::vector<std::pair<size_t, size_t>> runs;
    source.runs_(elements, [&](size_t offset, size_t bytes) { runs.emplace_back(offset, bytes); });
    size_t next = 0;
    runs_({begin, begin + elements.end - elements.begin}, [&](size_t offset, size_t bytes) {
        PP_CHECK(bytes == runs[next].second);
        to.place->copy(to.block->address() + offset, from.block->address() + runs[next++].first, bytes);
    });
}

const device::RemoteBlock& Residency::share(device::RemoteMemory& place, int64_t begin, int64_t end) {
    PP_CHECK(shares_ == 0 || (shared_place_ == &place && shared_ == IndexRange{begin, end}));
    const device::RemoteBlock& block = use(place, begin, end);
    ++shares_;
    shared_place_ = &place;
    shared_ = {begin, end};
    any_is_shared = true;
    return block;
}

void Residency::unshare() noexcept {
    if (shares_ == 1) {
        distrust_host_of_shared(shared_.begin, shared_.end);
        left_by_sharers_ = shared_place_;
    }
    --shares_;
    any_is_shared = std::ranges::any_of(residencies(), &Residency::is_shared);
}

void Residency::publish_shared() {
    for (Residency* each : residencies()) {
        if (each->is_shared()) {
            each->use(*each->shared_place_, each->shared_.begin, each->shared_.end);
        }
    }
}

/// Of a block that others may have written to on a device: what it has there is what is true.
void Residency::distrust_host(int64_t begin, int64_t end) {
    begin = std::max(begin, shared_.begin);
    end = std::min(end, shared_.end);
    if (begin >= end) {
        return;
    }
    shared_place_->wait_for_others();
    distrust_host_of_shared(begin, end);
}

void Residency::distrust_host_of_shared(int64_t begin, int64_t end) {
    RangeSet there;
    there.add(begin, end);
    for (const IndexRange& missing : find(*shared_place_)->missing.within(begin, end)) {
        there.remove(missing.begin, missing.end);
    }
    for (const IndexRange& part : there.ranges()) {
        host_lacks_.add(part.begin, part.end);
        for (Copy& other : copies_) {
            if (other.place != shared_place_) {
                other.missing.add(part.begin, part.end);
            }
        }
    }
}

}  // namespace pp::data
