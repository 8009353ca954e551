/// The pass that spells Python's own operations in plain ones; the families are in expand_*.cpp.
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "base/error.h"
#include "passes/expand.h"
#include "passes/passes.h"

namespace pp::passes {

using ir::Op;
using ir::ValueId;

ValueId Emitter::is_finite(ValueId x) {
    return op(Op::FLt, op(Op::FAbs, x), constant(std::numeric_limits<double>::infinity()));
}

ValueId Emitter::is_infinite(ValueId x) {
    return op(Op::FEq, op(Op::FAbs, x), constant(std::numeric_limits<double>::infinity()));
}

std::optional<int64_t> Emitter::int_constant(ValueId value) const {
    const ir::Value& v = builder_.function().values[value];
    if (v.is_parameter || v.op != Op::Const || v.type != ir::Type::I64) return std::nullopt;
    return static_cast<int64_t>(v.immediate);
}

std::optional<double> Emitter::float_constant(ValueId value) const {
    const ir::Value& v = builder_.function().values[value];
    if (v.is_parameter || v.op != Op::Const || v.type != ir::Type::F64) return std::nullopt;
    return std::bit_cast<double>(v.immediate);
}

namespace {

bool is_python_operation(Op op) {
    return op >= Op::PyIntFloorDiv;
}
static_assert(Op::PyIntFloorDiv > Op::Guard && Op::PyMath > Op::PyIntFloorDiv, "py.* come last in ops.inc");

ValueId expand_one(Emitter& emit, const ir::Value& value) {
    switch (value.op) {
    case Op::PyIntFloorDiv:
    case Op::PyIntMod:
    case Op::PyIntTrueDiv:
    case Op::PyIntNeg:
    case Op::PyIntAbs:
    case Op::PyIntShl:
    case Op::PyIntShr:
    case Op::PyIntBitLength: return expand_int(emit, value);
    case Op::PyCompareIntFloat: return expand_compare_int_float(emit, value);
    case Op::PyMath: return expand_math(emit, value);
    default: return expand_float(emit, value);
    }
}

/// Ids of replaced operations -> ids of what replaces them. A replacement may itself have been replaced.
class Replacements {
public:
    explicit Replacements(size_t count) : target_(count) { std::iota(target_.begin(), target_.end(), ValueId{0}); }

    void add(ValueId from, ValueId to) { target_[from] = to; }

    void apply(ValueId& id) const {
        while (id < target_.size() && target_[id] != id)
            id = target_[id];
    }

    void apply(std::vector<ValueId>& ids) const {
        for (ValueId& id : ids)
            apply(id);
    }

private:
    std::vector<ValueId> target_;
};

void rewrite_operands(ir::Function& function, const Replacements& replacements) {
    for (ir::Value& value : function.values)
        for (int i = 0; i < value.operand_count; ++i)
            replacements.apply(value.operands[i]);
    for (ir::Block& block : function.blocks) {
        ir::Terminator& end = block.terminator;
        if (end.condition != ir::kNoValue) replacements.apply(end.condition);
        replacements.apply(end.results);
        for (ir::Edge& edge : end.edges)
            replacements.apply(edge.arguments);
    }
}

}  // namespace

void expand(ir::Function& function) {
    ir::Builder builder(function);
    Emitter emit(builder);
    Replacements replacements(function.values.size());
    for (ir::BlockId b = 0; b < function.blocks.size(); ++b) {
        std::vector<ValueId> old = std::exchange(function.blocks[b].body, {});
        builder.set_block(b);
        for (ValueId id : old) {
            if (!is_python_operation(function.values[id].op)) {
                function.blocks[b].body.push_back(id);
                continue;
            }
            const ir::Value value = function.values[id];  // a copy: emitting may move the values
            builder.set_span(value.span);
            replacements.add(id, expand_one(emit, value));
        }
    }
    rewrite_operands(function, replacements);
    ir::verify(function);
}

}  // namespace pp::passes
