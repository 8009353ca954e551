/// Preloaded: makes the allocation number so-and-so fail, of those that the library and CPython make.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

extern "C" {

// glibc's own names for what is replaced here.
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* old, size_t bytes);
void* __libc_memalign(size_t alignment, size_t bytes);
}

namespace {

std::atomic<int64_t> first{0}, last{0}, counted{0};
uintptr_t spared_begin = 0, spared_end = 0;

/// Any thread's. Those of `spared` code never do.
bool fails(const void* caller) {
    if (first.load(std::memory_order_relaxed) == 0) return false;
    const auto from = reinterpret_cast<uintptr_t>(caller);
    if (spared_begin <= from && from < spared_end) return false;
    const int64_t number = counted.fetch_add(1) + 1;
    if (number < first.load() || number > last.load()) return false;
    errno = ENOMEM;
    return true;
}

template <typename Function> Function next(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

#define PP_FAILS() fails(__builtin_return_address(0))

extern "C" {

/// Code whose allocations are not counted: the dynamic linker's, which ends the process where it has no memory.
void failing_spare(uintptr_t begin, uintptr_t end) {
    spared_begin = begin;
    spared_end = end;
}

/// From now on allocations `from` to `to` fail, counted from 1.
void failing_begin(int64_t from, int64_t to) {
    counted = 0;
    last = to;
    first = from;
}

/// None fails any more. How many there were.
int64_t failing_end() {
    first = 0;
    return counted;
}

void* malloc(size_t bytes) {
    return PP_FAILS() ? nullptr : __libc_malloc(bytes);
}

void* calloc(size_t count, size_t bytes) {
    return PP_FAILS() ? nullptr : __libc_calloc(count, bytes);
}

void* realloc(void* old, size_t bytes) {
    return PP_FAILS() ? nullptr : __libc_realloc(old, bytes);
}

void* aligned_alloc(size_t alignment, size_t bytes) {
    return PP_FAILS() ? nullptr : __libc_memalign(alignment, bytes);
}

int posix_memalign(void** place, size_t alignment, size_t bytes) {
    void* made = PP_FAILS() ? nullptr : __libc_memalign(alignment, bytes);
    if (!made) return ENOMEM;
    *place = made;
    return 0;
}

void* mmap(void* address, size_t bytes, int protection, int flags, int file, off_t offset) {
    static const auto real = next<decltype(&mmap)>("mmap");
    if ((flags & MAP_ANONYMOUS) && PP_FAILS()) return MAP_FAILED;
    return real(address, bytes, protection, flags, file, offset);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*), void* argument) {
    static const auto real = next<decltype(&pthread_create)>("pthread_create");
    return PP_FAILS() ? EAGAIN : real(thread, attributes, body, argument);
}
}
