/// The list; each entry is found out where it is used.
#include "data/capabilities_python.h"

#include <array>

#include "data/arenas_python.h"
#include "data/pools_python.h"
#include "data/reader_python.h"
#include "data/recycle_python.h"

namespace pp::data {
namespace {

const char* why_no_raw_reads() {
    return raw_reads_enabled() ? nullptr : "no GIL, an unknown layout, or PARALLEL_PARTY_RAW_READS=0";
}

const char* why_no_recycling() {
    return recycling_enabled() ? nullptr : "no GIL, an unknown layout, or PARALLEL_PARTY_RECYCLE=0";
}

}  // namespace

std::span<const Capability> capabilities() {
    static constexpr std::array<Capability, 6> all{{
        {"raw reads", "all threads read Python objects", why_no_raw_reads},
        {"recycling", "floats that nobody else sees are written in place", why_no_recycling},
        {"pools", "all threads make result objects", why_no_pools},
        {"pools for rows", "and those that the cyclic collector watches", why_no_watched_rows},
        {"pools for records", "and dicts, namedtuples and instances", why_no_record_pools},
        {"warm arenas", "memory of dead results is kept for the next ones", WarmArenas::why_not},
    }};
    return all;
}

}  // namespace pp::data
