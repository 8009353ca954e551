/// Where the elements of one block of host memory also are, and which of them each place lacks.
///
/// The host and every device that has a copy are places. An element is valid in at least one of them. Writing on the
/// host makes it missing on all devices; results computed on a device are missing everywhere else until somebody looks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "data/host_copies.h"
#include "data/pending.h"
#include "data/range_set.h"
#include "device/remote_memory.h"

namespace pp::data {

/// How a block's elements lie in its memory: calls `visit(offset, bytes)` for each run of bytes that [begin, end)
/// takes.
using ByteRuns =
    std::function<void(IndexRange elements, const std::function<void(size_t offset, size_t bytes)>& visit)>;

/// Elements may be pending: whoever looks at them, writes to them or hands them on settles them first, which may let
/// other threads run; so do all members that say so.
///
/// Not thread-safe: the GIL guards it. Devices' errors leave everything as it was, but for what was copied.
class Residency {
public:
    /// What is looked at comes to the host in pages of so many elements.
    static constexpr int64_t kPage = 4096;

    /// The block: `elements` of them in `bytes` at `memory`.
    Residency(char* memory, size_t bytes, int64_t elements, ByteRuns runs);
    ~Residency();
    Residency(const Residency&) = delete;

    /// From now on the elements are what `pending` makes of them. Null: they are final.
    void expect(std::shared_ptr<Pending> pending) noexcept { pending_ = std::move(pending); }
    const std::shared_ptr<Pending>& pending() const noexcept { return pending_; }
    /// Settles them. Throws what went wrong.
    void settle() {
        if (pending_) {
            settle_pending();
        }
    }
    /// `reader` reads some of the elements until it is settled, which is behind all readers before.
    void note_reader(const std::shared_ptr<Pending>& reader) { last_reader_ = reader; }
    /// Lets all of them finish: to be called before elements are written.
    void finish_readers() {
        if (const auto reader = last_reader_.lock()) {
            reader->finish_reading();
        }
    }

    /// The host is about to write these elements, all of them or some. Settles them.
    void mark_written(int64_t begin, int64_t end) {
        settle();
        if (!copies_.empty()) {
            mark_copies(begin, end);
        }
    }
    /// Makes elements [begin, end) valid on the host: to be called before anybody looks at or writes part of them.
    /// Settles them.
    void fetch(int64_t begin, int64_t end) {
        settle();
        bring(begin, end);
    }
    /// The same, with elements as they are so far: for work that is done again where they turn out otherwise.
    void bring(int64_t begin, int64_t end) {
        if (shares_ > 0) {
            distrust_host(begin, end);
        }
        wait_for_sharers();
        if (!host_lacks_.empty()) {
            fetch_missing(begin, end);
        }
    }
    /// The host is about to write all of them, as `overwrite` for a device. Does not settle them.
    void overwrite_on_host(int64_t begin, int64_t end);
    /// The copy on a device with all of [begin, end) valid there; made if there is none. Settles them.
    const device::RemoteBlock& use(device::RemoteMemory& place, int64_t begin, int64_t end) {
        settle();
        return use_pending(place, begin, end);
    }
    /// The same with elements as they are so far, as `bring`.
    const device::RemoteBlock& use_pending(device::RemoteMemory& place, int64_t begin, int64_t end);
    /// The same but for the uploads, which are appended to `uploads`: the caller makes them, then says so.
    const device::RemoteBlock& prepare_use(device::RemoteMemory& place, int64_t begin, int64_t end,
                                           std::vector<HostCopy>& uploads);
    void note_uploaded(const device::RemoteMemory& place, int64_t begin, int64_t end);
    /// Makes the copy on a device, if there is none: using it later cannot run out of memory.
    void reserve(device::RemoteMemory& place) { copy_on(place); }
    /// The copy on a device, of which a kernel is about to write all of [begin, end): nothing is uploaded for these,
    /// and they are then missing everywhere else.
    const device::RemoteBlock& overwrite(device::RemoteMemory& place, int64_t begin, int64_t end);
    /// Copies the runs of [begin, end) from the devices to `target`, one behind the other, where the host lacks some of
    /// it. False, and nothing was copied, where it does not, or where devices do not have all. Settles them.
    bool download_to(char* target, int64_t begin, int64_t end);
    /// Whether some device has a copy.
    bool has_copies() const noexcept { return !copies_.empty(); }
    /// Whether a device has a copy in which all of [begin, end) is valid.
    bool is_valid_on(const device::RemoteMemory& place, int64_t begin, int64_t end) const;
    /// Drops a device's copy, unless it is shared; what only it has is fetched first.
    void drop(device::RemoteMemory& place);
    /// Drops all copies that are not shared, of all blocks there are.
    static void drop_all();

