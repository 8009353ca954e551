/// A function that adds to elements of Arrays, as one that only says what it would add, and where.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ir/ir.h"

namespace pp::passes {

/// What becomes of an element `a` of an Array with a value `x`.
enum class Combination : uint8_t {
    Add,       ///< a + x
    Subtract,  ///< a - x
    Least,     ///< x if x < a else a
    Most,      ///< x if a < x else a
};

/// A place in a function that does so.
struct LoggedWrite {
    uint32_t uniform;  ///< the Array's leaf: offsets count from its address
    uint8_t bytes;     ///< as which it is stored: 4 or 8
    ir::Type type;     ///< F64 or I64
    Combination combination;
};

/// The function has no Write. Of each of `writes` it returns two leaves, an int and a value of its type: the offset in
/// bytes, negative where the element does not come by, and x. It does not look whether sums fit where they are stored.
struct LoggedFunction {
    ir::Function function;
    std::vector<LoggedWrite> writes;
};

/// `function`, after all passes, writes to shared memory and returns nothing. Nothing where its Writes do anything
/// else, where it reads what it writes to otherwise, or loops. `reads_items`: what it reads of other Arrays become
/// Items, as kernels need that have no memory of their own. Arrays of different uniforms are taken to lie apart.
std::optional<LoggedFunction> log_writes(const ir::Function& function, bool reads_items);

}  // namespace pp::passes
