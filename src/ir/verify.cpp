/// The rules of ir.h, checked.
#include <algorithm>
#include <iterator>
#include <optional>

#include "base/error.h"
#include "ir/dominators.h"
#include "ir/ir.h"

namespace pp::ir {
namespace {

class Verifier {
public:
    explicit Verifier(const Function& function) : function_(function), places_(function.values.size()) {}

    void run() {
        check_variants();
        check_blocks_exist();
        place_definitions();
        dominators_.emplace(function_);
        for (BlockId id = 0; id < function_.blocks.size(); ++id) {
            check_block(id);
        }
    }

private:
    /// Where a value is defined. Parameters stand before the block's first operation.
    struct Place {
        BlockId block = kNoBlock;
        uint32_t position = 0;
    };

    [[noreturn]] void fail(const std::string& what) const {
        std::string text = "IR of '";
        text += function_.name;
        text += "'";
        if (block_ != kNoBlock) {
            text += ", block ";
            text += std::to_string(block_);
        }
        text += ": ";
        throw InternalError(text + what);
    }

    void require(bool condition, const char* rule) const {
        if (!condition) {
            fail(rule);
        }
    }

    void check_variants() const {
        require(function_.variants.size() <= 256, "more variants than the tag's byte can tell apart");
        if (function_.has_tag()) {
            require(!function_.outputs.empty() && function_.outputs[0] == Type::Bool, "slot 0 is not the tag");
        }
        for (const Type type : function_.inputs) {
            require(is_leaf_type(type), "an input is not a float, int or bool");
        }
        for (const Type type : function_.uniforms) {
            require(is_leaf_type(type), "a uniform is not a float, int or bool");
        }
        for (const Variant& variant : function_.variants) {
            check_variant(variant);
        }
    }

    static bool is_leaf_type(Type type) { return type == Type::F64 || type == Type::I64 || type == Type::Bool; }

    void check_variant(const Variant& variant) const {
        require(variant.kind != nullptr, "a variant has no kind");
        require(variant.origins.size() == variant.kind->nodes, "a variant does not have one origin for each node");
        require(std::all_of(variant.origins.begin(), variant.origins.end(),
                            [](Origin origin) { return origin >= kDynamicOrigin; }),
                "an origin is neither a node's number nor dynamic");
        const std::vector<Type> types = result_types(variant);
        require(variant.slots.size() == types.size(),
                "a variant does not have one slot for each leaf and dynamic origin");
        std::vector<bool> used(function_.outputs.size());
        for (size_t i = 0; i < types.size(); ++i) {
            const uint32_t slot = variant.slots[i];
            require(slot < function_.outputs.size(), "a variant uses a slot that does not exist");
            require(slot != 0 || !function_.has_tag(), "a variant uses the tag's slot");
            require(!used[slot], "a variant uses a slot twice");
            require(function_.outputs[slot] == types[i], "a slot has another type than what a variant stores in it");
            used[slot] = true;
        }
    }

    static std::vector<Type> result_types(const Variant& variant) {
        std::vector<KindRef> leaves;
        append_leaves(variant.kind, leaves);
        std::vector<Type> types;
        std::transform(leaves.begin(), leaves.end(), std::back_inserter(types), type_of_leaf);
        types.insert(types.end(), std::count(variant.origins.begin(), variant.origins.end(), kDynamicOrigin),
                     Type::I32);
        return types;
    }

    void check_blocks_exist() {
        require(!function_.blocks.empty(), "no blocks");
        require(function_.blocks[0].parameters.empty(), "the entry has parameters");
        for (block_ = 0; block_ < function_.blocks.size(); ++block_) {
            for (const Edge& edge : function_.blocks[block_].terminator.edges) {
                require(edge.block < function_.blocks.size(), "an edge leads to a block that does not exist");
                require(edge.block != 0, "an edge leads to the entry");
            }
        }
        block_ = kNoBlock;
    }

    void place_definitions() {
        for (block_ = 0; block_ < function_.blocks.size(); ++block_) {
            const Block& block = function_.blocks[block_];
            for (ValueId id : block.parameters) {
                place(id, 0);
                require(function_.values[id].is_parameter, "a parameter is not marked as one");
                require(function_.values[id].type != Type::Void, "a parameter has no type");
            }
            for (uint32_t i = 0; i < block.body.size(); ++i) {
                place(block.body[i], i + 1);
                require(!function_.values[block.body[i]].is_parameter, "a parameter stands among the operations");
            }
        }
        block_ = kNoBlock;
    }

    void place(ValueId id, uint32_t position) {
        require(id < function_.values.size(), "a block holds a value that does not exist");
        require(places_[id].block == kNoBlock, "a value is defined twice");
        places_[id] = {block_, position};
    }

    void check_block(BlockId id) {
        block_ = id;
        const Block& block = function_.blocks[id];
        for (uint32_t i = 0; i < block.body.size(); ++i) {
            check_operation(function_.values[block.body[i]], i + 1);
        }
        position_ = static_cast<uint32_t>(block.body.size()) + 1;
        check_terminator(block.terminator);
    }

    void check_operation(const Value& value, uint32_t position) {
        position_ = position;
        int count = operand_count(value.op);
        if (count < 0) {
            require(value.immediate < kMathFunctionCount, "a math function does not exist");
            count = math_info(static_cast<MathFunction>(value.immediate)).arity;
        }
        if (value.operand_count != count) {
            fail(std::string(op_text(value.op)) + " has the wrong number of operands");
        }
        for (int i = 0; i < count; ++i) {
            const Type wanted = operand_type(value.op, i);
            check_use(value.operands[i], wanted != Type::Void ? wanted : own_type(value, i), op_text(value.op));
        }
        check_immediate(value);
        const Type first = count > 0 ? operand_type(value.op, 0) : value.type;
        if (value.op != Op::Select && value.op != Op::Load && value.op != Op::Item &&
            value.type != result_type(value.op, first)) {
            fail(std::string(op_text(value.op)) + " has a result of type " + type_text(value.type));
        }
    }

