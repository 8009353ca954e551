/// See apply_writes.h.
#include "engine/apply_writes.h"

#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <type_traits>

namespace pp::engine {

namespace {

using passes::Combination;

template <typename T> T read(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

/// What `element` becomes. False where that cannot be stored as `Stored`. `Value` is double or int64_t, as which
/// everything is computed.
template <typename Stored, typename Value> bool combine(Combination how, Stored& element, Value x) {
    Value result = static_cast<Value>(element);
    switch (how) {
    case Combination::Add:
    case Combination::Subtract:
        if constexpr (std::same_as<Value, double>) {
            result = how == Combination::Add ? result + x : result - x;
        } else if (how == Combination::Add ? __builtin_add_overflow(result, x, &result)
                                           : __builtin_sub_overflow(result, x, &result)) {
            return false;
        }
        break;
    case Combination::Least: result = x < result ? x : result; break;
    case Combination::Most: result = result < x ? x : result; break;
    }
    if constexpr (std::same_as<Stored, float>) {
        if (std::isfinite(result) && !std::isfinite(static_cast<float>(result))) return false;
    } else if constexpr (!std::same_as<Stored, Value>) {
        if (result < std::numeric_limits<Stored>::min() || result > std::numeric_limits<Stored>::max()) return false;
    }
    element = static_cast<Stored>(result);
    return true;
}

template <typename Stored, typename Value> bool apply(const WriteLog& log, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
        const auto offset = read<int64_t>(log.offsets.at(i));
        if (offset < 0) continue;
        char* const place = log.target + offset;
        auto element = read<Stored>(place);
        if (!combine(log.write.combination, element, read<Value>(log.values.at(i)))) return false;
        std::memcpy(place, &element, sizeof element);
    }
    return true;
}

bool apply_some(const WriteLog& log, int64_t begin, int64_t end) {
    const bool is_wide = log.write.bytes == 8;
    if (log.write.type == ir::Type::F64)
        return is_wide ? apply<double, double>(log, begin, end) : apply<float, double>(log, begin, end);
    return is_wide ? apply<int64_t, int64_t>(log, begin, end) : apply<int32_t, int64_t>(log, begin, end);
}

}  // namespace

bool apply_in_order(std::span<const WriteLog> logs, int64_t count) {
    // Several places may mean the same Array: then element by element.
    const int64_t step = logs.size() == 1 ? count : 1;
    for (int64_t begin = 0; begin < count; begin += step) {
        for (const WriteLog& log : logs) {
            if (!apply_some(log, begin, begin + step)) return false;
        }
    }
    return true;
}

}  // namespace pp::engine
