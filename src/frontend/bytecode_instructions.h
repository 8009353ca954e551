/// Code units -> instructions: arguments put together, inline caches skipped, jump targets resolved. What `dis` does.
#pragma once

#include <vector>

#include "frontend/bytecode_tables.h"
#include "frontend/code_view.h"

namespace pp::frontend {

struct Instruction {
    Opcode opcode = Opcode::Unknown;
    int32_t argument = 0;
    uint32_t unit = 0;    ///< index of its code unit (behind EXTENDED_ARG)
    int32_t target = -1;  ///< index of the instruction it may jump to; -1: no jump
    SourceSpan span;
};

/// All instructions but EXTENDED_ARG and CACHE. Throws UserError when the version has no table.
std::vector<Instruction> read_instructions(const CodeView& code);

}  // namespace pp::frontend
