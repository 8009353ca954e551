/// See bytecode_tables.h.
#include "frontend/bytecode_tables.h"

#include <map>
#include <string>

#include "base/error.h"
#include "frontend/bytecode.h"

namespace pp::frontend {

namespace {

constexpr std::string_view kNames[] = {
    "unknown",
#define PP_OPCODE_NAME(name) #name,
#include "frontend/opcodes.inc"
#undef PP_OPCODE_NAME
};

std::map<int, OpcodeTable> make_tables() {
    std::map<int, OpcodeTable> tables;
#define PP_OPCODE(version, number, name, cache_units, has_argument, jump)                                              \
    tables[version][number] = {Opcode::name, cache_units, has_argument != 0, jump};
#include "frontend/opcodes.inc"
#undef PP_OPCODE
    return tables;
}

const std::map<int, OpcodeTable>& tables() {
    static const std::map<int, OpcodeTable> all = make_tables();
    return all;
}

}  // namespace

const OpcodeTable& opcode_table(int version) {
    auto found = tables().find(version);
    if (found == tables().end()) {
        std::string name = std::to_string(version / 100) + "." + std::to_string(version % 100);
        throw UserError(ErrorKind::Unsupported, "parallel_party cannot read the bytecode of Python " + name);
    }
    return found->second;
}

std::string_view opcode_name(Opcode opcode) noexcept {
    return kNames[static_cast<size_t>(opcode)];
}

bool opcodes_match(int version, const std::vector<std::pair<std::string, int>>& opmap) {
    auto found = tables().find(version);
    if (found == tables().end()) return false;
    size_t expected = 0, matching = 0;
    for (const OpcodeInfo& info : found->second)
        expected += info.opcode != Opcode::Unknown;
    for (const auto& [name, number] : opmap) {
        if (number < 0 || number > 255 || name.starts_with("INSTRUMENTED_")) continue;
        const OpcodeInfo& info = found->second[number];
        if (info.opcode == Opcode::Unknown || opcode_name(info.opcode) != name) return false;
        ++matching;
    }
    return matching == expected;
}

}  // namespace pp::frontend
