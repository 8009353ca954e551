/// How the items of a sequence lie in memory, for those who read and write them there: readers and boxers.
#pragma once

#include <cstdint>
#include <cstring>

#include "ir/kind.h"

namespace pp::data {

/// Puts the leaves of one item at `place`. An item of one leaf takes its own bytes, else each takes 8 (ir/kind.h).
struct ItemSink {
    static constexpr bool kIsElement = false;
    char* place;

    void put_float(uint32_t leaf, double value) const { std::memcpy(place + 8 * leaf, &value, sizeof value); }
    void put_int(uint32_t leaf, int64_t value) const { std::memcpy(place + 8 * leaf, &value, sizeof value); }
    void put_bool(uint32_t leaf, bool value) const { place[8 * leaf] = static_cast<char>(value); }
};

/// Copies code units of 1, 2 or 4 bytes as units of 1 or 4, which are not narrower.
void store_units(const void* units, int unit_bytes, int64_t length, uint32_t stored_bytes, char* place);

/// Looks at the leaves of one item at `place`.
struct StoredItem {
    const char* place;

    double float_at(uint32_t leaf) const { return load<double>(leaf); }
    int64_t int_at(uint32_t leaf) const { return load<int64_t>(leaf); }
    bool bool_at(uint32_t leaf) const { return place[8 * leaf] != 0; }
    /// The first item (code unit) of the sequence (text) whose leaves begin here.
    const char* items_at(uint32_t leaf) const {
        return reinterpret_cast<const char*>(static_cast<uintptr_t>(int_at(leaf)));
    }

private:
    template <typename T> T load(uint32_t leaf) const {
        T value;
        std::memcpy(&value, place + 8 * leaf, sizeof value);
        return value;
    }
};

}  // namespace pp::data
