/// Where an instruction that raises goes: CPython's exception table, read.
#pragma once

#include <cstdint>
#include <vector>

#include "frontend/bytecode_instructions.h"
#include "frontend/code_view.h"

namespace pp::frontend {

/// What becomes of an exception that an instruction raises.
struct HandlerPlace {
    enum class Kind : uint8_t {
        None,     ///< it leaves the function
        Handler,  ///< the handler at `instruction`
        Hides,    ///< a handler that would see a local which an inlined comprehension hides: no canonical form
    } kind = Kind::None;
    int32_t instruction = -1;
    int32_t depth = 0;             ///< how many entries stay on the stack
    bool pushes_position = false;  ///< below the exception lies one more entry, which nobody but RERAISE looks at
};

/// One for each instruction. What CPython's compiler adds for its own sake is seen through: handlers that only put
/// back what it keeps (the state of exceptions, locals that an inlined comprehension hides) and raise again.
std::vector<HandlerPlace> find_handlers(const CodeView& code, const std::vector<Instruction>& instructions);

}  // namespace pp::frontend
