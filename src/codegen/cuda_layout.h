/// How columns lie in a GPU's memory where they are not one dense array for each leaf.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace pp::codegen {

/// One scalar of each element: so many bytes (of a float 4 or 8, of an int 1 to 8, of a bool 1), `stride` bytes from
/// element to element.
struct CudaLeaf {
    uint32_t stride;
    uint8_t bytes;
    bool is_signed;
    bool is_float;

    auto operator<=>(const CudaLeaf&) const = default;
};

/// A result: which slot of `ir::Function::outputs` goes there.
struct CudaOutput {
    uint32_t slot;
    CudaLeaf leaf;

    auto operator<=>(const CudaOutput&) const = default;
};

/// The kernel's parameters then are one address for each input leaf, and one for each of `outputs`. An int may go where
/// a float is. Elements with a result that does not fit there, a float in four bytes or an int, are handed back.
struct CudaLayout {
    std::vector<CudaLeaf> inputs;  ///< one for each input leaf
    std::vector<CudaOutput> outputs;

    auto operator<=>(const CudaLayout&) const = default;
};

}  // namespace pp::codegen
