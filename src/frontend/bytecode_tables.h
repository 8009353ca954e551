/// The opcodes of every supported CPython, under the names they have there.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pp::frontend {

/// Every opcode name that any supported version has; the numbers differ between versions.
enum class Opcode : uint8_t {
    Unknown,
#define PP_OPCODE_NAME(name) name,
#include "frontend/opcodes.inc"
#undef PP_OPCODE_NAME
};

struct OpcodeInfo {
    Opcode opcode = Opcode::Unknown;
    uint8_t cache_units = 0;  ///< code units of inline cache behind the instruction
    bool has_argument = false;
    int8_t jump = 0;  ///< 1: the argument counts code units forward, -1: backward
};

/// Indexed by opcode number.
using OpcodeTable = std::array<OpcodeInfo, 256>;

/// The table for a CodeView's version. Throws UserError when there is none.
const OpcodeTable& opcode_table(int version);

std::string_view opcode_name(Opcode opcode) noexcept;

}  // namespace pp::frontend
