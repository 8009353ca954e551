/// See write_journal.h.
#include "engine/write_journal.h"

#include <cstring>
#include <new>

namespace pp::engine {

namespace {

void* place(uint64_t address) {
    return reinterpret_cast<void*>(static_cast<uintptr_t>(address));
}

}  // namespace

uint32_t WriteJournal::keep(KernelJournal* journal, uint64_t address, uint64_t bytes, int64_t element) noexcept {
    auto& own = *static_cast<WriteJournal*>(journal);
    if (own.element_ != element) {
        own.entries_.clear();
        own.element_ = element;
    }
    try {
        Entry& entry = own.entries_.emplace_back(Entry{address, bytes, 0});
        std::memcpy(&entry.bits, place(address), bytes);
        return 1;
    } catch (const std::bad_alloc&) {
        return 0;
    }
}

void WriteJournal::undo(int64_t element) noexcept {
    if (element_ != element) return;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
        std::memcpy(place(entry->address), &entry->bits, entry->bytes);
    entries_.clear();
    element_ = -1;
}

}  // namespace pp::engine
