/// See diagnostic.h.
#include "frontend/diagnostic.h"

#include <algorithm>

namespace pp::frontend {
namespace {

/// Of a longer chain of calls the middle is left out.
constexpr size_t kMostPlaces = 6;

/// Columns on the screen that the first `bytes` bytes of UTF-8 text take: one for each code point.
size_t width(std::string_view text, size_t bytes) {
    return static_cast<size_t>(std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bytes),
                                             [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string place_text(const Place& place) {
    std::string text = "\"" + place.code->filename + "\"";
    if (place.span.line > 0) {
        text += ", line " + std::to_string(place.span.line);
    }
    return text + ", in " + place.code->name;
}

/// The line with carets under it; nothing but the columns where the text is not to be had.
void append_source(std::string& message, Environment& environment, const Place& place) {
    const SourceSpan& span = place.span;
    if (span.line <= 0) {
        return;
    }
    std::string line = environment.source_line(*place.code, span.line);
    line.erase(std::find_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }), line.end());
    const bool has_columns = span.column >= 0 && (span.end_line > span.line || span.end_column > span.column);
    if (line.empty()) {
        if (has_columns && span.end_line <= span.line) {
            message += "    columns " + std::to_string(span.column + 1) + "-" + std::to_string(span.end_column) + "\n";
        }
        return;
    }
    const size_t indent = std::min(line.find_first_not_of(" \t\f"), line.size());
    message += "    " + line.substr(indent) + "\n";
    const size_t begin = has_columns ? std::clamp(static_cast<size_t>(span.column), indent, line.size()) : line.size();
    const size_t end = span.end_line > span.line ? line.size()
                                                 : std::min(static_cast<size_t>(std::max(span.end_column, 0)), line.size());
    if (!has_columns || begin >= end) {
        return;
    }
    message += "    " + std::string(width(line, begin) - width(line, indent), ' ') +
               std::string(width(line, end) - width(line, begin), '^') + "\n";
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
        message += (i + 1 == way.size() ? "  File " : "  called from ") + place_text(way[i]) + "\n";
        append_source(message, environment, way[i]);
    }
    if (!remark.empty()) {
        message += "  " + std::string(remark) + "\n";
    }
    message.pop_back();
    return message;
}

}  // namespace pp::frontend
