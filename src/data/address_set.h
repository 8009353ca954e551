/// A set of addresses that many threads fill at once: finds objects that are met twice.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace pp::data {

/// One bit for every eight bytes of each megabyte in which an address lies. Throws std::bad_alloc when made; `insert`
/// does when a megabyte is new.
class AddressSet {
public:
    /// For at most `addresses` of them.
    explicit AddressSet(int64_t addresses);
    ~AddressSet();
    AddressSet(const AddressSet&) = delete;
    AddressSet& operator=(const AddressSet&) = delete;

    /// False when it was there already. Any thread, at any time.
    bool insert(const void* address);

private:
    static constexpr int kRegionBits = 20;
    static constexpr size_t kWords = (size_t{1} << kRegionBits) / 8 / 64;

    struct Region {
        uintptr_t number;
        Region* next;  ///< of all there are
        std::atomic<uint64_t> words[kWords];
    };
    struct Free {
        void operator()(void* memory) const { std::free(memory); }
    };

    Region& region(uintptr_t number);

    size_t slots_;
    std::atomic<Region*> newest_{nullptr};
    std::unique_ptr<std::atomic<Region*>[], Free> table_;  ///< open addressing, never full
};

}  // namespace pp::data
