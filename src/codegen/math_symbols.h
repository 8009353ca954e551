/// The names under which kernels call the math library, and the addresses in this process behind them.
#pragma once

#include <span>

#include "ir/ir.h"

namespace pp::codegen {

/// LLVM must not know these names: it would fold and rewrite calls of functions that it recognises.
struct MathSymbol {
    const char* name;
    const void* address;
};

/// Every function of ir/math_functions.inc, in its order, then fma.
std::span<const MathSymbol> math_symbols();

inline constexpr const char* kFmaSymbol = "pp_libm_fma";

/// The name of `function` among `math_symbols`.
const char* libm_symbol(ir::MathFunction function);

}  // namespace pp::codegen
