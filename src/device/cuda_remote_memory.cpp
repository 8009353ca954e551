/// See cuda_remote_memory.h.
#include "device/cuda_remote_memory.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "device/transfers.h"

namespace pp::device::cuda {

namespace {

class CudaMemory;

class CudaBlock final : public RemoteBlock {
public:
    /// `owner`: of memory that is not the device's own.
    CudaBlock(CudaMemory& memory, Buffer buffer, std::shared_ptr<const void> owner = nullptr)
        : buffer(std::move(buffer)), memory_(memory), owner_(std::move(owner)) {}
    ~CudaBlock() override;
    CudaBlock(const CudaBlock&) = delete;
    uint64_t address() const noexcept override { return buffer.address(); }

    Buffer buffer;

private:
    CudaMemory& memory_;
    const std::shared_ptr<const void> owner_;
};

class CudaMemory final : public RemoteMemory {
public:
    explicit CudaMemory(Device& device) : device_(device) { kept_.reserve(kMostKept); }

    std::unique_ptr<RemoteBlock> allocate(size_t bytes) override {
        const size_t whole = (bytes + kPage - 1) / kPage * kPage;
        if (auto known = take(whole)) return std::make_unique<CudaBlock>(*this, std::move(*known));
        try {
            return std::make_unique<CudaBlock>(*this, device_.allocate(whole));
        } catch (...) {
            if (trim() == 0) throw;
        }
        return std::make_unique<CudaBlock>(*this, device_.allocate(whole));
    }
    void upload(const RemoteBlock& target, size_t offset, const void* source, size_t bytes) override {
        device_.upload(buffer_of(target), offset, source, bytes);
        transfers().add_upload(bytes);
    }
    std::unique_ptr<ChunkedUpload> upload_in_chunks(const RemoteBlock& target, std::vector<ChunkedUpload::Part> parts,
                                                    int64_t count) override {
        size_t bytes = 0;
        for (const ChunkedUpload::Part& part : parts)
            bytes += part.value_bytes * static_cast<size_t>(count);
        auto upload = device_.upload_in_chunks(buffer_of(target), std::move(parts), count);
        if (upload) transfers().add_upload(bytes);
        return upload;
    }
    void download(void* target, const RemoteBlock& source, size_t offset, size_t bytes) override {
        device_.download(target, buffer_of(source), offset, bytes);
        transfers().add_download(bytes);
    }

    void copy(uint64_t target, uint64_t source, size_t bytes) override { device_.copy(target, source, bytes); }
    void copy_strided(Steps target, Steps source, size_t bytes, int64_t count) override {
        device_.copy_strided(target, source, bytes, count);
    }
    void wait_for_others() override { device_.wait_for_others(); }

    std::unique_ptr<RemoteBlock> adopt(uint64_t address, size_t bytes, std::shared_ptr<const void> owner) {
        return std::make_unique<CudaBlock>(*this, Device::foreign(address, bytes), std::move(owner));
    }

    /// All work of the library's on a device is in one order, so that a block may be used again at once.
    void give_back(Buffer buffer) noexcept {
        const std::lock_guard lock(mutex_);
        if (buffer.bytes() > kMostBytes) return;
        while (!kept_.empty() && (kept_.size() == kMostKept || kept_bytes_ + buffer.bytes() > kMostBytes)) {
            kept_bytes_ -= kept_.front().bytes();
            kept_.erase(kept_.begin());
        }
        kept_bytes_ += buffer.bytes();
        kept_.push_back(std::move(buffer));
    }
    size_t trim() {
        const std::lock_guard lock(mutex_);
        kept_.clear();
        return std::exchange(kept_bytes_, 0);
    }

private:
    static constexpr size_t kPage = 4096;
    static constexpr size_t kMostKept = 32;
    static constexpr size_t kMostBytes = size_t{256} << 20;

    /// The one given back last: frames of an animation then write to the same two in turns, whatever else is kept, and
    /// their launches are known (cuda_graph.h).
    std::optional<Buffer> take(size_t bytes) {
        const std::lock_guard lock(mutex_);
        const auto known = std::ranges::find(kept_.rbegin(), kept_.rend(), bytes, &Buffer::bytes);
        if (known == kept_.rend()) return std::nullopt;
        Buffer buffer = std::move(*known);
        kept_.erase(std::next(known).base());
        kept_bytes_ -= bytes;
        return buffer;
    }

    Device& device_;
    std::mutex mutex_;
    std::vector<Buffer> kept_;  ///< given back longest ago first
    size_t kept_bytes_ = 0;
};

CudaBlock::~CudaBlock() {
    if (!owner_) memory_.give_back(std::move(buffer));
}

struct Memories {
    std::mutex mutex;
    std::map<int, CudaMemory> all;
};

/// Never destroyed: blocks may outlive everything.
Memories& memories() {
    static auto* const only = new Memories;
    return *only;
}

/// Of the first few devices, to be found without a lock.
constexpr int kQuick = 16;
std::array<std::atomic<CudaMemory*>, kQuick> quick_memories{};

CudaMemory& memory_of(int ordinal) {
    Device& device = Device::get(ordinal);  // which refuses a forked child
    const bool is_quick = ordinal < kQuick;
    if (is_quick) {
        CudaMemory* found = quick_memories[static_cast<size_t>(ordinal)].load(std::memory_order_acquire);
        if (found) return *found;
    }
    Memories& known = memories();
    const std::lock_guard lock(known.mutex);
    CudaMemory& memory = known.all.try_emplace(ordinal, device).first->second;
    if (is_quick) quick_memories[static_cast<size_t>(ordinal)].store(&memory, std::memory_order_release);
    return memory;
}

}  // namespace

RemoteMemory& remote_memory(int ordinal) {
    return memory_of(ordinal);
}

std::unique_ptr<RemoteBlock> adopt_block(int ordinal, uint64_t address, size_t bytes,
                                         std::shared_ptr<const void> owner) {
    return memory_of(ordinal).adopt(address, bytes, std::move(owner));
}

const Buffer& buffer_of(const RemoteBlock& block) {
    return static_cast<const CudaBlock&>(block).buffer;
}

void trim_remote_memories() {
    Memories& known = memories();
    const std::lock_guard lock(known.mutex);
    for (auto& [ordinal, memory] : known.all)
        memory.trim();
}

}  // namespace pp::device::cuda
