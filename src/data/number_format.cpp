/// See number_format.h.
#include "data/number_format.h"

namespace pp::data {

std::optional<NumberFormat> number_format(std::string_view text, size_t bytes) {
    // Native order: "@d" and "=d" mean what "d" does, and so does "<d" on the machines there are.
    if (text.size() == 2 && (text.front() == '@' || text.front() == '=' || text.front() == '<')) {
        text.remove_prefix(1);
    }
    if (text.size() != 1) {
        return std::nullopt;
    }
    const std::string_view is_signed = "bhilqn", is_unsigned = "BHILQN";
    if (text == "d" && bytes == 8) {
        return NumberFormat::Float64;
    }
    if (text == "f" && bytes == 4) {
        return NumberFormat::Float32;
    }
    const bool negative = is_signed.find(text) != std::string_view::npos;
    if (!negative && is_unsigned.find(text) == std::string_view::npos) {
        return std::nullopt;
    }
    switch (bytes) {
    case 8: return negative ? NumberFormat::Int64 : NumberFormat::UInt64;
    case 4: return negative ? NumberFormat::Int32 : NumberFormat::UInt32;
    case 2: return negative ? NumberFormat::Int16 : NumberFormat::UInt16;
    case 1: return negative ? NumberFormat::Int8 : NumberFormat::UInt8;
    default: return std::nullopt;
    }
}

std::optional<NumberFormat> stored_format(std::string_view text, size_t bytes) {
    return text.ends_with('?') && bytes == 1 ? NumberFormat::Bool : number_format(text, bytes);
}

const char* format_code(NumberFormat format) {
    switch (format) {
    case NumberFormat::Float64: return "d";
    case NumberFormat::Float32: return "f";
    case NumberFormat::Int64: return "q";
    case NumberFormat::Int32: return "i";
    case NumberFormat::Int16: return "h";
    case NumberFormat::Int8: return "b";
    case NumberFormat::UInt64: return "Q";
    case NumberFormat::UInt32: return "I";
    case NumberFormat::UInt16: return "H";
    case NumberFormat::UInt8: return "B";
    case NumberFormat::Bool: return "?";
    }
    return "";
}

const char* to_string(NumberFormat format) {
    switch (format) {
    case NumberFormat::Float64: return "float64";
    case NumberFormat::Float32: return "float32";
    case NumberFormat::Int64: return "int64";
    case NumberFormat::Int32: return "int32";
    case NumberFormat::Int16: return "int16";
    case NumberFormat::Int8: return "int8";
    case NumberFormat::UInt64: return "uint64";
    case NumberFormat::UInt32: return "uint32";
    case NumberFormat::UInt16: return "uint16";
    case NumberFormat::UInt8: return "uint8";
    case NumberFormat::Bool: return "bool_";
    }
    return "";
}

}  // namespace pp::data
