/// See format_specification.h.
#include "frontend/format_specification.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace pp::frontend {
namespace {

constexpr int64_t kMostWidth = 1000, kMostPrecision = 60;

/// Bytes of the UTF-8 character that begins with `first`.
size_t character_bytes(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

bool is_one_of(char character, std::string_view set) {
    return character != 0 && set.find(character) != std::string_view::npos;
}

/// Reads text from its beginning.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool is_at_end() const { return at_ >= text_.size(); }
    char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    char take() { return text_[at_++]; }
    bool take_if(char wanted) {
        if (peek() != wanted || is_at_end()) {
            return false;
        }
        ++at_;
        return true;
    }
    std::string_view take_bytes(size_t count) {
        const std::string_view taken = text_.substr(at_, count);
        at_ += taken.size();
        return taken;
    }
    /// Digits as a number; -1 where there are none, or too many.
    int64_t number() {
        int64_t value = -1;
        while (std::isdigit(static_cast<unsigned char>(peek()))) {
            value = std::max<int64_t>(value, 0) * 10 + (take() - '0');
            value = std::min<int64_t>(value, 1'000'000);
        }
        return value;
    }
    std::string_view until(char stop) {
        const size_t end = text_.find(stop, at_);
        return take_bytes(end == std::string_view::npos ? text_.size() - at_ : end - at_);
    }

private:
    std::string_view text_;
    size_t at_ = 0;
};

void add_text(std::vector<FormatPiece>& pieces, std::string_view text) {
    if (pieces.empty() || pieces.back().has_value) {
        pieces.emplace_back();
    }
    pieces.back().text += text;
}

/// The name of a conversion of '%' in parentheses, if it has one; false where it is not supported.
bool read_name(Reader& reader, std::string& name) {
    if (reader.take_if('(')) {
        name = reader.until(')');
        return !name.empty() && name.find('(') == std::string::npos && reader.take_if(')');
    }
    return true;
}

/// The conversion that a letter of '%' stands for (FormatPiece::conversion).
char conversion_of(char letter) {
    if (is_one_of(letter, "srac")) {
        return letter;
    }
    return is_one_of(letter, "diu") ? 'd' : is_one_of(letter, "xXo") ? 'x' : 'f';
}

/// A conversion of '%' behind its sign, as a piece whose specification is format()'s.
bool read_conversion(Reader& reader, std::vector<FormatPiece>& pieces) {
    FormatPiece piece;
    if (!read_name(reader, piece.name)) {
        return false;
    }
    std::string flags;
    while (is_one_of(reader.peek(), "-+ #0")) {
        flags += reader.take();
    }
    const auto has = [&](char flag) { return flags.find(flag) != std::string::npos; };
    const int64_t width = reader.number();
    int64_t precision = -1;
    if (reader.take_if('.')) {
        precision = std::max<int64_t>(reader.number(), 0);
    }
    const char type = reader.is_at_end() ? '\0' : reader.take();
    if (!is_one_of(type, "diuxXofFeEgGsrac") || has('#') || (is_one_of(type, "diuxXoc") && precision >= 0)) {
        return false;
    }
    piece.has_value = true;
    piece.conversion = conversion_of(type);
    const bool is_text = is_one_of(type, "srac");
    std::string& specification = piece.specification;
    specification += has('-') ? "<" : has('0') && !is_text ? "" : ">";
    if (!is_text && (has('+') || has(' '))) {
        specification += has('+') ? '+' : ' ';
    }
    if (has('0') && !has('-') && !is_text) {
        specification += '0';
    }
    if (width >= 0) {
        specification += std::to_string(width);
    }
    if (precision >= 0) {
        specification += '.' + std::to_string(precision);
    }
    specification += piece.conversion == 'd' ? "d" : is_text ? "" : std::string(1, type);
    pieces.push_back(std::move(piece));
    return true;
}

/// How the fields of a str.format() text are numbered.
struct Numbering {
    int64_t automatic = 0;
    bool has_numbers = false;
};

/// The rest of a field behind its brace; false where it has no compiled form.
bool read_field(Reader& reader, Numbering& numbering, bool may_nest, FormatPiece& piece) {
    std::string name;
    while (!reader.is_at_end() && !is_one_of(reader.peek(), "}:{![.")) {
        name += reader.take();
    }
    piece.has_value = true;
    Reader digits(name);
    const int64_t number = digits.number();
    if (name.empty()) {
        piece.number = numbering.automatic++;
    } else if (number >= 0 && digits.is_at_end()) {
        piece.number = number;
        numbering.has_numbers = true;
    } else {
        piece.name = name;
    }
    if (reader.take_if('!')) {
        piece.conversion = reader.is_at_end() ? '\0' : reader.take();
        if (!is_one_of(piece.conversion, "sra")) {
            return false;
        }
    }
    if (reader.take_if(':')) {
        while (!reader.is_at_end() && reader.peek() != '}') {
            const char next = reader.take();
            if (next != '{') {
                add_text(piece.nested, std::string(1, next));
            } else if (!may_nest || !read_field(reader, numbering, false, piece.nested.emplace_back())) {
                return false;
            }
        }
    }
    if (piece.nested.size() == 1 && !piece.nested[0].has_value) {
        piece.specification = piece.nested[0].text;
        piece.nested.clear();
    }
    return reader.take_if('}');
}

}  // namespace

