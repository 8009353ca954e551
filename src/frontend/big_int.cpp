/// See big_int.h.
#include "frontend/big_int.h"

#include <cmath>
#include <limits>
#include <string_view>

namespace pp::frontend {
namespace {

uint64_t digit_of(char hex) {
    return static_cast<uint64_t>(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

/// The float that has the value of the hexadecimal digits, where its mantissa and its exponent are large enough.
std::optional<double> exact_float(std::string_view digits) {
    constexpr uint64_t kMantissaEnd = uint64_t{1} << std::numeric_limits<double>::digits;
    constexpr size_t kMostDigits = std::numeric_limits<double>::max_exponent / 4;
    const size_t last = digits.find_last_not_of('0');
    if (digits.size() > kMostDigits || last > 14) {
        return std::nullopt;
    }
    uint64_t mantissa = 0;
    for (char digit : digits.substr(0, last + 1)) {
        mantissa = mantissa << 4 | digit_of(digit);
    }
    auto exponent = static_cast<int>(4 * (digits.size() - last - 1));
    for (; mantissa % 2 == 0; mantissa /= 2) {
        ++exponent;
    }
    return mantissa < kMantissaEnd ? std::optional(std::ldexp(static_cast<double>(mantissa), exponent)) : std::nullopt;
}

}  // namespace

std::optional<BigInt> big_int_of(const Value& value) {
    if (value.shape != Shape::Object || value.node->name != "int" || !value.node->text) {
        return std::nullopt;
    }
    std::string_view digits = *value.node->text;
    BigInt result;
    result.is_negative = digits.front() == '-';
    digits.remove_prefix(result.is_negative ? 3 : 2);  // "-0x", "0x"
    uint64_t low = 0;
    for (char digit : digits) {
        low = low << 4 | digit_of(digit);  // what leaves at the top is above what is kept
    }
    low = result.is_negative ? 0 - low : low;
    result.low = static_cast<int64_t>(low & static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
    result.exact = exact_float(digits);
    if (result.exact && result.is_negative) {
        result.exact = -*result.exact;
    }
    return result;
}

}  // namespace pp::frontend
