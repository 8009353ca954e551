/// See bytecode_unsupported.h.
#include "frontend/bytecode_unsupported.h"

namespace pp::frontend {

namespace {

std::string_view construct_of(Opcode opcode) {
    switch (opcode) {
    case Opcode::BEFORE_WITH:
    case Opcode::WITH_EXCEPT_START: return "with statement";
    case Opcode::BEFORE_ASYNC_WITH: return "async with statement";
    case Opcode::GET_AITER:
    case Opcode::GET_ANEXT:
    case Opcode::END_ASYNC_FOR: return "async for loop";
    case Opcode::GET_AWAITABLE: return "await";
    case Opcode::RETURN_GENERATOR:
    case Opcode::ASYNC_GEN_WRAP: return "async function";
    case Opcode::GET_YIELD_FROM_ITER:
    case Opcode::SEND:
    case Opcode::END_SEND:
    case Opcode::CLEANUP_THROW: return "yield from";
    case Opcode::IMPORT_STAR: return "import statement";
    case Opcode::CHECK_EG_MATCH:
    case Opcode::PREP_RERAISE_STAR:
    case Opcode::CALL_INTRINSIC_2: return "except* handler";
    case Opcode::DELETE_ATTR: return "del statement on an attribute";
    case Opcode::DELETE_GLOBAL: return kGlobalDeletion;
    case Opcode::DELETE_DEREF: return "del statement on a variable that an inner function uses";
    case Opcode::STORE_GLOBAL: return kGlobalAssignment;
    case Opcode::LOAD_BUILD_CLASS: return "class statement";
    case Opcode::LOAD_NAME:
    case Opcode::STORE_NAME:
    case Opcode::DELETE_NAME:
    case Opcode::LOAD_LOCALS:
    case Opcode::LOAD_CLASSDEREF:
    case Opcode::LOAD_FROM_DICT_OR_DEREF:
    case Opcode::LOAD_FROM_DICT_OR_GLOBALS:
    case Opcode::SETUP_ANNOTATIONS: return "name in the scope of a class or a module";
    case Opcode::LOAD_SUPER_ATTR: return "super()";
    case Opcode::BUILD_TEMPLATE:
    case Opcode::BUILD_INTERPOLATION: return "template string";
    default: return "";
    }
}

/// CALL_INTRINSIC_1's arguments that have no canonical operation.
std::string_view intrinsic_construct(int32_t argument) {
    switch (argument) {
    case 2: return "import statement";
    case 3: return "try/except handler";
    case 4: return "async function";
    default: return "type parameter";
    }
}

}  // namespace

std::string unsupported_construct(const Instruction& instruction) {
    if (instruction.opcode == Opcode::CALL_INTRINSIC_1) return std::string(intrinsic_construct(instruction.argument));
    if (instruction.opcode == Opcode::LOAD_SPECIAL) {
        constexpr int32_t kAsyncEnter = 2;
        return instruction.argument < kAsyncEnter ? "with statement" : "async with statement";
    }
    std::string_view construct = construct_of(instruction.opcode);
    if (!construct.empty()) return std::string(construct);
    return "construct that compiles to " + std::string(opcode_name(instruction.opcode));
}

}  // namespace pp::frontend
