/// See arrow_text.h.
#include "python/arrow_text.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.h"
#include "data/sequence_walk.h"

namespace pp::python {

namespace {

namespace arrow = data::arrow;

/// The bytes of one text.
std::string_view text_at(std::string_view format, const arrow::Array& array, int64_t index) {
    const int64_t at = array.offset + index;
    if (format == "vu") {
        struct View {
            int32_t length;
            char inlined[12];  // or four bytes of the beginning, the number of a buffer, the offset in it
        };
        View view;
        std::memcpy(&view, static_cast<const char*>(array.buffers[1]) + at * static_cast<int64_t>(sizeof view),
                    sizeof view);
        const char* place = static_cast<const char*>(array.buffers[1]) + at * static_cast<int64_t>(sizeof view) + 4;
        if (view.length > 12) {
            int32_t buffer = 0, offset = 0;
            std::memcpy(&buffer, view.inlined + 4, sizeof buffer);
            std::memcpy(&offset, view.inlined + 8, sizeof offset);
            place = static_cast<const char*>(array.buffers[2 + buffer]) + offset;
        }
        return {place, static_cast<size_t>(view.length)};
    }
    const auto offset = [&](int64_t number) -> int64_t {
        return format == "u" ? static_cast<const int32_t*>(array.buffers[1])[number]
                             : static_cast<const int64_t*>(array.buffers[1])[number];
    };
    const auto* bytes = static_cast<const char*>(array.buffers[2]);
    return {bytes ? bytes + offset(at) : "", static_cast<size_t>(offset(at + 1) - offset(at))};
}

bool is_there(const arrow::Array& array, int64_t index) {
    const auto* bits = static_cast<const uint8_t*>(array.buffers[0]);
    const int64_t at = array.offset + index;
    return array.null_count == 0 || !bits || (bits[at / 8] >> (at % 8) & 1);
}

[[noreturn]] void refuse(int64_t index) {
    throw UserError(ErrorKind::Conversion, "element " + std::to_string(index) + " of the Arrow array is no UTF-8");
}

/// Calls `put` for each character.
template <typename Put> void decode(std::string_view text, int64_t index, Put put) {
    for (size_t i = 0; i < text.size();) {
        const auto lead = static_cast<uint8_t>(text[i]);
        const size_t more = lead < 0x80 ? 0 : lead < 0xC2 ? 4 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : 4;
        if (more == 4 || i + more >= text.size() + (more == 0)) refuse(index);
        uint32_t character = more == 0 ? lead : lead & (0x3Fu >> more);
        for (size_t k = 1; k <= more; ++k) {
            const auto next = static_cast<uint8_t>(text[i + k]);
            if ((next & 0xC0) != 0x80) refuse(index);
            character = character << 6 | (next & 0x3F);
        }
        const bool is_overlong = (more == 2 && character < 0x800) || (more == 3 && character < 0x10000);
        if (is_overlong || character > 0x10FFFF || (character >= 0xD800 && character < 0xE000)) refuse(index);
        put(character);
        i += more + 1;
    }
}

size_t encoded_bytes(uint32_t character) {
    return character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
}

char* encode(uint32_t character, char* place) {
    const size_t bytes = encoded_bytes(character);
    if (bytes == 1) {
        *place = static_cast<char>(character);
        return place + 1;
    }
    for (size_t k = bytes - 1; k > 0; --k, character >>= 6)
        place[k] = static_cast<char>(0x80 | (character & 0x3F));
    place[0] = static_cast<char>((0xF00 >> bytes & 0xFF) | character);
    return place + bytes;
}

template <typename Put> void each_character(KindRef kind, uint64_t address, uint64_t count, Put put) {
    const char* units = data::items_here(address);
    for (uint64_t i = 0; i < count; ++i) {
        uint32_t character = static_cast<uint8_t>(units[i * kind->object]);
        if (kind->object == 4) std::memcpy(&character, units + 4 * i, sizeof character);
        put(character);
    }
}

data::LeafView words(const std::vector<uint64_t>& values) {
    auto* first = const_cast<uint64_t*>(values.data());
    return {reinterpret_cast<char*>(first), sizeof(uint64_t), data::NumberFormat::Int64};
}

}  // namespace

bool DecodedText::takes(const arrow::Schema& schema) {
    const std::string_view format = schema.format;
    return format == "u" || format == "U" || format == "vu";
}

DecodedText::DecodedText(const arrow::Schema& schema, const arrow::Array& array, bool wide) {
    const std::string_view format = schema.format;
    size_t characters = 0;
    uint32_t all = wide ? 0x100 : 0;
    for (int64_t i = 0; i < array.length; ++i) {
        const size_t before = characters;
        if (is_there(array, i)) {
            decode(text_at(format, array, i), i, [&](uint32_t character) {
                ++characters;
                all |= character;
            });
        }
        counts_.push_back(characters - before);
    }
    const uint32_t unit = all < 0x100 ? 1 : 4;
    kind_ = text_kind(unit);
    units_ = std::make_unique<char[]>(characters * unit + 1);
    char* place = units_.get();
    for (int64_t i = 0; i < array.length; ++i) {
        addresses_.push_back(reinterpret_cast<uintptr_t>(place));
        if (!is_there(array, i)) continue;
        decode(text_at(format, array, i), i, [&](uint32_t character) {
            std::memcpy(place, &character, unit);  // its low byte comes first
            place += unit;
        });
    }
}

data::LeafView DecodedText::addresses() const noexcept {
    return words(addresses_);
}

data::LeafView DecodedText::counts() const noexcept {
    return words(counts_);
}

EncodedText encode_texts(KindRef kind, const data::LeafView& addresses, const data::LeafView& counts, int64_t count) {
    EncodedText encoded;
    encoded.offsets.push_back(0);
    for (int64_t i = 0; i < count; ++i) {
        int64_t bytes = 0;
        each_character(
            kind, data::word_at(addresses.at(i), 0), data::word_at(counts.at(i), 0), [&](uint32_t character) {
                if (character >= 0xD800 && character < 0xE000) {
                    throw UserError(ErrorKind::Conversion, "element " + std::to_string(i) +
                                                               " has a lone surrogate, which Arrow's text cannot have");
                }
                bytes += static_cast<int64_t>(encoded_bytes(character));
            });
        encoded.offsets.push_back(encoded.offsets.back() + bytes);
    }
    encoded.bytes = data::Storage(static_cast<size_t>(encoded.offsets.back()) + 1);
    auto* place = static_cast<char*>(encoded.bytes.data());
    for (int64_t i = 0; i < count; ++i) {
        each_character(kind, data::word_at(addresses.at(i), 0), data::word_at(counts.at(i), 0),
                       [&](uint32_t character) { place = encode(character, place); });
    }
    return encoded;
}

}  // namespace pp::python
