/// Mailboxes out of one piece of pinned memory.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "device/cuda_session.h"

namespace pp::device::cuda {

/// Made on first use, kept as long as the session. Thread-safe.
class Mailboxes {
public:
    explicit Mailboxes(const Session& session) : session_(session) {}

    std::unique_ptr<Mailbox> take();
    void give_back(char* place) noexcept;

private:
    static constexpr size_t kCount = 256;

    const Session& session_;
    std::mutex mutex_;
    std::vector<char*> free_;
    bool is_made_ = false;
};

}  // namespace pp::device::cuda
