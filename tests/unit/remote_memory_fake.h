/// A device that is plain memory, and counts what is moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/error.h"
#include "device/remote_memory.h"

namespace pp::device {

class FakeBlock final : public RemoteBlock {
public:
    explicit FakeBlock(size_t bytes) : memory(bytes, char(0x55)) {}
    uint64_t address() const noexcept override { return reinterpret_cast<uint64_t>(memory.data()); }
    std::vector<char> memory;
};

class FakeMemory final : public RemoteMemory {
public:
    std::unique_ptr<RemoteBlock> allocate(size_t bytes) override {
        if (is_full) throw UserError(ErrorKind::Memory, "there is no memory left");
        return std::make_unique<FakeBlock>(bytes);
    }
    void upload(const RemoteBlock& target, size_t offset, const void* source, size_t bytes) override {
        std::memcpy(reinterpret_cast<char*>(target.address()) + offset, source, bytes);
        uploaded += bytes;
    }
    void download(void* target, const RemoteBlock& source, size_t offset, size_t bytes) override {
        std::memcpy(target, reinterpret_cast<const char*>(source.address()) + offset, bytes);
        downloaded += bytes;
    }
    void copy(uint64_t target, uint64_t source, size_t bytes) override {
        std::memcpy(reinterpret_cast<void*>(target), reinterpret_cast<const void*>(source), bytes);
        copied += bytes;
    }
    void copy_strided(Steps target, Steps source, size_t bytes, int64_t count) override {
        for (int64_t i = 0; i < count; ++i)
            copy(target.address + static_cast<uint64_t>(i * target.step),
                 source.address + static_cast<uint64_t>(i * source.step), bytes);
    }
    void wait_for_others() override { ++waits; }
    size_t uploaded = 0, downloaded = 0, copied = 0, waits = 0;
    bool is_full = false;
};

}  // namespace pp::device
