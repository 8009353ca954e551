/// See cuda_mailbox.h.
#include "device/cuda_mailbox.h"

#include <cstring>

namespace pp::device::cuda {

namespace {

class Place final : public Mailbox {
public:
    Place(Mailboxes& owner, char* memory) : owner_(owner), memory_(memory) { std::memset(memory, 0, kBytes); }
    ~Place() override { owner_.give_back(memory_); }
    Place(const Place&) = delete;

    // Pinned memory has one address for both, as all devices that the library uses have one space of addresses.
    uint64_t address() const noexcept override { return reinterpret_cast<uintptr_t>(memory_); }
    const void* contents() const noexcept override { return memory_; }

private:
    Mailboxes& owner_;
    char* const memory_;
};

}  // namespace

std::unique_ptr<Mailbox> Mailboxes::take() {
    session_.require_own_process();
    const std::lock_guard lock(mutex_);
    if (!is_made_) {
        is_made_ = true;
        void* memory = nullptr;
        const Session::Scope scope(session_);
        constexpr unsigned kMapped = 2;  // CU_MEMHOSTALLOC_DEVICEMAP
        if (session_.driver().cuMemHostAlloc.address(&memory, kCount * Mailbox::kBytes, kMapped) == kSuccess) {
            for (size_t i = kCount; i-- > 0;)
                free_.push_back(static_cast<char*>(memory) + i * Mailbox::kBytes);
        }
    }
    if (free_.empty()) return nullptr;
    char* const place = free_.back();
    free_.pop_back();
    return std::make_unique<Place>(*this, place);
}

void Mailboxes::give_back(char* place) noexcept {
    const std::lock_guard lock(mutex_);
    free_.push_back(place);
}

}  // namespace pp::device::cuda
