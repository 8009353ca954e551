/// NVIDIA GPUs through the driver alone: memory, copies, launches. libcuda is opened on first use.
///
/// No type of the driver appears here. Every failure is a UserError(Device) with the driver's own words, except memory
/// that ran out: UserError(Memory). All functions are thread-safe; none needs the GIL or touches Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "device/gpu_kernels.h"
#include "device/remote_memory.h"

namespace pp::device::cuda {

struct DeviceInfo {
    std::string name;
    int ordinal = 0;
    int sm = 0;           ///< compute capability, 75 for 7.5
    bool usable = false;  ///< false when the capability is below 7.5, see `reason`
    std::string reason;
    /// Bytes. What is free is asked anew at each call of `devices`; it is 0 before the device was first used.
    uint64_t memory_total = 0, memory_free = 0;
    std::vector<std::pair<std::string, int>> attributes;  ///< driver attributes by lower-case name
};

/// Why there is no CUDA here, as a clause without full stop; empty when there is at least one usable device. Opens
/// libcuda and calls cuInit when first asked, creates no context.
std::string unavailable_reason();
/// Every device that the driver tells of, usable or not; none where there is no driver, and none in a forked child of
/// a process that has used the driver.
std::vector<DeviceInfo> devices();

/// (ordinal, bytes in buffers) of every device that has been used; none in a forked child.
std::vector<std::pair<int, uint64_t>> held_bytes();

/// The GPU on which an address lies. Throws UserError(Device) where there is none.
int ordinal_of(uint64_t address);

/// Waits until all devices that have been used are done; false as `Device::synchronize`. Opens nothing; does nothing in
/// a forked child.
bool synchronize_used_devices(const std::function<bool()>& supervisor = {});
/// Whether all devices that have been used are known to be done, without asking the driver. True in a forked child.
bool are_used_devices_idle();

/// The ordinals of the devices that can be used; none in a forked child.
std::vector<int> usable_ordinals();

/// Gives back what the pools of all devices that have been used keep. Opens nothing; does nothing in a forked child.
void trim_used_devices();

/// A block of device memory from the stream-ordered pool; given back (stream-ordered) when destroyed.
class Buffer {
public:
    Buffer() = default;
    Buffer(Buffer&&) noexcept;
    Buffer& operator=(Buffer&&) noexcept;
    ~Buffer();
    uint64_t address() const noexcept { return address_; }
    size_t bytes() const noexcept { return bytes_; }

private:
    friend class Device;
    Buffer(class Device* device, uint64_t address, size_t bytes) noexcept
        : device_(device), address_(address), bytes_(bytes) {}
    class Device* device_ = nullptr;
    uint64_t address_ = 0;
    size_t bytes_ = 0;
};

/// A module of machine code that the driver made from PTX, with its kernel `kCudaKernelName`.
class Kernel {
public:
    virtual ~Kernel() = default;
    /// The address of a variable of the module; 0 where it has none of that name.
    virtual uint64_t variable(const std::string& name) const = 0;
    double compile_milliseconds = 0;  ///< in the driver
};

/// A few bytes of pinned host memory that kernels write to by themselves, so that a word of theirs need not be fetched.
/// Given back when destroyed, when no kernel may write there any more.
class Mailbox {
public:
    static constexpr size_t kBytes = 64;
    static constexpr size_t kBell = 60;  ///< where the bell's word lies, see Device::launch

    virtual ~Mailbox() = default;
    /// For kernels.
    virtual uint64_t address() const noexcept = 0;
    /// For the host, which may look when the kernel is done.
    virtual const void* contents() const noexcept = 0;
    uint64_t ticket = 0;  ///< the device's: of the launch that it was given to
    bool rings = false;   ///< whether the bell rings when that is done
};

/// Waits may take long: `supervisor` is asked every few milliseconds, and when it answers true the wait goes on until
/// the device is done (a kernel cannot be stopped) but `synchronize` then returns false.
using Supervisor = std::function<bool()>;

class Device;

/// A queue of a device's, of ours or somebody else's, who then keeps it alive as long as this.
///
/// All work of the library's on a device is done in the order in which it was queued, whatever streams it went to; what
/// a stream is good for is the order with other people's work.
class Stream {
public:
    /// As long as it lives, what this thread queues on the stream's device goes to the stream; nested ones go before.
    class Use {
    public:
        virtual ~Use() = default;
    };

    virtual ~Stream() = default;
    virtual Device& device() const noexcept = 0;
    /// The driver's CUstream.
    virtual uint64_t handle() const noexcept = 0;
    virtual std::unique_ptr<Use> use() = 0;
    /// It is not used for now, and may be gone when it is used next: later work waits for what was queued to it.
    virtual void leave() noexcept = 0;
    /// Later work of the library's waits for what is in the stream now, or later work in the stream for all that the
    /// library has queued.
    virtual void wait_behind() = 0;
    virtual void go_before() = 0;
    virtual void wait_for(const class Event& event) = 0;
    virtual bool is_done() = 0;
    virtual bool synchronize(const Supervisor& supervisor = {}) = 0;
};

/// A point in a stream, with the time when it was reached.
class Event {
public:
    virtual ~Event() = default;
    /// In a stream of the event's device, or behind all that was queued. Again: the former point is forgotten.
    virtual void record(Stream* stream = nullptr) = 0;
    virtual bool is_done() = 0;  ///< also where nothing was recorded
    virtual bool synchronize(const Supervisor& supervisor = {}) = 0;
    /// From `start`, an event of the same device, to this one; waits for both. Both must have been recorded.
    virtual double milliseconds_since(Event& start) = 0;
};

/// Numbers of a log, one for each element, int64_t or double: each goes `offset` bytes behind `target`, where a
/// negative one means: nowhere.
struct CombineLog {
    CombineKind kind;
    CombineHow how;
    uint64_t target;
    RemoteMemory::Steps offsets, values;
};
/// The numbers that logs are combined with, all of the log's kind.
struct CombineTarget {
    RemoteMemory::Steps numbers;
    int64_t count;
};

/// One GPU: its primary context (retained, never reset), one stream of ours, a memory pool, a ring of pinned memory.
class Device {
public:
    /// Throws when there is no such device. Made on first use; lives as long as the process. A forked child that uses
    /// it gets a UserError(Device) saying that CUDA does not survive a fork.
    static Device& get(int ordinal);

