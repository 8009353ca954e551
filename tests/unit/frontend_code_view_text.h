/// Reads the fixtures that tools/record_bytecode.py wrote under tests/bytecode.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontend/code_view.h"

namespace pp::test {

/// One instruction as that interpreter's `dis` lists it.
struct ListedInstruction {
    uint32_t unit;
    std::string opcode;
    int32_t argument;
    int32_t target_unit;  ///< -1: no jump
};

struct RecordedFunction {
    std::shared_ptr<const frontend::CodeView> code;
    std::vector<ListedInstruction> listing;
};

/// Throws std::runtime_error when the file is missing or malformed.
std::vector<RecordedFunction> read_recorded(const std::string& path);

/// The function of that name in tests/bytecode/corpus_<version>.txt.
RecordedFunction corpus_function(int version, const std::string& name);

}  // namespace pp::test
