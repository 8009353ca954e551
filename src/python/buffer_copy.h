/// What cannot be read where it lies in a buffer, and is copied: numbers of 16 bits with a fraction, those of the other
/// byte order, and rows with more items than there can be columns.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "data/column.h"
#include "data/element_type.h"
#include "data/leaf_view.h"
#include "ir/kind.h"

namespace pp::python {

/// Numbers in somebody's memory, in one or more dimensions.
struct NumberGrid {
    char* memory = nullptr;
    data::NumberFormat format = data::NumberFormat::Float64;
    std::vector<int64_t> shape, strides;  ///< bytes from one to the next

    /// The strides of numbers of so many bytes that lie one behind the other.
    static std::vector<int64_t> dense_strides(const std::vector<int64_t>& shape, int64_t bytes);
};

/// Whether the buffer protocol's format is that of float16.
bool is_half(std::string_view format, int64_t bytes);
/// Those of a grid of float16, whose `format` is not looked at, as float32 in `copy`. Throws std::bad_alloc.
NumberGrid halves_as_floats(const NumberGrid& halves, data::Storage& copy);

/// Whether the buffer protocol's format is that of numbers of several bytes, the highest of them first.
bool is_swapped(std::string_view format, int64_t bytes);
/// The grid's numbers of so many bytes with these in the other order, in `copy`. Throws std::bad_alloc.
NumberGrid in_native_order(const NumberGrid& swapped, int64_t bytes, data::Storage& copy);

/// Elements that are rows of any length.
struct LongRows {
    KindRef kind;
    std::vector<data::LeafView> leaves;
};

/// The grid's elements with every dimension but the first as rows of any length, of float64, int64 or bool_, in `copy`.
/// Throws UserError(Overflow) for an int beyond int64, std::bad_alloc. Precondition: two dimensions or more.
LongRows long_rows(const NumberGrid& grid, data::Storage& copy);

}  // namespace pp::python