std::optional<FormatSpecification> parse_specification(std::string_view text) {
    FormatSpecification parsed;
    const size_t fill = text.empty() ? 0 : character_bytes(text.front());
    if (fill > 0 && fill < text.size() && is_one_of(text[fill], "<>^=")) {
        parsed.fill = text.substr(0, fill);
        text.remove_prefix(fill);
    }
    Reader reader(text);
    if (is_one_of(reader.peek(), "<>^=")) {
        parsed.align = reader.take();
    }
    if (is_one_of(reader.peek(), "+- ")) {
        parsed.sign = reader.take();
    }
    parsed.is_alternate = reader.take_if('#');
    if (parsed.fill.empty() && reader.peek() == '0') {
        reader.take();
        parsed.fill = "0";
        parsed.align = parsed.align == 0 ? '=' : parsed.align;
    }
    parsed.width = std::max<int64_t>(reader.number(), 0);
    if (is_one_of(reader.peek(), ",_")) {
        parsed.separator = reader.take();
    }
    if (reader.take_if('.')) {
        parsed.precision = reader.number();
        if (parsed.precision < 0) {
            return std::nullopt;
        }
    }
    if (!reader.is_at_end()) {
        parsed.type = reader.take();
    }
    const bool is_whole = reader.is_at_end() && parsed.width <= kMostWidth && parsed.precision <= kMostPrecision;
    return is_whole ? std::optional(parsed) : std::nullopt;
}

std::optional<std::vector<FormatPiece>> parse_percent_format(std::string_view text) {
    std::vector<FormatPiece> pieces;
    Reader reader(text);
    while (!reader.is_at_end()) {
        add_text(pieces, reader.until('%'));
        if (reader.is_at_end()) {
            break;
        }
        reader.take();
        if (reader.take_if('%')) {
            add_text(pieces, "%");
        } else if (!read_conversion(reader, pieces)) {
            return std::nullopt;
        }
    }
    const auto has_value = [](const FormatPiece& piece) { return piece.has_value; };
    const auto is_named = [](const FormatPiece& piece) { return piece.has_value && !piece.name.empty(); };
    const auto named = std::count_if(pieces.begin(), pieces.end(), is_named);
    const bool is_mixed = named > 0 && named < std::count_if(pieces.begin(), pieces.end(), has_value);
    return is_mixed ? std::nullopt : std::optional(std::move(pieces));
}

std::vector<const FormatPiece*> fields_in_order(const std::vector<FormatPiece>& pieces) {
    std::vector<const FormatPiece*> fields;
    for (const FormatPiece& piece : pieces) {
        if (piece.has_value) {
            fields.push_back(&piece);
        }
        const std::vector<const FormatPiece*> inner = fields_in_order(piece.nested);
        fields.insert(fields.end(), inner.begin(), inner.end());
    }
    return fields;
}

std::optional<std::vector<FormatPiece>> parse_brace_format(std::string_view text) {
    std::vector<FormatPiece> pieces;
    Reader reader(text);
    Numbering numbering;
    while (!reader.is_at_end()) {
        const char next = reader.take();
        if (next != '{' && next != '}') {
            add_text(pieces, std::string(1, next));
        } else if (reader.take_if(next)) {
            add_text(pieces, std::string(1, next));
        } else if (next == '}' || !read_field(reader, numbering, true, pieces.emplace_back())) {
            return std::nullopt;
        }
    }
    // CPython raises where fields are numbered both ways.
    const bool is_mixed = numbering.has_numbers && numbering.automatic > 0;
    return is_mixed ? std::nullopt : std::optional(std::move(pieces));
}

}  // namespace pp::frontend
