/// Operations on constants.
#pragma once

#include <cstdint>

#include "ir/ir.h"

namespace pp::passes {

struct Folded {
    enum class What : uint8_t {
        Nothing,   ///< must be computed at run time
        Constant,  ///< has the value `bits`; for a guard: holds
        Failure,   ///< always hands the element back
    } what = What::Nothing;
    uint64_t bits = 0;
};

/// What `value` gives for operands of these bits. Only what every processor computes alike is folded: no math
/// functions, no operation outside its domain, no arithmetic that gives a NaN (whose sign depends on the processor).
Folded fold(const ir::Value& value, const uint64_t* operands);

}  // namespace pp::passes
