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

/// Appends to a block of a function.
class Writer {
public:
    Writer(ir::Function& function, ir::Block& block) : function_(function), block_(block) {}

    ir::ValueId converted(ir::ValueId id, Type to, bool rounds) {
        bool may_be_large = !rounds && function_.values[id].type == Type::I64;
        while (function_.values[id].type != to) {
            const bool is_bool = function_.values[id].type == Type::Bool;
            if (!is_bool && may_be_large) {
                check_size(id);
            }
            id = is_bool ? write(Op::BoolToInt, Type::I64, {id}) : write(Op::IntToFloat, Type::F64, {id});
        }
        return id;
    }

private:
    /// Each int within these bounds is equal to a float.
    static constexpr int64_t kExact = int64_t{1} << 53;

    void check_size(ir::ValueId id) {
        write(Op::Guard, Type::Void, {write(Op::ILe, Type::Bool, {constant(-kExact), id})});
        write(Op::Guard, Type::Void, {write(Op::ILe, Type::Bool, {id, constant(kExact)})});
    }

    ir::ValueId constant(int64_t number) { return write(Op::Const, Type::I64, {}, number); }

    ir::ValueId write(Op op, Type type, std::initializer_list<ir::ValueId> operands, int64_t immediate = 0) {
        ir::Value value;
        value.op = op;
        value.type = type;
        value.immediate = static_cast<uint64_t>(immediate);
        value.operand_count = static_cast<uint8_t>(operands.size());
        std::ranges::copy(operands, value.operands);
        function_.values.push_back(value);
        block_.body.push_back(static_cast<ir::ValueId>(function_.values.size() - 1));
        return block_.body.back();
    }

    ir::Function& function_;
    ir::Block& block_;
};

}  // namespace

std::optional<ir::Function> join_variants(const ir::Function& function, KindRef kind, const std::vector<Type>& leaves,
                                          bool rounds) {
    const auto fits_all = [&](const ir::Variant& variant) { return fits(function, variant, leaves); };
    if (function.variants.empty() || !std::ranges::all_of(function.variants, fits_all)) {
        return std::nullopt;
    }
    ir::Function joined = function;
    for (ir::Block& block : joined.blocks) {
        if (block.terminator.kind != ir::Terminator::Kind::Return) {
            continue;
        }
        Writer writer(joined, block);
        block.terminator.variant = 0;
        block.terminator.results.resize(leaves.size());
        for (size_t i = 0; i < leaves.size(); ++i)
            block.terminator.results[i] = writer.converted(block.terminator.results[i], leaves[i], rounds);
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
