/// The table of math functions, made from ir/math_functions.inc: the same libm that CPython's math module calls.
#include "codegen/math_symbols.h"

#include <iterator>

namespace pp::codegen {
namespace {

// Declared by their assembler names: only addresses are taken, so the types do not matter, and the one list of
// functions need not be repeated as identifiers.
extern "C" {
#define PP_MATH(name, libm, arity, check, libdevice, ulp) void libm_##name() __asm__(libm);
#include "ir/math_functions.inc"
#undef PP_MATH
void libm_Fma() __asm__("fma");
}

const MathSymbol kSymbols[] = {
#define PP_MATH(name, libm, arity, check, libdevice, ulp)                                                              \
    {"pp_libm_" libm, reinterpret_cast<const void*>(&libm_##name)},
#include "ir/math_functions.inc"
#undef PP_MATH
    {kFmaSymbol, reinterpret_cast<const void*>(&libm_Fma)},
};

}  // namespace

std::span<const MathSymbol> math_symbols() {
    return kSymbols;
}

const char* libm_symbol(ir::MathFunction function) {
    return kSymbols[static_cast<size_t>(function)].name;
}

}  // namespace pp::codegen
