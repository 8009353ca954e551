/// What a function sees of its surroundings, as it was at a call: a list, a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "device/remote_memory.h"
#include "ir/kind.h"

namespace pp::data {

/// Immutable once it is made; whoever uses its memory shares it. Each source of such data (Python's containers,
/// buffers, arrays of the library's own) is a class of its own that owns the memory.
///
/// The leaves are those of `kind`: scalars, and of each sequence the address of its first item and how many there are,
/// one item behind the other as ir/kind.h says. What an item leads to lies in the same object's memory.
class Captured {
public:
    virtual ~Captured() = default;
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;

    KindRef kind() const noexcept { return kind_; }
    /// One for each leaf.
    const std::vector<uint64_t>& words() const noexcept { return words_; }
    /// Never the same for two; what a device has of one it need not be sent again.
    uint64_t version() const noexcept { return version_; }
    /// To be called with the GIL held before the host reads the memory.
    virtual void before_host_reads() const {}
    /// The words with the addresses of a device's copy, where the data keeps one of its own (data/residency.h); none
    /// else. The GIL is held.
    virtual std::optional<std::vector<uint64_t>> words_on(device::RemoteMemory&) const { return std::nullopt; }
    /// Memory held, in bytes.
    virtual size_t bytes() const noexcept = 0;

protected:
    explicit Captured(KindRef kind);

    KindRef kind_;
    std::vector<uint64_t> words_;

private:
    uint64_t version_;
};

/// Data whose leaves are a run's uniforms from `first_uniform` on.
struct CapturedUse {
    std::shared_ptr<const Captured> data;
    uint32_t first_uniform;
};

}  // namespace pp::data