    /// Takes memory that has all elements as the copy of a place without one; the host has none of them.
    void adopt(device::RemoteMemory& place, std::unique_ptr<device::RemoteBlock> copy);
    /// Elements [first, first + count) of `source`, a block of the same type, become those from 0 on, on every device
    /// that has all of them: copied there, in the order of its work. The answer: those that the host is to copy itself,
    /// in terms of `source`, which is settled; it has them. This block must have no copies.
    std::vector<IndexRange> take_copies(Residency& source, int64_t first, int64_t count);
    /// While this one is shared: elements [0, count) of `source` become those from `to` on, copied on the device.
    /// False, and nothing has happened, where `source`, which is settled, has them not all there.
    bool receive(Residency& source, int64_t count, int64_t to);

    /// Shares elements [begin, end) on a device with other libraries, until as many calls of `unshare`: they may read
    /// and write them there at any time. So the host looks anew each time, and what it has written goes up at once: see
    /// `publish`. Further calls name the same device and elements.
    const device::RemoteBlock& share(device::RemoteMemory& place, int64_t begin, int64_t end);
    /// The last one leaves what is true on the device only.
    void unshare() noexcept;
    bool is_shared() const noexcept { return shares_ > 0; }
    /// Whether some copy is memory of others, which they may use for something else when no call is in progress.
    bool is_foreign() const noexcept { return shares_ > 0 || is_adopted_; }
    /// Uploads what was written on the host to copies that are shared, of all blocks there are. To be called whenever
    /// Python code has written to Arrays; costs nothing where nothing is shared.
    static void publish() {
        if (any_is_shared) {
            publish_shared();
        }
    }

private:
    struct Copy {
        device::RemoteMemory* place;
        std::unique_ptr<device::RemoteBlock> block;
        RangeSet missing;
    };

    Copy* find(const device::RemoteMemory& place);
    Copy& copy_on(device::RemoteMemory& place);
    Copy& copy_to_use(device::RemoteMemory& place, int64_t begin, int64_t end);
    void settle_pending();
    void mark_copies(int64_t begin, int64_t end);
    void fetch_missing(int64_t begin, int64_t end);
    void distrust_host(int64_t begin, int64_t end);
    void distrust_host_of_shared(int64_t begin, int64_t end);
    void wait_for_sharers() {
        if (left_by_sharers_ != nullptr) {
            std::exchange(left_by_sharers_, nullptr)->wait_for_others();
        }
    }
    /// The copies that have elements of `wanted`, which loses them; where run number `run` of a range goes that begins
    /// at `offset`, the caller says.
    using HostPlace = std::function<char*(size_t run, size_t offset)>;
    std::vector<HostCopy> downloads(RangeSet& wanted, const HostPlace& host) const;
    void copy_runs(const Residency& source, const Copy& from, IndexRange elements, const Copy& to, int64_t begin) const;
    static void publish_shared();

    static bool any_is_shared;  ///< the GIL guards it

    char* memory_;
    size_t bytes_;
    int64_t elements_;
    ByteRuns runs_;
    RangeSet host_lacks_;
    std::shared_ptr<Pending> pending_;
    std::weak_ptr<Pending> last_reader_;
    std::vector<Copy> copies_;  ///< few: one for each device
    int64_t shares_ = 0;
    bool is_adopted_ = false;
    device::RemoteMemory* shared_place_ = nullptr;  ///< this and the next while `shares_` is not 0
    IndexRange shared_{};
    device::RemoteMemory* left_by_sharers_ = nullptr;  ///< where work of theirs may still be queued
};

}  // namespace pp::data
