/// See buffer_copy.h.
#include "python/buffer_copy.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <new>

#include "base/error.h"

namespace pp::python {

namespace {

constexpr size_t kRowBytes = 16;  // an address and a count

float half_as_float(uint16_t half) {
    const uint32_t exponent = (half >> 10) & 31u, fraction = half & 1023u;
    const uint32_t bits = exponent == 31 ? 0x7F800000u | fraction << 13 : (exponent + 112) << 23 | fraction << 13;
    const float size = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24) : std::bit_cast<float>(bits);
    return half & 0x8000u ? -size : size;
}

/// The addresses of all, the last dimension's one behind the other.
template <typename Visit>
void for_each_number(const NumberGrid& grid, size_t dimension, const char* place, const Visit& visit) {
    if (dimension == grid.shape.size()) return visit(place);
    for (int64_t i = 0; i < grid.shape[dimension]; ++i)
        for_each_number(grid, dimension + 1, place + i * grid.strides[dimension], visit);
}

/// How many there are in the first `dimensions` of them. Throws std::bad_alloc where no memory could hold them.
size_t count_in(const std::vector<int64_t>& shape, size_t dimensions) {
    size_t count = 1;
    for (size_t i = 0; i < dimensions; ++i) {
        if (__builtin_mul_overflow(count, static_cast<size_t>(shape[i]), &count) || count > PTRDIFF_MAX / kRowBytes)
            throw std::bad_alloc();
    }
    return count;
}

class RowCopier {
public:
    RowCopier(const NumberGrid& grid, data::Storage& copy)
        : grid_(grid), scalar_(data::scalar_kind(grid.format)), last_(grid.shape.size() - 1) {
        std::vector<size_t> bytes;
        for (size_t dimension = 1; dimension <= last_; ++dimension)
            bytes.push_back(count_in(grid.shape, dimension) * kRowBytes);
        bytes.push_back(count_in(grid.shape, last_ + 1) * item_bytes(scalar_));
        size_t sum = 1;
        for (const size_t each : bytes)
            sum += each;
        copy = data::Storage(sum);
        auto* place = static_cast<char*>(copy.data());
        for (const size_t each : bytes) {
            places_.push_back(place);
            place += each;
        }
    }

    LongRows run() {
        const int64_t count = grid_.shape[0];
        char *addresses = places_[0], *counts = addresses + 8 * count;
        for (int64_t i = 0; i < count; ++i) {
            const uint64_t words[] = {copy_row(1, grid_.memory + i * grid_.strides[0]),
                                      static_cast<uint64_t>(grid_.shape[1])};
            std::memcpy(addresses + 8 * i, &words[0], 8);
            std::memcpy(counts + 8 * i, &words[1], 8);
        }
        if (!misfits_.empty())
            throw UserError(ErrorKind::Overflow, "an item of the buffer's rows is out of the bounds of int64");
        KindRef kind = scalar_;
        for (size_t dimension = 1; dimension <= last_; ++dimension)
            kind = tuple_of_kind(kind);
        return {kind, {{addresses, 8, data::NumberFormat::Int64}, {counts, 8, data::NumberFormat::Int64}}};
    }

private:
    /// Its address.
    uint64_t copy_row(size_t dimension, char* from) {
        char* const row = places_[dimension];
        const int64_t count = grid_.shape[dimension], step = grid_.strides[dimension];
        if (dimension == last_) {
            places_[dimension] += static_cast<size_t>(count) * item_bytes(scalar_);
            data::read_leaf({from, step, grid_.format}, 0, count, row, misfits_);
            return reinterpret_cast<uintptr_t>(row);
        }
        places_[dimension] += static_cast<size_t>(count) * kRowBytes;
        for (int64_t i = 0; i < count; ++i) {
            const uint64_t words[] = {copy_row(dimension + 1, from + i * step),
                                      static_cast<uint64_t>(grid_.shape[dimension + 1])};
            std::memcpy(row + static_cast<size_t>(i) * kRowBytes, words, sizeof words);
        }
        return reinterpret_cast<uintptr_t>(row);
    }

    const NumberGrid& grid_;
    KindRef scalar_;
    size_t last_;
    std::vector<char*> places_;  ///< where the next row of a dimension goes; the first: all addresses and counts
    std::vector<int64_t> misfits_;
};

}  // namespace

std::vector<int64_t> NumberGrid::dense_strides(const std::vector<int64_t>& shape, int64_t bytes) {
    std::vector<int64_t> strides(shape.size());
    for (size_t i = shape.size(); i-- > 0; bytes *= shape[i])
        strides[i] = bytes;
    return strides;
}

bool is_half(std::string_view format, int64_t bytes) {
    return bytes == 2 && (format == "e" || format == "<e" || format == "@e" || format == "=e");
}

NumberGrid halves_as_floats(const NumberGrid& halves, data::Storage& copy) {
    copy = data::Storage(count_in(halves.shape, halves.shape.size()) * sizeof(float) + 1);
    auto* to = static_cast<char*>(copy.data());
    for_each_number(halves, 0, halves.memory, [&](const char* from) {
        uint16_t half;
        std::memcpy(&half, from, sizeof half);
        const float value = half_as_float(half);
        std::memcpy(to, &value, sizeof value);
        to += sizeof value;
    });
    return {static_cast<char*>(copy.data()), data::NumberFormat::Float32, halves.shape,
            NumberGrid::dense_strides(halves.shape, sizeof(float))};
}

bool is_swapped(std::string_view format, int64_t bytes) {
    return bytes > 1 && bytes <= 8 && format.size() == 2 && (format.front() == '>' || format.front() == '!');
}

NumberGrid in_native_order(const NumberGrid& swapped, int64_t bytes, data::Storage& copy) {
    copy = data::Storage(count_in(swapped.shape, swapped.shape.size()) * static_cast<size_t>(bytes) + 1);
    auto* to = static_cast<char*>(copy.data());
    for_each_number(swapped, 0, swapped.memory, [&](const char* from) {
        std::reverse_copy(from, from + bytes, to);
        to += bytes;
    });
    return {static_cast<char*>(copy.data()), swapped.format, swapped.shape,
            NumberGrid::dense_strides(swapped.shape, bytes)};
}

LongRows long_rows(const NumberGrid& grid, data::Storage& copy) {
    return RowCopier(grid, copy).run();
}

}  // namespace pp::python
