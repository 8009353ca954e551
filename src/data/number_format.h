/// Number types of buffers and Arrays, as the buffer protocol names them, and which values they hold.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace pp::data {

/// Bool is stored as one byte, 0 or 1; `number_format` never answers it.
enum class NumberFormat : uint8_t { Float64, Float32, Int64, Int32, Int16, Int8, UInt64, UInt32, UInt16, UInt8, Bool };

inline constexpr NumberFormat kNumberFormats[] = {NumberFormat::Float64, NumberFormat::Float32, NumberFormat::Int64,
                                                  NumberFormat::Int32,   NumberFormat::Int16,   NumberFormat::Int8,
                                                  NumberFormat::UInt64,  NumberFormat::UInt32,  NumberFormat::UInt16,
                                                  NumberFormat::UInt8,   NumberFormat::Bool};

/// The format called "d", "f", "q", "i", ... in the machine's own byte order; nothing for any other. `bytes` tells
/// apart what has no fixed size.
std::optional<NumberFormat> number_format(std::string_view text, size_t bytes);
/// As `number_format`, and "?" too.
std::optional<NumberFormat> stored_format(std::string_view text, size_t bytes);
const char* to_string(NumberFormat format);
/// The one-letter format of the buffer protocol.
const char* format_code(NumberFormat format);

/// Calls `body` with a value of the C++ type that the format stands for.
template <typename Body> auto with_number(NumberFormat format, Body body) {
    switch (format) {
    case NumberFormat::Float64: return body(double{});
    case NumberFormat::Float32: return body(float{});
    case NumberFormat::Int64: return body(int64_t{});
    case NumberFormat::Int32: return body(int32_t{});
    case NumberFormat::Int16: return body(int16_t{});
    case NumberFormat::Int8: return body(int8_t{});
    case NumberFormat::UInt64: return body(uint64_t{});
    case NumberFormat::UInt32: return body(uint32_t{});
    case NumberFormat::UInt16: return body(uint16_t{});
    case NumberFormat::UInt8:
    case NumberFormat::Bool: return body(uint8_t{});
    }
    return body(double{});
}

inline size_t format_bytes(NumberFormat format) {
    return with_number(format, [](auto kind) { return sizeof(kind); });
}
inline bool is_floating(NumberFormat format) {
    return format == NumberFormat::Float64 || format == NumberFormat::Float32;
}

/// Whether a value can be stored as `Target`: a float only as a float, rounded where that is shorter, but not from a
/// finite number to an infinity; an int as any float or where it lies within bounds.
template <typename Target, typename Source> bool fits(Source value) {
    if constexpr (std::floating_point<Source>) {
        if constexpr (!std::floating_point<Target>) {
            return false;
        } else {
            return std::isinf(static_cast<Target>(value)) == std::isinf(value);
        }
    } else if constexpr (std::floating_point<Target>) {
        return true;
    } else {
        return std::in_range<Target>(static_cast<int64_t>(value));
    }
}

/// Whether the float nearest to `value` is equal to it.
inline bool is_exact_float(int64_t value) {
    constexpr int64_t kAllAreUpTo = int64_t{1} << 53;
    if (value >= -kAllAreUpTo && value <= kAllAreUpTo) {
        return true;
    }
    const auto nearest = static_cast<double>(value);
    return nearest < 0x1p63 && static_cast<int64_t>(nearest) == value;
}

}  // namespace pp::data
