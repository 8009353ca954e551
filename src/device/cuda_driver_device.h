/// A GPU behind the driver: `Device` put together from its parts.
#pragma once

#include <mutex>

#include "device/cuda_combiner.h"
#include "device/cuda_device.h"
#include "device/cuda_discovery.h"
#include "device/cuda_graph.h"
#include "device/cuda_mailbox.h"
#include "device/cuda_memory.h"
#include "device/cuda_select.h"
#include "device/cuda_staging.h"
#include "device/cuda_stream.h"

namespace pp::device::cuda {

class DriverDevice final : public Device {
public:
    /// Makes the context. `driver` must live as long.
    DriverDevice(const Driver& driver, const DeviceInfo& info);

    const DeviceInfo& info() override { return info_; }
    Buffer allocate(size_t bytes) override;
    std::unique_ptr<Kernel> load(const std::string& ptx) override;
    void upload(const Buffer& target, size_t offset, const void* source, size_t bytes) override;
    std::unique_ptr<ChunkedUpload> upload_in_chunks(const Buffer& target, std::vector<ChunkedUpload::Part> parts,
                                                    int64_t count) override;
    void download(void* target, const Buffer& source, size_t offset, size_t bytes) override;
    uint64_t bytes_held() const noexcept override { return memory_.bytes_held(); }
    void wait_for_others() override { session_.wait_behind(kLegacyStream); }
    void copy(uint64_t target, uint64_t source, size_t bytes) override;
    void copy_strided(RemoteMemory::Steps target, RemoteMemory::Steps source, size_t bytes, int64_t count) override;
    void fill_zero(const Buffer& target, size_t bytes) override;
    std::unique_ptr<Mailbox> mailbox() override { return mailboxes_.take(); }
    void launch(const Kernel& kernel, int64_t count, std::span<const uint64_t> parameters,
                bool is_timed = true) override;
    void launch_again(const Kernel& kernel, int64_t count, std::span<const uint64_t> parameters,
                      Mailbox* bell) override;
    bool is_done(const Mailbox& bell) noexcept override;
    bool wait_for(const Mailbox& bell, const Supervisor& supervisor) override;
    std::vector<int64_t> select_flagged(const Buffer& flags, int64_t count, size_t offset = 0) override;
    bool can_combine() const noexcept override { return combiner_.is_possible(); }
    double bound(std::span<const CombineLog> logs, int64_t count, const CombineTarget& target) override {
        return combiner_.bound(logs, count, target);
    }
    bool combine(const CombineLog& log, int64_t count, const CombineTarget& target) override {
        return combiner_.combine(log, count, target);
    }
    bool synchronize(const Supervisor& supervisor) override;
    bool is_idle() const noexcept { return session_.is_idle(); }
    double last_launch_milliseconds() override;
    void trim() override;
    std::unique_ptr<Stream> create_stream() override;
    std::unique_ptr<Stream> adopt_stream(uint64_t handle) override;
    std::unique_ptr<Event> create_event() override;
    /// Asks the driver.
    uint64_t memory_free() const { return memory_.bytes_free(); }

protected:
    void free(uint64_t address, size_t bytes) noexcept override;

private:
    const Session session_;
    DeviceInfo info_;
    DeviceMemory memory_;
    Staging staging_;
    Mailboxes mailboxes_;
    OwnKernels kernels_;
    FlagSelector selector_;
    Combiner combiner_;
    Bells bells_;
    std::mutex timing_;  ///< the two events belong to one launch
    EventHandle started_, ended_;
    bool has_launched_ = false;
};

}  // namespace pp::device::cuda