    /// The type of an operand that the operation leaves open.
    Type own_type(const Value& value, int index) const {
        const ValueId operand = value.operands[index];
        return (value.op == Op::Store || value.op == Op::Write) && operand < function_.values.size()
                   ? function_.values[operand].type
                   : value.type;
    }

    void check_access(Type type, uint64_t bytes) const {
        const bool is_narrow =
            (type == Type::I64 && (bytes == 1 || bytes == 2 || bytes == 4)) || (type == Type::F64 && bytes == 4);
        const uint64_t whole = type == Type::Bool ? 1 : type == Type::I32 ? 4 : 8;
        require(type != Type::Void && (bytes == whole || is_narrow), "an access to memory has a wrong size");
    }

    void check_units(Units units) const {
        const auto is_width = [](uint8_t bytes) { return bytes == 1 || bytes == 4; };
        require(is_width(units.first) && is_width(units.second), "code units are neither 1 nor 4 bytes wide");
    }

    void check_immediate(const Value& value) const {
        switch (value.op) {
        case Op::Const:
            require(value.type != Type::Void, "a constant has no type");
            require(value.type != Type::Bool || value.immediate <= 1, "a bool is neither 0 nor 1");
            require(value.type != Type::I32 || value.immediate <= 0xffffffffu, "an origin has more than 32 bits");
            break;
        case Op::Input:
            require(value.immediate < function_.inputs.size(), "an input does not exist");
            require(value.type == function_.inputs[value.immediate], "an input has another type");
            break;
        case Op::Uniform:
            require(value.immediate < function_.uniforms.size(), "a uniform does not exist");
            require(value.type == function_.uniforms[value.immediate], "a uniform has another type");
            break;
        case Op::PyCompareIntFloat:
            require(value.immediate <= static_cast<uint64_t>(Comparison::Ge), "a comparison does not exist");
            break;
        case Op::Item: {
            const ItemLeaf leaf = ItemLeaf::of(value.immediate);
            check_access(value.type, leaf.bytes);
            require(leaf.offset + leaf.bytes <= leaf.stride, "a leaf lies outside of its item");
            break;
        }
        case Op::Load: check_access(value.type, value.immediate); break;
        case Op::Store: check_access(own_type(value, 2), value.immediate); break;
        case Op::Write: check_access(own_type(value, 2), WriteLeaf::of(value.immediate).bytes); break;
        case Op::Copy: check_units(Units::of(value.immediate)); break;
        case Op::Order: check_units(Units::of(value.immediate)); break;
        case Op::Data: require(value.immediate < function_.data.size(), "a constant's data do not exist"); break;
        case Op::Select: require(value.type != Type::Void, "a select has no type"); break;
        default: break;
        }
    }

    /// `value` is used at `position_` of `block_`.
    void check_use(ValueId value, Type type, const char* user) const {
        if (value >= places_.size() || places_[value].block == kNoBlock) {
            fail(std::string(user) + " uses a value that is nowhere defined");
        }
        if (function_.values[value].type != type) {
            fail(std::string(user) + " uses a value of type " + type_text(function_.values[value].type) +
                 " where it needs " + type_text(type));
        }
        const Place& place = places_[value];
        const bool before = place.block == block_
                                ? place.position < position_
                                : !dominators_->is_reachable(block_) || (dominators_->is_reachable(place.block) &&
                                                                         dominators_->dominates(place.block, block_));
        if (!before) {
            fail(std::string(user) + " uses a value that is not defined on every path to it");
        }
    }

    void check_terminator(const Terminator& terminator) {
        const size_t edges = terminator.kind == Terminator::Kind::Jump     ? 1
                             : terminator.kind == Terminator::Kind::Branch ? 2
                                                                           : 0;
        require(terminator.edges.size() == edges, "a terminator has the wrong number of edges");
        for (const Edge& edge : terminator.edges) {
            const std::vector<ValueId>& parameters = function_.blocks[edge.block].parameters;
            require(edge.arguments.size() == parameters.size(),
                    "an edge does not have one argument for each parameter");
            for (size_t i = 0; i < parameters.size(); ++i) {
                check_use(edge.arguments[i], function_.values[parameters[i]].type, "an edge");
            }
        }
        switch (terminator.kind) {
        case Terminator::Kind::Jump: break;
        case Terminator::Kind::Branch: check_use(terminator.condition, Type::Bool, "branch"); break;
        case Terminator::Kind::Return: check_return(terminator); break;
        case Terminator::Kind::HandBack:
            require(terminator.reason < function_.hand_backs.size(), "a reason to hand back does not exist");
            break;
        }
    }

    void check_return(const Terminator& terminator) {
        require(terminator.variant < function_.variants.size(), "return names a variant that does not exist");
        const std::vector<Type> types = result_types(function_.variants[terminator.variant]);
        require(terminator.results.size() == types.size(), "return has the wrong number of results");
        for (size_t i = 0; i < types.size(); ++i) {
            check_use(terminator.results[i], types[i], "return");
        }
    }

    const Function& function_;
    std::vector<Place> places_;             ///< by value
    std::optional<Dominators> dominators_;  ///< once the edges are known to be sound
    BlockId block_ = kNoBlock;              ///< the one being looked at
    uint32_t position_ = 0;
};

}  // namespace

void verify(const Function& function) {
    Verifier(function).run();
}

}  // namespace pp::ir
