/// What the instructions that have no canonical form are called in Python: for messages.
#pragma once

#include <string>

#include "frontend/bytecode_instructions.h"

namespace pp::frontend {

/// The construct that `instruction` belongs to: "with statement", "import statement".
std::string unsupported_construct(const Instruction& instruction);

}  // namespace pp::frontend
