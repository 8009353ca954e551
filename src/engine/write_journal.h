/// What one element of an ordered run has overwritten in memory that all elements share.
#pragma once

#include <cstdint>
#include <vector>

#include "base/kernel_abi.h"

namespace pp::engine {

/// Used by one thread; kernels are given its address. Keeps what the latest element that wrote anything overwrote.
class WriteJournal final : public KernelJournal {
public:
    WriteJournal() { KernelJournal::keep = &WriteJournal::keep; }
    WriteJournal(const WriteJournal&) = delete;

    /// Takes back what `element` has written, if it has written anything.
    void undo(int64_t element) noexcept;

private:
    struct Entry {
        uint64_t address, bytes, bits;
    };

    static uint32_t keep(KernelJournal* journal, uint64_t address, uint64_t bytes, int64_t element) noexcept;

    std::vector<Entry> entries_;
    int64_t element_ = -1;
};

}  // namespace pp::engine
