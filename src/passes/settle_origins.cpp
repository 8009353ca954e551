/// Which returned values are always the same input node, and which variants and slots that leaves in use.
#include <optional>
#include <vector>

#include "passes/passes.h"
#include "passes/rewrite.h"

namespace pp::passes {
namespace {

using ir::Terminator;
using ir::Variant;

class Settlement {
public:
    explicit Settlement(ir::Function& function) : function_(function), returns_(function.variants.size()) {
        for (ir::Block& block : function.blocks) {
            if (block.terminator.kind == Terminator::Kind::Return) {
                returns_[block.terminator.variant].push_back(&block.terminator);
            }
        }
    }

    void run() {
        for (uint32_t i = 0; i < function_.variants.size(); ++i) {
            settle(i);
        }
        remove_unused_variants();
        remove_unused_slots();
    }

private:
    void settle(uint32_t index) {
        Variant& variant = function_.variants[index];
        size_t result = variant.kind->leaves;  // dynamic origins come after the leaves
        for (ir::Origin& origin : variant.origins) {
            if (origin != ir::kDynamicOrigin) {
                continue;
            }
            const std::optional<ir::Origin> settled = common_constant(index, result);
            if (!settled) {
                ++result;
                continue;
            }
            origin = *settled;
            variant.slots.erase(variant.slots.begin() + static_cast<ptrdiff_t>(result));
            for (Terminator* terminator : returns_[index]) {
                terminator->results.erase(terminator->results.begin() + static_cast<ptrdiff_t>(result));
            }
        }
    }

    std::optional<ir::Origin> common_constant(uint32_t variant, size_t result) const {
        std::optional<ir::Origin> common;
        for (const Terminator* terminator : returns_[variant]) {
            const ir::Value& value = function_.values[terminator->results[result]];
            const auto origin = static_cast<ir::Origin>(value.immediate);
            if (value.is_parameter || value.op != ir::Op::Const || (common && *common != origin)) {
                return std::nullopt;
            }
            common = origin;
        }
        return common;
    }

    void remove_unused_variants() {
        std::vector<Variant> kept;
        for (size_t i = 0; i < returns_.size(); ++i) {
            if (returns_[i].empty()) {
                continue;
            }
            for (Terminator* terminator : returns_[i]) {
                terminator->variant = static_cast<uint32_t>(kept.size());
            }
            kept.push_back(std::move(function_.variants[i]));
        }
        function_.variants = std::move(kept);
    }

    void remove_unused_slots() {
        std::vector<bool> used(function_.outputs.size());
        if (function_.has_tag()) {
            used[0] = true;
        }
        for (const Variant& variant : function_.variants) {
            for (uint32_t slot : variant.slots) {
                used[slot] = true;
            }
        }
        std::vector<uint32_t> numbers(used.size());
        std::vector<ir::Type> outputs;
        for (size_t i = 0; i < used.size(); ++i) {
            if (used[i]) {
                numbers[i] = static_cast<uint32_t>(outputs.size());
                outputs.push_back(function_.outputs[i]);
            }
        }
        function_.outputs = std::move(outputs);
        for (Variant& variant : function_.variants) {
            for (uint32_t& slot : variant.slots) {
                slot = numbers[slot];
            }
        }
    }

    ir::Function& function_;
    std::vector<std::vector<Terminator*>> returns_;  ///< by variant
};

}  // namespace

void settle_origins(ir::Function& function) {
    remove_unreachable(function);  // a path that nobody takes settles nothing
    Settlement(function).run();
}

}  // namespace pp::passes
