/// Keeps the memory of results that have died mapped for the results to come: without it, page faults are most of what
/// making them costs.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>

namespace pp::data {

/// CPython's small-object allocator gets its memory in arenas of 1 MiB, through a hook that CPython offers for that.
/// Ours is put there when the first large result is made. Freed arenas are kept, at most as many as recent results
/// needed and never more than PARALLEL_PARTY_ARENA_CACHE MiB (default: 1 GiB or an eighth of the memory); whatever else
/// is freed goes back to the system at once. Safe in every interpreter of the process and across fork.
class WarmArenas {
public:
    /// Before pools of `bytes` in all are claimed: makes that much memory ready, by all threads. GIL held; runs no
    /// Python code. Does nothing where `why_not` answers or memory is short.
    static void prepare(size_t bytes);
    /// Returns what is kept to the system; how many bytes.
    static size_t trim() noexcept;
    /// Bytes in arenas that CPython has got through the hook minus those it gave back: tells growth, not size.
    static int64_t bytes_in_use() noexcept;
    /// Why nothing is kept, as a sentence for people; null when it is. GIL held.
    static const char* why_not();
};

}  // namespace pp::data
