/// See diagnostic.h.
#include "frontend/diagnostic.h"

#include <algorithm>

namespace pp::frontend {
namespace {

/// Of a longer chain of calls the middle is left out.
constexpr size_t kMostPlaces = 6;

const std::string kIndent(4, ' ');

/// Columns on the screen that the first `bytes` bytes of UTF-8 text take: one for each code point.
size_t width(std::string_view text, size_t bytes) {
    return static_cast<size_t>(std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bytes),
                                             [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string source_line(Environment& environment, const Place& place) {
    std::string line = place.span.line > 0 ? environment.source_line(*place.code, place.span.line) : std::string{};
    line.erase(std::find_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }), line.end());
    return line;
}

/// The file, the line and the function; the columns too where there is no source to put carets under.
std::string place_text(const Place& place, bool has_source) {
    const SourceSpan& span = place.span;
    std::string text = "\"" + place.code->filename + "\"";
    if (span.line > 0) {
        text += ", line " + std::to_string(span.line);
    }
    if (!has_source && span.line > 0 && span.column >= 0) {
        text += span.end_line > span.line
                    ? ", column " + std::to_string(span.column + 1)
                    : ", columns " + std::to_string(span.column + 1) + "-" + std::to_string(span.end_column);
    }
    return text + ", in " + place.code->name + "\n";
}

/// The line with carets under it; nothing if there is no line.
std::string marked_line(const std::string& line, const SourceSpan& span) {
    if (line.empty()) {
        return {};
    }
    const bool has_columns = span.column >= 0 && (span.end_line > span.line || span.end_column > span.column);
    const auto column = static_cast<size_t>(std::max(span.column, 0));
    const size_t indent = std::min(line.find_first_not_of(" \t\f"), line.size());
    std::string text = kIndent + line.substr(indent) + "\n";
    const size_t begin = std::clamp(column, indent, line.size());
    const size_t end = span.end_line > span.line
                           ? line.size()
                           : std::min(static_cast<size_t>(std::max(span.end_column, 0)), line.size());
    if (has_columns && begin < end) {
        text += kIndent + std::string(width(line, begin) - width(line, indent), ' ') +
                std::string(width(line, end) - width(line, begin), '^') + "\n";
    }
    return text;
}

}  // namespace

std::string diagnostic(Environment& environment, std::string_view headline, std::span<const Place> way,
                       std::string_view remark) {
    std::string message(headline);
    message += "\n";
    for (size_t i = way.size(); i-- > 0;) {
        if (way.size() > kMostPlaces && i == way.size() - 1 - kMostPlaces / 2) {
            const size_t left_out = way.size() - kMostPlaces;
            message += "  ... " + std::to_string(left_out) + (left_out == 1 ? " call" : " calls") + " left out\n";
            i -= left_out;
        }
        const std::string line = source_line(environment, way[i]);
        message += i + 1 == way.size() ? "  File " : "  called from ";
        message += place_text(way[i], !line.empty());
        message += marked_line(line, way[i].span);
    }
    if (!remark.empty()) {
        message += "  " + std::string(remark) + "\n";
    }
    message.pop_back();
    return message;
}

}  // namespace pp::frontend
