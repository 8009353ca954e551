/// Allocating, and what happens when memory runs out.
#include "device/cuda_memory.h"

#include <new>
#include <string>

namespace pp::device::cuda {

DeviceMemory::DeviceMemory(const Session& session) : session_(session) {
    if (session.attribute(kAttributeMemoryPools) == 0) return;
    const Driver& driver = session.driver();
    const Session::Scope scope(session);
    MemoryPoolProperties properties;
    properties.location = session.handle();
    // Some virtual GPUs claim pools and then refuse to make one.
    if (driver.cuMemPoolCreate.address(&pool_, &properties) != kSuccess) {
        pool_ = nullptr;
        return;
    }
    size_t total = 0;
    driver.call(driver.cuDeviceTotalMem, &total, session.handle());
    uint64_t kept = total / 4;
    driver.call(driver.cuMemPoolSetAttribute, pool_, kPoolReleaseThreshold, &kept);
}

Result DeviceMemory::try_allocate(size_t bytes, DeviceAddress& address) {
    const Driver& driver = session_.driver();
    const Session::Queue queue(session_);
    return pool_ != nullptr ? driver.cuMemAllocFromPoolAsync.address(&address, bytes, pool_, queue.stream())
                            : driver.cuMemAlloc.address(&address, bytes);
}

uint64_t DeviceMemory::allocate(size_t bytes) {
    const Driver& driver = session_.driver();
    DeviceAddress address = 0;
    Result result = try_allocate(bytes, address);
    if (result == kOutOfMemory && pool_ != nullptr) {
        trim();
        result = try_allocate(bytes, address);
    }
    if (result == kSuccess) {
        held_.fetch_add(bytes, std::memory_order_relaxed);
        return address;
    }
    std::string detail;
    if (result == kOutOfMemory) {
        detail = "; " + std::to_string(bytes) + " bytes were asked for, " + std::to_string(bytes_free()) + " are free";
    }
    driver.fail(pool_ != nullptr ? driver.cuMemAllocFromPoolAsync.name : driver.cuMemAlloc.name, result, detail);
}

void DeviceMemory::free(uint64_t address, size_t bytes) noexcept {
    const Driver& driver = session_.driver();
    if (address == 0) return;
    const Session::Queue queue(session_, std::nothrow);
    if (!queue.is_entered()) return;
    held_.fetch_sub(bytes, std::memory_order_relaxed);
    // A failure here is one of earlier work, which the next call reports, or the end of the process.
    if (pool_ != nullptr) {
        driver.cuMemFreeAsync.address(address, queue.stream());
    } else {
        driver.cuMemFree.address(address);
    }
}

void DeviceMemory::trim() {
    if (pool_ == nullptr) return;
    session_.wait();  // what is freed in stream order is the pool's only once the stream is there
    const Session::Queue queue(session_);
    const Driver& driver = session_.driver();
    // To the driver a free counts as outstanding until a synchronisation has seen its end; a query is none.
    driver.call(driver.cuStreamSynchronize, queue.stream());
    driver.call(driver.cuMemPoolTrimTo, pool_, size_t{0});
}

size_t DeviceMemory::bytes_free() const {
    const Session::Scope scope(session_);
    size_t free = 0, total = 0;
    session_.driver().call(session_.driver().cuMemGetInfo, &free, &total);
    return free;
}

}  // namespace pp::device::cuda
