/// Ints beyond 64 bits that are known while translating.
#pragma once

#include <cstdint>
#include <optional>

#include "frontend/abstract_value.h"

namespace pp::frontend {

/// A known int beyond 64 bits.
struct BigInt {
    bool is_negative = false;
    int64_t low = 0;              ///< its lowest 63 bits, in two's complement
    std::optional<double> exact;  ///< the float that is equal to it, where there is one
};

/// Nothing where the value is no such int, or not known.
std::optional<BigInt> big_int_of(const Value& value);

}  // namespace pp::frontend
