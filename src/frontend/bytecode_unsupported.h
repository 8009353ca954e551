/// What the instructions that have no canonical form are called in Python: for messages.
#pragma once

#include <string>
#include <string_view>

#include "frontend/bytecode_instructions.h"

namespace pp::frontend {

/// Constructs that are refused wherever they stand, or where what they change is not the function's own.
inline constexpr std::string_view kGlobalAssignment = "assignment to a global variable";
inline constexpr std::string_view kGlobalDeletion = "del statement on a global variable";

/// The construct that `instruction` belongs to: "with statement", "import statement".
std::string unsupported_construct(const Instruction& instruction);

}  // namespace pp::frontend
