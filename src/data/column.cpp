/// Memory of columns, and the cache that keeps it warm between calls.
#include "data/column.h"

#include <pthread.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

namespace pp::data {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kCacheBytes = size_t{256} << 20;
constexpr size_t kCacheBlocks = 256;
/// Smaller blocks come from the heap's own free lists, which stay warm.
constexpr size_t kSmallestCached = size_t{16} << 10;

size_t round_up(size_t value, size_t step) {
    return (value + step - 1) / step * step;
}

/// The size class of a request: four classes for each power of two, so that at most a fifth of a block lies idle.
size_t block_capacity(size_t bytes) {
    if (bytes < kSmallestCached) {
        return round_up(bytes, kAlignment);
    }
    return round_up(bytes, std::bit_floor(bytes) / 4);
}

/// Small blocks: glibc before 2.38 makes aligned ones without its free lists, which takes a tenth of a small call. What
/// malloc gave stands in front of the block.
void* small_block(size_t capacity) noexcept {
    void* raw = std::malloc(capacity + kAlignment);
    if (!raw) return nullptr;
    auto* data = reinterpret_cast<void**>((reinterpret_cast<uintptr_t>(raw) / kAlignment + 1) * kAlignment);
    static_assert(alignof(std::max_align_t) >= sizeof(void*));
    data[-1] = raw;
    return data;
}

void free_small_block(void* data) noexcept {
    std::free(static_cast<void**>(data)[-1]);
}

/// Blocks that nobody uses, the oldest first. Never destroyed: storage may be returned during static destruction.
class BlockCache {
public:
    static BlockCache& instance() {
        static BlockCache& cache = *new BlockCache;
        return cache;
    }

    void* take(size_t capacity) noexcept {
        std::lock_guard lock(mutex_);
        for (size_t i = blocks_.size(); i-- > 0;) {
            if (blocks_[i].capacity == capacity) {
                void* data = blocks_[i].data;
                erase(i);
                return data;
            }
        }
        return nullptr;
    }

    void give(void* data, size_t capacity) noexcept {
        std::lock_guard lock(mutex_);
        if (capacity > kCacheBytes) {
            std::free(data);
            return;
        }
        // Sizes of former calls make room for the present one's, or a change of workload would find the cache full.
        while (bytes_ + capacity > kCacheBytes || blocks_.size() == kCacheBlocks) {
            std::free(blocks_.front().data);
            erase(0);
        }
        blocks_.push_back({data, capacity});
        bytes_ += capacity;
    }

    size_t trim() noexcept {
        std::lock_guard lock(mutex_);
        for (const Block& block : blocks_) {
            std::free(block.data);
        }
        blocks_.clear();
        return std::exchange(bytes_, 0);
    }

private:
    struct Block {
        void* data;
        size_t capacity;
    };

    BlockCache() {
        blocks_.reserve(kCacheBlocks);
        // A fork while another thread holds the lock would leave it locked in the child for ever.
        pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                       [] { instance().mutex_.unlock(); });
    }

    void erase(size_t index) noexcept {
        bytes_ -= blocks_[index].capacity;
        blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(index));
    }

    std::mutex mutex_;
    std::vector<Block> blocks_;
    size_t bytes_ = 0;
};

}  // namespace

size_t storage_bytes(ir::Type type) {
    switch (type) {
    case ir::Type::F64:
    case ir::Type::I64: return 8;
    case ir::Type::I32: return 4;
    case ir::Type::Bool: return 1;
    case ir::Type::Void: break;
    }
    return 0;
}

Storage::Storage(size_t bytes) : bytes_(bytes), capacity_(block_capacity(bytes)) {
    if (bytes == 0) {
        return;
    }
    if (capacity_ < kSmallestCached) {
        data_ = small_block(capacity_);
    } else {
        data_ = BlockCache::instance().take(capacity_);
        if (!data_) data_ = std::aligned_alloc(kAlignment, capacity_);
    }
    if (!data_) {
        throw std::bad_alloc();
    }
}

Storage::Storage(Storage&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Storage& Storage::operator=(Storage&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(capacity_, other.capacity_);
    return *this;
}

Storage::~Storage() {
    if (!data_) {
        return;
    }
    if (capacity_ >= kSmallestCached) {
        BlockCache::instance().give(data_, capacity_);
    } else {
        free_small_block(data_);
    }
}

size_t Storage::trim() {
    return BlockCache::instance().trim();
}

Arrays::Arrays(std::span<const ir::Type> types, int64_t count) : count_(count) {
    size_t total = 0;
    for (ir::Type type : types) {
        total += round_up(storage_bytes(type) * static_cast<size_t>(count), kAlignment);
    }
    storage_ = Storage(total);
    pointers_.reserve(types.size());
    char* next = static_cast<char*>(storage_.data());
    for (ir::Type type : types) {
        pointers_.push_back(next);
        next += round_up(storage_bytes(type) * static_cast<size_t>(count), kAlignment);
    }
}

bool fill_gaps(std::span<const ir::Type> types, std::span<void* const> leaves, std::span<const int64_t> gaps,
               int64_t count) {
    size_t first = 0;  // that is none of them
    while (first < gaps.size() && gaps[first] == static_cast<int64_t>(first))
        ++first;
    if (static_cast<int64_t>(first) >= count) return false;
    for (size_t leaf = 0; leaf < types.size(); ++leaf) {
        const size_t bytes = storage_bytes(types[leaf]);
        char* const values = static_cast<char*>(leaves[leaf]);
        for (const int64_t gap : gaps)
            std::memcpy(values + static_cast<size_t>(gap) * bytes, values + first * bytes, bytes);
    }
    return true;
}

}  // namespace pp::data