    virtual ~Device() = default;
    /// What does not change; `memory_free` is that of the time of first use.
    virtual const DeviceInfo& info() = 0;
    /// UserError(Memory) when memory ran out, after which everything goes on working.
    virtual Buffer allocate(size_t bytes) = 0;
    /// A failure carries the log of the driver's compiler.
    virtual std::unique_ptr<Kernel> load(const std::string& ptx) = 0;
    /// Copies to the device through the pinned ring; `source` may be reused on return. Ordered after earlier work.
    virtual void upload(const Buffer& target, size_t offset, const void* source, size_t bytes) = 0;
    /// Copies `count` values of each part, which come in chunks, to the device. Null where pinned memory is refused.
    virtual std::unique_ptr<ChunkedUpload> upload_in_chunks(const Buffer& target,
                                                            std::vector<ChunkedUpload::Part> parts, int64_t count) = 0;
    /// Copies from the device through the pinned ring; complete on return.
    virtual void download(void* target, const Buffer& source, size_t offset, size_t bytes) = 0;
    /// Memory of somebody else's, which is not given back.
    static Buffer foreign(uint64_t address, size_t bytes) noexcept { return Buffer(nullptr, address, bytes); }
    /// Bytes in all buffers there are.
    virtual uint64_t bytes_held() const noexcept = 0;
    /// Later work waits for what is queued on streams that wait for the default one.
    virtual void wait_for_others() = 0;
    /// Between two addresses of the device, queued.
    virtual void copy(uint64_t target, uint64_t source, size_t bytes) = 0;
    /// The same as RemoteMemory::copy_strided.
    virtual void copy_strided(RemoteMemory::Steps target, RemoteMemory::Steps source, size_t bytes, int64_t count) = 0;
    virtual void fill_zero(const Buffer& target, size_t bytes) = 0;
    /// All zeros; null where the system refuses pinned memory.
    virtual std::unique_ptr<Mailbox> mailbox() = 0;
    /// Queues the kernel over `count` elements; `parameters` as in base/kernel_abi.h, the count included.
    /// `is_timed`: for `last_launch_milliseconds`, at the cost of a microsecond or two.
    virtual void launch(const Kernel& kernel, int64_t count, std::span<const uint64_t> parameters,
                        bool is_timed = true) = 0;
    /// The same without the time, for what is often repeated. `bell`: a mailbox that is told when the kernel is done;
    /// may be null.
    virtual void launch_again(const Kernel& kernel, int64_t count, std::span<const uint64_t> parameters,
                              Mailbox* bell) = 0;
    /// Whether what `launch_again` queued with this bell is known to be done. Does not wait; false in a forked child.
    virtual bool is_done(const Mailbox& bell) noexcept = 0;
    /// Waits until what `launch_again` queued with this bell is done; as `synchronize`.
    virtual bool wait_for(const Mailbox& bell, const Supervisor& supervisor = {}) = 0;
    /// Indices of the nonzero bytes among `count` flags, ascending. These begin at `offset`, a multiple of 16.
    virtual std::vector<int64_t> select_flagged(const Buffer& flags, int64_t count, size_t offset = 0) = 0;
    /// Whether the driver takes the kernels of what follows.
    virtual bool can_combine() const noexcept = 0;
    /// At least as much as any sum of numbers of the logs and one of the target comes to, whichever way; NaN or
    /// infinity where that is not known. Waits.
    virtual double bound(std::span<const CombineLog> logs, int64_t count, const CombineTarget& target) = 0;
    /// Combines a log with the target, in any order; sums must be known to fit. False where a number that is to replace
    /// another has no place there: the target then holds anything.
    virtual bool combine(const CombineLog& log, int64_t count, const CombineTarget& target) = 0;
    virtual bool synchronize(const Supervisor& supervisor = {}) = 0;
    /// Milliseconds the last launch that was timed ran on the device; waits for it.
    virtual double last_launch_milliseconds() = 0;
    /// Gives memory that is cached in the pool back to the driver.
    virtual void trim() = 0;
    virtual std::unique_ptr<Stream> create_stream() = 0;
    /// Somebody else's, by its handle: 0, 1 and 2 are the driver's default streams.
    virtual std::unique_ptr<Stream> adopt_stream(uint64_t handle) = 0;
    virtual std::unique_ptr<Event> create_event() = 0;

protected:
    friend class Buffer;
    Buffer own(uint64_t address, size_t bytes) noexcept { return Buffer(this, address, bytes); }
    virtual void free(uint64_t address, size_t bytes) noexcept = 0;
};

}  // namespace pp::device::cuda
