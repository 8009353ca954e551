/// The arena hook, its cache, and mapping memory ahead by many threads.
#include "data/arenas_python.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <dlfcn.h>
#include <mutex>
#include <new>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "device/thread_pool.h"

namespace pp::data {
namespace {

constexpr size_t kArenaBytes = size_t{1} << 20;
constexpr size_t kPageBytes = 4096;
/// Fewer arenas than this are left to fault in one by one.
constexpr size_t kWorthMapping = 4;
constexpr size_t kMostArenas = 1024;
constexpr int kPopulateForWriting = 23;  // MADV_POPULATE_WRITE, since Linux 5.14

size_t arenas_allowed() {
    if (const char* wish = std::getenv("PARALLEL_PARTY_ARENA_CACHE")) {
        return std::strtoul(wish, nullptr, 10);
    }
    const auto memory = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return std::min(kMostArenas, memory / 8 / kArenaBytes);
}

/// Never destroyed: CPython gives arenas back until the very end of the process.
class ArenaCache {
public:
    static ArenaCache& instance() {
        static ArenaCache& cache = *new ArenaCache;
        return cache;
    }

    bool is_installed() const {
        PyObjectArenaAllocator current;
        PyObject_GetArenaAllocator(&current);
        return current.alloc == allocate;
    }
    bool can_keep() const { return most_ != 0; }

    void install() {
        // CPython's own, which maps and unmaps: what one has mapped the other may unmap.
        PyObject_GetArenaAllocator(&below_);
        PyObjectArenaAllocator ours{nullptr, allocate, release};
        PyObject_SetArenaAllocator(&ours);
    }

    /// Keeps so many from now on, as one of the latest needs. Answers how many are missing.
    size_t expect(size_t arenas) {
        std::vector<void*> surplus;
        surplus.reserve(kept_.capacity());
        size_t missing = 0;
        {
            const std::lock_guard lock(mutex_);
            needs_[next_need_++ % needs_.size()] = std::min(arenas, most_);
            limit_ = *std::max_element(needs_.begin(), needs_.end());
            while (kept_.size() > limit_) {
                surplus.push_back(kept_.back());
                kept_.pop_back();
            }
            missing = std::min(arenas, most_) - std::min(std::min(arenas, most_), kept_.size());
        }
        for (void* arena : surplus) {
            munmap(arena, kArenaBytes);
        }
        return missing;
    }

    /// Takes over mapped memory of whole arenas.
    void add(char* region, size_t arenas) noexcept {
        for (size_t i = 0; i < arenas; ++i) {
            keep_or_unmap(region + i * kArenaBytes);
        }
    }

    size_t trim() noexcept {
        size_t arenas = 0;
        while (void* arena = take()) {
            munmap(arena, kArenaBytes);
            ++arenas;
        }
        return arenas * kArenaBytes;
    }

    int64_t in_use() const noexcept { return in_use_.load(std::memory_order_relaxed); }

private:
    ArenaCache() : most_(arenas_allowed()) {
        kept_.reserve(most_);
        // A fork while another thread holds the lock would leave it locked in the child for ever.
        pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                       [] { instance().mutex_.unlock(); });
    }

    static void* allocate(void*, size_t bytes) {
        ArenaCache& cache = instance();
        cache.in_use_.fetch_add(static_cast<int64_t>(bytes), std::memory_order_relaxed);
        void* kept = bytes == kArenaBytes ? cache.take() : nullptr;
        return kept ? kept : cache.below_.alloc(cache.below_.ctx, bytes);
    }

    static void release(void*, void* arena, size_t bytes) {
        ArenaCache& cache = instance();
        cache.in_use_.fetch_sub(static_cast<int64_t>(bytes), std::memory_order_relaxed);
        if (bytes == kArenaBytes) {
            cache.keep_or_unmap(arena);
        } else {
            cache.below_.free(cache.below_.ctx, arena, bytes);
        }
    }

    void* take() noexcept {
        const std::lock_guard lock(mutex_);
        if (kept_.empty()) {
            return nullptr;
        }
        void* arena = kept_.back();
        kept_.pop_back();
        return arena;
    }

    void keep_or_unmap(void* arena) noexcept {
        {
            const std::lock_guard lock(mutex_);
            if (kept_.size() < limit_) {
                kept_.push_back(arena);  // within what was reserved
                return;
            }
        }
        munmap(arena, kArenaBytes);
    }

    const size_t most_;
    PyObjectArenaAllocator below_{};
    std::mutex mutex_;
    std::vector<void*> kept_;  ///< the one freed last is taken first: it is the warmest
    std::array<size_t, 8> needs_{};
    size_t next_need_ = 0;
    size_t limit_ = 0;
    std::atomic<int64_t> in_use_{0};
};

/// Whether arenas come from CPython itself, not from a hook of somebody else's.
bool arenas_are_pythons() {
    PyObjectArenaAllocator current;
    PyObject_GetArenaAllocator(&current);
    Dl_info hook, python;
    return !current.ctx && dladdr(reinterpret_cast<void*>(current.alloc), &hook) &&
           dladdr(reinterpret_cast<void*>(&PyObject_Malloc), &python) && hook.dli_fbase == python.dli_fbase;
}

/// Maps whole arenas and has all threads fault their pages in; null when there is no memory.
char* map_arenas(size_t arenas) {
    const size_t bytes = arenas * kArenaBytes;
    void* mapped = mmap(nullptr, bytes + kArenaBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return nullptr;
    }
    // An arena that begins at a multiple of its size has room for one pool more.
    char* begin = static_cast<char*>(mapped);
    char* region = begin + (kArenaBytes - reinterpret_cast<uintptr_t>(begin) % kArenaBytes) % kArenaBytes;
    if (region != begin) {
        munmap(begin, static_cast<size_t>(region - begin));
    }
    char* end = begin + bytes + kArenaBytes;
    if (region + bytes != end) {
        munmap(region + bytes, static_cast<size_t>(end - region) - bytes);
    }
    device::ThreadPool::instance().parallel_for(static_cast<int64_t>(arenas), 1,
                                                [region](int64_t first, int64_t last, int) {
                                                    char* part = region + static_cast<size_t>(first) * kArenaBytes;
                                                    const size_t size = static_cast<size_t>(last - first) * kArenaBytes;
                                                    if (madvise(part, size, kPopulateForWriting) != 0) {
                                                        for (size_t offset = 0; offset < size; offset += kPageBytes) {
                                                            static_cast<volatile char*>(part)[offset] = 0;
                                                        }
                                                    }
                                                });
    return region;
}

}  // namespace

const char* WarmArenas::why_not() {
    if (!ArenaCache::instance().can_keep()) {
        return "PARALLEL_PARTY_ARENA_CACHE=0 turns it off";
    }
    return ArenaCache::instance().is_installed() || arenas_are_pythons()
               ? nullptr
               : "somebody else has replaced the arena allocator";
}

void WarmArenas::prepare(size_t bytes) {
    const size_t arenas = (bytes + kArenaBytes - 1) / kArenaBytes;
    if (arenas < kWorthMapping || why_not()) {
        return;
    }
    ArenaCache& cache = ArenaCache::instance();
    if (!cache.is_installed()) {
        cache.install();
    }
    const size_t missing = cache.expect(arenas);
    if (missing >= kWorthMapping) {
        if (char* region = map_arenas(missing)) {
            cache.add(region, missing);
        }
    }
}

size_t WarmArenas::trim() noexcept {
    return ArenaCache::instance().trim();
}

int64_t WarmArenas::bytes_in_use() noexcept {
    return ArenaCache::instance().in_use();
}

}  // namespace pp::data
