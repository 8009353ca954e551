/// The tables of operations and math functions, and the builder.
#include "ir/ir.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <string_view>

#include "base/error.h"

namespace pp::ir {
namespace {

const char* const kOpTexts[] = {
#define PP_OP(name, text, operands) text,
#include "ir/ops.inc"
#undef PP_OP
};

const int kOperandCounts[] = {
#define PP_OP(name, text, operands) operands,
#include "ir/ops.inc"
#undef PP_OP
};

const MathInfo kMathInfos[] = {
#define PP_MATH(name, libm, arity, check, libdevice, ulp) {libm, arity, MathCheck::check, libdevice, ulp},
#include "ir/math_functions.inc"
#undef PP_MATH
};

}  // namespace

const MathInfo& math_info(MathFunction function) {
    return kMathInfos[static_cast<size_t>(function)];
}

const char* op_text(Op op) {
    return kOpTexts[static_cast<size_t>(op)];
}

int operand_count(Op op) {
    return kOperandCounts[static_cast<size_t>(op)];
}

const char* type_text(Type type) {
    switch (type) {
    case Type::Void: return "void";
    case Type::F64: return "f64";
    case Type::I64: return "i64";
    case Type::I32: return "i32";
    case Type::Bool: return "bool";
    }
    return "?";
}

const char* comparison_text(Comparison comparison) {
    static const char* const texts[] = {"eq", "ne", "lt", "le", "gt", "ge"};
    return texts[static_cast<size_t>(comparison)];
}

Type type_of_leaf(KindRef leaf) {
    switch (leaf->tag) {
    case Tag::Float: return Type::F64;
    case Tag::Int: return Type::I64;
    case Tag::Bool: return Type::Bool;
    default: return Type::Void;
    }
}

Type operand_type(Op op, int index) {
    switch (op) {
    case Op::Const:
    case Op::Input:
    case Op::Uniform:
    case Op::Data: return Type::Void;
    case Op::Store:
    case Op::Write: return index == 2 ? Type::Void : Type::I64;
    case Op::Select: return index == 0 ? Type::Bool : Type::Void;
    case Op::PyCompareIntFloat: return index == 0 ? Type::I64 : Type::F64;
    case Op::BAnd:
    case Op::BOr:
    case Op::BXor:
    case Op::BNot:
    case Op::BoolToInt:
    case Op::Guard: return Type::Bool;
    case Op::IntToFloat:
    case Op::BitsFloat: return Type::I64;
    case Op::FloatToInt:
    case Op::FloatBits:
    case Op::CallMath:
    case Op::PyMath: return Type::F64;
    default: break;
    }
    // The others are told by their names: fadd, py.float.mod; iadd, py.int.mod.
    const std::string_view text = op_text(op);
    return text[0] == 'f' || text.starts_with("py.float.") ? Type::F64 : Type::I64;
}

Type result_type(Op op, Type first_operand) {
    switch (op) {
    case Op::Guard:
    case Op::Store:
    case Op::Write:
    case Op::Copy: return Type::Void;
    case Op::FEq:
    case Op::FNe:
    case Op::FLt:
    case Op::FLe:
    case Op::IEq:
    case Op::INe:
    case Op::ILt:
    case Op::ILe:
    case Op::PyCompareIntFloat: return Type::Bool;
    case Op::IntToFloat:
    case Op::BitsFloat:
    case Op::CallMath:
    case Op::PyMath:
    case Op::PyIntTrueDiv: return Type::F64;
    case Op::FloatToInt:
    case Op::BoolToInt:
    case Op::FloatBits:
    case Op::PyFloatToInt:
    case Op::PyFloatFloor:
    case Op::PyFloatCeil:
    case Op::PyFloatRound: return Type::I64;
    default: return first_operand;
    }
}

bool is_pure(Op op) {
    static_assert(Op::PyIntFloorDiv > Op::Guard && Op::PyMath > Op::PyIntFloorDiv, "py.* come last in ops.inc");
    switch (op) {
    case Op::Guard:
    case Op::Store:
    case Op::Write:
    case Op::Reserve:
    case Op::Extend:
    case Op::Copy:
    case Op::IAddChecked:
    case Op::ISubChecked:
    case Op::IMulChecked: return false;
    case Op::PyIntBitLength:
    case Op::PyCompareIntFloat: return true;
    default: return op < Op::PyIntFloorDiv;
    }
}

bool uses_memory(Op op) {
    return Op::Load <= op && op <= Op::Data;
}

namespace {

template <typename Is> bool any_operation(const Function& function, Is is) {
    return std::any_of(function.blocks.begin(), function.blocks.end(), [&](const Block& block) {
        return std::any_of(block.body.begin(), block.body.end(),
                           [&](ValueId id) { return is(function.values[id].op); });
    });
}

}  // namespace

bool uses_memory(const Function& function) {
    return any_operation(function, [](Op op) { return uses_memory(op); });
}

bool reads_items(const Function& function) {
    return any_operation(function, [](Op op) { return op == Op::Item; });
}

bool writes_shared(const Function& function) {
    return any_operation(function, [](Op op) { return op == Op::Write; });
}

bool can_hand_back(const Function& function) {
    for (size_t block = 0; block < function.blocks.size(); ++block) {
        const Terminator& terminator = function.blocks[block].terminator;
        if (terminator.kind == Terminator::Kind::HandBack) return true;
        // Every loop has an edge that leads back.
        if (std::ranges::any_of(terminator.edges, [block](const Edge& edge) { return edge.block <= block; }))
            return true;
    }
    return any_operation(function, [](Op op) {
        return (Op::IAddChecked <= op && op <= Op::IMulChecked) || op == Op::Reserve || op == Op::Extend ||
               op >= Op::Guard;
    });
}

std::vector<int64_t> passed_inputs(const Function& function) {
    constexpr int64_t kUnknown = -2, kNone = -1;
    std::vector<int64_t> passed(function.outputs.size(), kUnknown);
    if (function.has_tag()) passed.front() = kNone;
    for (const Block& block : function.blocks) {
        const Terminator& end = block.terminator;
        if (end.kind != Terminator::Kind::Return) continue;
        const std::vector<uint32_t>& slots = function.variants[end.variant].slots;
        for (size_t i = 0; i < slots.size(); ++i) {
            const Value& value = function.values[end.results[i]];
            const bool is_input = value.op == Op::Input && !value.is_parameter;
            const int64_t input = is_input ? static_cast<int64_t>(value.immediate) : kNone;
            int64_t& known = passed[slots[i]];
            known = known == kUnknown || known == input ? input : kNone;
        }
    }
    std::replace(passed.begin(), passed.end(), kUnknown, kNone);
    return passed;
}

BlockId Builder::add_block() {
    function_.blocks.emplace_back();
    return static_cast<BlockId>(function_.blocks.size() - 1);
}

ValueId Builder::add_parameter(BlockId block, Type type) {
    const auto id = static_cast<ValueId>(function_.values.size());
    Value value;
    value.type = type;
    value.is_parameter = true;
    value.span = span_;
    function_.values.push_back(value);
    function_.blocks[block].parameters.push_back(id);
    return id;
}

ValueId Builder::append(Value value) {
    const auto id = static_cast<ValueId>(function_.values.size());
    value.span = span_;
    function_.values.push_back(value);
    function_.blocks[block_].body.push_back(id);
    return id;
}

ValueId Builder::constant(double value) {
    return append({.op = Op::Const, .type = Type::F64, .immediate = std::bit_cast<uint64_t>(value)});
}

ValueId Builder::constant(int64_t value) {
    return append({.op = Op::Const, .type = Type::I64, .immediate = static_cast<uint64_t>(value)});
}

ValueId Builder::constant(bool value) {
    return append({.op = Op::Const, .type = Type::Bool, .immediate = value ? 1u : 0u});
}

ValueId Builder::origin(Origin value) {
    return append({.op = Op::Const, .type = Type::I32, .immediate = static_cast<uint32_t>(value)});
}

ValueId Builder::input(uint32_t leaf) {
    PP_CHECK(leaf < function_.inputs.size());
    return append({.op = Op::Input, .type = function_.inputs[leaf], .immediate = leaf});
}

ValueId Builder::uniform(uint32_t index) {
    PP_CHECK(index < function_.uniforms.size());
    return append({.op = Op::Uniform, .type = function_.uniforms[index], .immediate = index});
}

ValueId Builder::data(uint32_t index) {
    PP_CHECK(index < function_.data.size());
    return append({.op = Op::Data, .type = Type::I64, .immediate = index});
}

ValueId Builder::load(Type type, uint32_t bytes, ValueId address, ValueId offset) {
    return append(
        {.op = Op::Load, .type = type, .operand_count = 2, .operands = {address, offset}, .immediate = bytes});
}

ValueId Builder::item(Type type, const ItemLeaf& leaf, ValueId address, ValueId position, ValueId count) {
    return append({.op = Op::Item,
                   .type = type,
                   .operand_count = 3,
                   .operands = {address, position, count},
                   .immediate = leaf.immediate()});
}

ValueId Builder::op(Op op, std::initializer_list<ValueId> operands, uint64_t immediate) {
    PP_CHECK(operands.size() >= 1 && operands.size() <= std::size(Value{}.operands));
    PP_CHECK(op != Op::Select || operands.size() == 3);
    const ValueId* first = operands.begin();
    Value value;
    value.op = op;
    value.type = op == Op::Select ? type(first[1]) : result_type(op, type(first[0]));
    value.operand_count = static_cast<uint8_t>(operands.size());
    std::copy(operands.begin(), operands.end(), value.operands);
    value.immediate = immediate;
    return append(value);
}

ValueId Builder::math(Op op, MathFunction function, std::initializer_list<ValueId> operands) {
    return this->op(op, operands, static_cast<uint64_t>(function));
}

void Builder::jump(Edge edge) {
    Terminator& terminator = function_.blocks[block_].terminator;
    terminator = {.kind = Terminator::Kind::Jump};
    terminator.edges.push_back(std::move(edge));
}

void Builder::branch(ValueId condition, Edge if_true, Edge if_false) {
    Terminator& terminator = function_.blocks[block_].terminator;
    terminator = {.kind = Terminator::Kind::Branch, .condition = condition};
    terminator.edges.push_back(std::move(if_true));
    terminator.edges.push_back(std::move(if_false));
}

void Builder::ret(uint32_t variant, std::vector<ValueId> results) {
    function_.blocks[block_].terminator = {
        .kind = Terminator::Kind::Return, .variant = variant, .results = std::move(results)};
}

void Builder::hand_back(uint32_t reason) {
    function_.blocks[block_].terminator = {.kind = Terminator::Kind::HandBack, .reason = reason};
}

}  // namespace pp::ir
