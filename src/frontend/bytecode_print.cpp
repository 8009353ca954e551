/// The text form of canonical operations.
#include <charconv>

#include "frontend/bytecode_graph.h"

namespace pp::frontend {

namespace {

constexpr std::string_view kOperationNames[] = {
    "const",
    "const",
    "local",
    "store_local",
    "delete_local",
    "deref",
    "store_deref",
    "cell",
    "global",
    "attribute",
    "store_attribute",
    "push_null",
    "pop",
    "copy",
    "swap",
    "unary",
    "binary",
    "compare",
    "is",
    "contains",
    "subscript",
    "store_subscript",
    "build_tuple",
    "build_list",
    "build_set",
    "build_map",
    "build_string",
    "build_slice",
    "unpack",
    "unpack_star",
    "list_append",
    "list_extend",
    "set_add",
    "map_add",
    "call",
    "call_star",
    "jump",
    "jump_if_true",
    "jump_if_false",
    "iterate",
    "next",
    "return",
    "raise",
    "make_function",
    "callable_self",
    "common_constant",
    "list_to_tuple",
    "format",
    "nothing",
    "unsupported",
    "const",
    "convert",
    "build_map_keys",
    "yield",
    "begin_handler",
    "match_exception",
    "set_update",
    "import",
    "import_from",
    "match_sequence",
    "match_mapping",
    "match_keys",
    "match_class",
    "get_length",
    "dict_update",
    "delete_subscript",
    "reraise",
    "super",
    "special",
};
static_assert(std::size(kOperationNames) == static_cast<size_t>(Canon::Special) + 1);

constexpr std::string_view kUnaryNames[] = {"not", "-", "+", "~", "bool"};
constexpr std::string_view kBinaryNames[] = {"+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "@"};
constexpr std::string_view kCompareNames[] = {"<", "<=", "==", "!=", ">", ">="};
constexpr std::string_view kCommonConstants[] = {"AssertionError", "NotImplementedError"};

template <size_t Count> std::string name_of(const std::string_view (&names)[Count], int32_t index) {
    return index >= 0 && static_cast<size_t>(index) < Count ? std::string(names[index]) : std::to_string(index);
}

std::string name_in(const std::vector<std::string>& names, int32_t index) {
    return index >= 0 && static_cast<size_t>(index) < names.size() ? names[static_cast<size_t>(index)] : "?";
}

struct ConstantPrinter {
    std::string operator()(std::monostate) const { return "None"; }
    std::string operator()(bool value) const { return value ? "True" : "False"; }
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const {
        char text[64];
        auto end = std::to_chars(text, text + sizeof text, value).ptr;
        std::string shortest(text, end);
        // Keeps the float 2 apart from the int 2.
        return shortest.find_first_not_of("-0123456789") == std::string::npos ? shortest + ".0" : shortest;
    }
    std::string operator()(const ObjectConstant& value) const {
        if (value.type_name == "str") return "'" + value.text + "'";
        return "<" + value.type_name + ">";
    }
    std::string operator()(const ConstantTuple& value) const {
        std::string text = "(";
        for (const Constant& item : value)
            text += std::visit(*this, item.value) + ", ";
        if (value.size() > 1)
            text.resize(text.size() - 2);
        else if (!value.empty())
            text.pop_back();
        return text + ")";
    }
    std::string operator()(const std::shared_ptr<const CodeView>& value) const { return "<code " + value->name + ">"; }
};

std::string argument_text(const Operation& operation, const CodeView& code) {
    int32_t n = operation.argument;
    switch (operation.op) {
    case Canon::Const: {
        bool known = n >= 0 && static_cast<size_t>(n) < code.constants.size();
        return known ? std::visit(ConstantPrinter{}, code.constants[static_cast<size_t>(n)].value) : "?";
    }
    case Canon::None: return "None";
    case Canon::Local:
    case Canon::StoreLocal:
    case Canon::DeleteLocal:
    case Canon::Deref:
    case Canon::StoreDeref:
    case Canon::Cell: return name_in(code.slots, n);
    case Canon::Import:
    case Canon::ImportFrom:
    case Canon::Global:
    case Canon::Attribute:
    case Canon::StoreAttribute:
    case Canon::CallableSelf: return name_in(code.names, n);
    case Canon::Unary: return name_of(kUnaryNames, n);
    case Canon::Binary: return name_of(kBinaryNames, n) + (operation.in_place ? "=" : "");
    case Canon::Compare: return name_of(kCompareNames, n);
    case Canon::CommonConstant: return name_of(kCommonConstants, n);
    case Canon::UnpackStar: return std::to_string(n & 0xff) + " " + std::to_string(n >> 8);
    case Canon::Unsupported: return operation.text;
    case Canon::Call:
    case Canon::BuildMapKeys: {
        std::string text = std::to_string(n);
        const char* sign = operation.op == Canon::Call ? "=" : ":";
        for (const std::string& keyword : operation.keywords)
            text += " " + keyword + sign;
        return text;
    }
    case Canon::PushNull:
    case Canon::Pop:
    case Canon::Subscript:
    case Canon::StoreSubscript:
    case Canon::Iterate:
    case Canon::Return:
    case Canon::ListToTuple:
    case Canon::Nothing:
    case Canon::Jump:
    case Canon::JumpIfTrue:
    case Canon::JumpIfFalse:
    case Canon::Next:
    case Canon::Yield:
    case Canon::BeginHandler:
    case Canon::MatchException:
    case Canon::MatchSequence:
    case Canon::MatchMapping:
    case Canon::MatchKeys:
    case Canon::GetLength:
    case Canon::DeleteSubscript:
    case Canon::Super:
    case Canon::Reraise: return "";
    default: return std::to_string(n);
    }
}

}  // namespace

std::string describe(const Operation& operation, const CodeView& code) {
    std::string text(kOperationNames[static_cast<size_t>(operation.op)]);
    std::string argument = argument_text(operation, code);
    return argument.empty() ? text : text + " " + argument;
}

std::string print(const std::vector<Operation>& operations, const CodeView& code) {
    std::string text;
    for (size_t i = 0; i < operations.size(); ++i) {
        const Operation& operation = operations[i];
        text += std::to_string(i) + ": " + describe(operation, code);
        bool jumps = operation.op == Canon::Jump || operation.op == Canon::JumpIfTrue ||
                     operation.op == Canon::JumpIfFalse || operation.op == Canon::Next;
        if (jumps) text += " -> " + std::to_string(operation.target);
        if (operation.handler != kNoHandler) text += " or raises -> " + std::to_string(operation.handler);
        text += "\n";
    }
    return text;
}

}  // namespace pp::frontend
