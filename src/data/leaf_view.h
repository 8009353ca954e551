/// One scalar leaf of many elements in memory, of any format and with any step, and its way to and from the dense
/// columns that kernels, readers and boxers work on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/number_format.h"
#include "ir/ir.h"

namespace pp::data {

struct LeafView {
    char* base = nullptr;  ///< of element 0
    int64_t stride = 0;    ///< bytes from element to element, possibly negative
    NumberFormat format = NumberFormat::Float64;

    LeafView from(int64_t first) const noexcept { return {base + first * stride, stride, format}; }
    char* at(int64_t index) const noexcept { return base + index * stride; }
};

/// What a kernel computes with: F64 for floats, I64 for ints of any size, Bool.
ir::Type native_type(NumberFormat format);
/// How values of `type` are stored where nothing else is asked for.
NumberFormat native_format(ir::Type type);
/// Whether a kernel can work on it where it lies.
bool is_native(const LeafView& leaf);
/// Whether values of a scalar kind may go into such a leaf: ints into floats, too, and bools into ints; each value must
/// still fit.
bool takes(NumberFormat format, Tag tag);

/// Elements [begin, end) of `from` as a dense column: element i goes to position i - begin. Appends to `misfits` the
/// elements whose value a kernel has no type for (unsigned, beyond an int64_t); their places hold zeros.
void read_leaf(const LeafView& from, int64_t begin, int64_t end, void* to, std::vector<int64_t>& misfits);

/// The way back: position i - begin of a dense column of `type` becomes element i. Appends to `misfits` those that do
/// not fit; these are not stored. A float is rounded where that is all it takes (see `fits`).
void write_leaf(ir::Type type, const void* from, int64_t begin, int64_t end, const LeafView& to,
                std::vector<int64_t>& misfits);

/// Appends to `inexact` those of elements [begin, end), at positions i - begin of `values`, that no float is equal to.
void find_inexact(const int64_t* values, int64_t begin, int64_t end, std::vector<int64_t>& inexact);

/// The same for elements that lie anywhere: number `begin` of a run is element `elements[0]`, and so on. `misfits` are
/// numbers of the run.
void read_leaf_at(const LeafView& from, std::span<const int64_t> elements, int64_t begin, void* to,
                  std::vector<int64_t>& misfits);
void write_leaf_at(ir::Type type, const void* from, std::span<const int64_t> elements, int64_t begin,
                   const LeafView& to, std::vector<int64_t>& misfits);

/// Copies `count` values between leaves of one format, which do not overlap.
void copy_leaf(const LeafView& from, const LeafView& to, int64_t count);

}  // namespace pp::data
