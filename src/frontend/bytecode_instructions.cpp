/// See bytecode_instructions.h.
#include "frontend/bytecode_instructions.h"

#include "base/error.h"

namespace pp::frontend {

std::vector<Instruction> read_instructions(const CodeView& code) {
    const OpcodeTable& table = opcode_table(code.version);
    const uint32_t units = static_cast<uint32_t>(code.code.size() / 2);
    std::vector<Instruction> instructions;
    std::vector<int64_t> target_units;
    // A jump may lead to an EXTENDED_ARG, so each code unit knows the instruction that begins there.
    std::vector<int32_t> at_unit(units + 1, -1);
    uint32_t extended = 0;
    uint32_t begin = 0;
    for (uint32_t unit = 0; unit < units;) {
        const OpcodeInfo& info = table[code.code[2 * unit]];
        PP_CHECK(info.opcode != Opcode::Unknown);
        uint32_t argument = (extended << 8) | code.code[2 * unit + 1];
        if (info.opcode == Opcode::EXTENDED_ARG) {
            extended = argument;
            ++unit;
            continue;
        }
        for (uint32_t i = begin; i <= unit; ++i)
            at_unit[i] = static_cast<int32_t>(instructions.size());
        uint32_t after = unit + 1 + info.cache_units;
        int64_t distance = static_cast<int64_t>(info.jump) * argument;
        target_units.push_back(info.jump ? static_cast<int64_t>(after) + distance : -1);
        Instruction instruction{info.opcode, static_cast<int32_t>(argument), unit, -1, {}};
        if (unit < code.positions.size()) instruction.span = code.positions[unit];
        instructions.push_back(instruction);
        extended = 0;
        begin = unit = after;
    }
    for (size_t i = 0; i < instructions.size(); ++i) {
        if (target_units[i] < 0) continue;
        PP_CHECK(target_units[i] < units && at_unit[target_units[i]] >= 0);
        instructions[i].target = at_unit[target_units[i]];
    }
    return instructions;
}

}  // namespace pp::frontend
