/// The name of a piece of code by all that it was made of.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "codegen/codegen.h"
#include "ir/ir.h"

namespace pp::codegen {

/// A SHA-256 digest.
using CodeKey = std::array<uint8_t, 32>;

CodeKey digest(std::string_view bytes);
/// 64 hexadecimal digits.
std::string to_text(const CodeKey& key);

/// Of the code that `compile_cpu` makes with Quick or Full effort: of the function's content, the options, this
/// processor's features and this very build of the library, which holds LLVM and is made for one version of CPython.
CodeKey cpu_key(const ir::Function& function, const Options& options, Effort effort);
/// Of the PTX that `compile_ptx` makes.
CodeKey ptx_key(const ir::Function& function, int sm, const Options& options, const CudaLayout* layout);

/// What the linker wrote into this library to tell its builds apart; empty where there is nothing.
const std::string& build_id();

}  // namespace pp::codegen
