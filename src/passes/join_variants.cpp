/// Makes one kind of result of several: see join_variants.h.
#include "passes/join_variants.h"

#include <algorithm>

namespace pp::passes {
namespace {

using ir::Op;
using ir::Type;

bool can_convert(Type from, Type to) {
    return from == to || (from == Type::Bool && (to == Type::I64 || to == Type::F64)) ||
           (from == Type::I64 && to == Type::F64);
}

/// The slots of a variant's leaves: dynamic origins, which come behind, are of no account.
bool fits(const ir::Function& function, const ir::Variant& variant, const std::vector<Type>& leaves) {
    if (variant.kind->leaves != leaves.size() || variant.slots.size() < leaves.size()) {
        return false;
    }
    for (size_t i = 0; i < leaves.size(); ++i) {
        if (!can_convert(function.outputs[variant.slots[i]], leaves[i])) {
            return false;
        }
    }
    return true;
}

ir::ValueId converted(ir::Function& function, ir::Block& block, ir::ValueId id, Type to) {
    while (function.values[id].type != to) {
        ir::Value value;
        value.op = function.values[id].type == Type::Bool ? Op::BoolToInt : Op::IntToFloat;
        value.type = value.op == Op::BoolToInt ? Type::I64 : Type::F64;
        value.operand_count = 1;
        value.operands[0] = id;
        function.values.push_back(value);
        id = static_cast<ir::ValueId>(function.values.size() - 1);
        block.body.push_back(id);
    }
    return id;
}

}  // namespace

std::optional<ir::Function> join_variants(const ir::Function& function, KindRef kind, const std::vector<Type>& leaves) {
    const auto fits_all = [&](const ir::Variant& variant) { return fits(function, variant, leaves); };
    if (function.variants.empty() || !std::ranges::all_of(function.variants, fits_all)) {
        return std::nullopt;
    }
    ir::Function joined = function;
    for (ir::Block& block : joined.blocks) {
        if (block.terminator.kind != ir::Terminator::Kind::Return) {
            continue;
        }
        block.terminator.variant = 0;
        block.terminator.results.resize(leaves.size());
        for (size_t i = 0; i < leaves.size(); ++i)
            block.terminator.results[i] = converted(joined, block, block.terminator.results[i], leaves[i]);
    }
    ir::Variant variant;
    variant.kind = kind;
    variant.origins.assign(kind->nodes, ir::kFresh);
    for (uint32_t slot = 0; slot < leaves.size(); ++slot)
        variant.slots.push_back(slot);
    joined.variants = {variant};
    joined.outputs = leaves;
    return joined;
}

}  // namespace pp::passes
