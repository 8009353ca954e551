/// Format specifications (`>8.2f`), and the fields of `%` and str.format(), taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pp::frontend {

/// [[fill]align][sign][#][0][width][,][.precision][type]. Members that are not given are 0 or negative.
struct FormatSpecification {
    std::string fill;  ///< UTF-8 of one character, or empty
    char align = 0;    ///< one of "<>^="
    char sign = 0;     ///< one of "+- "
    bool is_alternate = false;
    int64_t width = 0;
    char separator = 0;  ///< ',' or '_'
    int64_t precision = -1;
    char type = 0;
};

/// Nothing where the text is none, or has what is not supported ('z', a width beyond reason).
std::optional<FormatSpecification> parse_specification(std::string_view text);

/// A piece of a format text: text as it is, or a value by its number or name with a specification.
struct FormatPiece {
    std::string text;  ///< without a value
    bool has_value = false;
    int64_t number = -1;
    std::string name;     ///< of str.format() and `%(name)s`
    char conversion = 0;  ///< what is done with the value before it is formatted: 's', 'r' or 'a', as str(), repr() and
                          ///< ascii() do; of '%' also 'c', 'd', 'x' (what is whole) and 'f' (any number)
    std::string specification;
    std::vector<FormatPiece> nested;  ///< what a specification is made of that is computed, of str.format() only
};

/// The pieces that have a value, each before those of its specification: so CPython numbers them.
std::vector<const FormatPiece*> fields_in_order(const std::vector<FormatPiece>& pieces);

/// The pieces of a `%` format: all values have a name, or none. Nothing where a conversion is not supported.
std::optional<std::vector<FormatPiece>> parse_percent_format(std::string_view text);
/// The pieces of a str.format() text; nothing where a field looks up attributes or items.
std::optional<std::vector<FormatPiece>> parse_brace_format(std::string_view text);

}  // namespace pp::frontend
