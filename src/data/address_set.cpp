/// See address_set.h.
#include "data/address_set.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace pp::data {

AddressSet::AddressSet(int64_t addresses)
    : slots_(std::bit_ceil(static_cast<size_t>(std::max<int64_t>(addresses, 1)) * 2)) {
    // From the system and zero already: only what is used is ever touched.
    table_.reset(static_cast<std::atomic<Region*>*>(std::calloc(slots_, sizeof(std::atomic<Region*>))));
    if (!table_) {
        throw std::bad_alloc();
    }
}

AddressSet::~AddressSet() {
    for (Region* region = newest_.load(); region;) {
        std::free(std::exchange(region, region->next));
    }
}

bool AddressSet::insert(const void* address) {
    const auto number = reinterpret_cast<uintptr_t>(address);
    const uintptr_t bit = (number & ((uintptr_t{1} << kRegionBits) - 1)) / 8;
    std::atomic<uint64_t>& word = region(number >> kRegionBits).words[bit / 64];
    const uint64_t mask = uint64_t{1} << (bit % 64);
    return !(word.fetch_or(mask, std::memory_order_relaxed) & mask);
}

AddressSet::Region& AddressSet::region(uintptr_t number) {
    for (size_t slot = (number * 0x9E3779B97F4A7C15u >> 20) & (slots_ - 1);; slot = (slot + 1) & (slots_ - 1)) {
        Region* found = table_[slot].load(std::memory_order_acquire);
        if (!found) {
            auto* made = static_cast<Region*>(std::calloc(1, sizeof(Region)));
            if (!made) {
                throw std::bad_alloc();
            }
            made->number = number;
            if (table_[slot].compare_exchange_strong(found, made, std::memory_order_acq_rel)) {
                made->next = newest_.load(std::memory_order_relaxed);
                while (!newest_.compare_exchange_weak(made->next, made)) {
                }
                return *made;
            }
            std::free(made);  // another thread was first, and `found` is what it put there
        }
        if (found->number == number) {
            return *found;
        }
    }
}

}  // namespace pp::data
