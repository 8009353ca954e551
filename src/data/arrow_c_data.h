/// The structures of Arrow's C data interface: how columnar libraries hand memory to one another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/number_format.h"

namespace pp::data::arrow {

struct Schema {
    const char* format;
    const char* name;
    const char* metadata;
    int64_t flags;
    int64_t n_children;
    Schema** children;
    Schema* dictionary;
    void (*release)(Schema*);
    void* private_data;
};

struct Array {
    int64_t length;
    int64_t null_count;  ///< -1: not counted
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void** buffers;
    Array** children;
    Array* dictionary;
    void (*release)(Array*);
    void* private_data;
};

/// Functions answer 0, or an errno value.
struct Stream {
    int (*get_schema)(Stream*, Schema* out);
    int (*get_next)(Stream*, Array* out);  ///< at the end `out` has no `release`
    const char* (*get_last_error)(Stream*);
    void (*release)(Stream*);
    void* private_data;
};

/// Of bools, which are packed eight to a byte, "b".
inline const char* format_text(NumberFormat format) {
    switch (format) {
    case NumberFormat::Float64: return "g";
    case NumberFormat::Float32: return "f";
    case NumberFormat::Int64: return "l";
    case NumberFormat::Int32: return "i";
    case NumberFormat::Int16: return "s";
    case NumberFormat::Int8: return "c";
    case NumberFormat::UInt64: return "L";
    case NumberFormat::UInt32: return "I";
    case NumberFormat::UInt16: return "S";
    case NumberFormat::UInt8: return "C";
    case NumberFormat::Bool: return "b";
    }
    return "";
}

inline std::optional<NumberFormat> format_of(std::string_view text) {
    for (const NumberFormat format : kNumberFormats) {
        if (text == format_text(format)) {
            return format;
        }
    }
    return std::nullopt;
}

}  // namespace pp::data::arrow
