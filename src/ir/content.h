/// What a function's code is made of.
#pragma once

#include <string>

#include "ir/ir.h"

namespace pp::ir {

/// Everything of `function` that code generation looks at, as bytes: where they are equal, code made alike is equal.
/// Names, messages and places in the source, values that no block holds, and the numbers by which values are known, are
/// not among it. The bytes are for comparing within one build of this library, not for reading.
std::string content_of(const Function& function);

}  // namespace pp::ir
