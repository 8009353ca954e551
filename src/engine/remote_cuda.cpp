/// See remote_cuda.h.
#include "engine/remote_cuda.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "engine/statistics.h"

namespace pp::engine {

namespace {

class CudaMemory;

class CudaBlock final : public device::RemoteBlock {
public:
    CudaBlock(CudaMemory& owner, device::cuda::Buffer buffer) : buffer(std::move(buffer)), owner_(owner) {}
    ~CudaBlock() override;
    CudaBlock(const CudaBlock&) = delete;
    uint64_t address() const noexcept override { return buffer.address(); }

    device::cuda::Buffer buffer;

private:
    CudaMemory& owner_;
};

class CudaMemory final : public device::RemoteMemory {
public:
    explicit CudaMemory(device::cuda::Device& device) : device_(device) { kept_.reserve(kMostKept); }

    std::unique_ptr<device::RemoteBlock> allocate(size_t bytes) override {
        const size_t whole = (bytes + kPage - 1) / kPage * kPage;
        if (auto known = take(whole)) return std::make_unique<CudaBlock>(*this, std::move(*known));
        try {
            return std::make_unique<CudaBlock>(*this, device_.allocate(whole));
        } catch (...) {
            if (trim() == 0) throw;
        }
        return std::make_unique<CudaBlock>(*this, device_.allocate(whole));
    }
    void upload(const device::RemoteBlock& target, size_t offset, const void* source, size_t bytes) override {
        device_.upload(cuda_buffer(target), offset, source, bytes);
        statistics().uploaded_bytes.fetch_add(bytes, std::memory_order_relaxed);
    }
    void download(void* target, const device::RemoteBlock& source, size_t offset, size_t bytes) override {
        device_.download(target, cuda_buffer(source), offset, bytes);
        statistics().downloaded_bytes.fetch_add(bytes, std::memory_order_relaxed);
    }

    /// All work of the library's on a device is in one order, so that a block may be used again at once.
    void give_back(device::cuda::Buffer buffer) noexcept {
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

    std::optional<device::cuda::Buffer> take(size_t bytes) {
        const std::lock_guard lock(mutex_);
        const auto known = std::ranges::find(kept_, bytes, &device::cuda::Buffer::bytes);
        if (known == kept_.end()) return std::nullopt;
        device::cuda::Buffer buffer = std::move(*known);
        kept_.erase(known);
        kept_bytes_ -= bytes;
        return buffer;
    }

    device::cuda::Device& device_;
    std::mutex mutex_;
    std::vector<device::cuda::Buffer> kept_;  ///< given back longest ago first
    size_t kept_bytes_ = 0;
};

CudaBlock::~CudaBlock() {
    owner_.give_back(std::move(buffer));
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

}  // namespace

device::RemoteMemory& cuda_memory(int ordinal) {
    device::cuda::Device& device = device::cuda::Device::get(ordinal);
    Memories& known = memories();
    const std::lock_guard lock(known.mutex);
    return known.all.try_emplace(ordinal, device).first->second;
}

const device::cuda::Buffer& cuda_buffer(const device::RemoteBlock& block) {
    return static_cast<const CudaBlock&>(block).buffer;
}

void trim_cuda_memories() {
    Memories& known = memories();
    const std::lock_guard lock(known.mutex);
    for (auto& [ordinal, memory] : known.all)
        memory.trim();
}

}  // namespace pp::engine
