/// See returns.h.
#include "frontend/returns.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace pp::frontend {
namespace {

constexpr size_t kTypes = 5;

/// Hands out output slots: the n-th slot of a type is the same for every variant.
class SlotPool {
public:
    explicit SlotPool(ir::Function& function) : function_(function) {}

    void begin_variant() { std::fill(std::begin(used_), std::end(used_), size_t{0}); }

    uint32_t take(ir::Type type) {
        std::vector<uint32_t>& slots = slots_[static_cast<size_t>(type)];
        size_t& used = used_[static_cast<size_t>(type)];
        if (used == slots.size()) {
            slots.push_back(static_cast<uint32_t>(function_.outputs.size()));
            function_.outputs.push_back(type);
        }
        return slots[used++];
    }

private:
    ir::Function& function_;
    std::vector<uint32_t> slots_[kTypes];
    size_t used_[kTypes] = {};
};

}  // namespace

/// Collects leaves and origins in preorder; false where the value must not be made anew.
bool Returns::take(const Value& value, Site& site, std::vector<const Node*>& lists) {
    site.origins.push_back(value.origin);
    if (value.is_number()) {
        site.leaves.push_back(value.leaf);
    }
    if (value.is_dynamic()) {
        site.leaves.push_back(value.items()[0].leaf);
        site.leaves.push_back(value.items()[1].leaf);
    }
    if (value.is_list()) {
        const bool is_fresh = value.origin.is_fixed() && value.origin.fixed == ir::kFresh;
        if (value.is_captured || value.is_held ||
            (is_fresh && std::find(lists.begin(), lists.end(), value.node) != lists.end())) {
            return false;
        }
        lists.push_back(value.node);
    }
    if (!value.is_row()) {
        return true;
    }
    return std::all_of(value.items().begin(), value.items().end(),
                       [&](const Value& item) { return take(item, site, lists); });
}

void Returns::add(const Value& value) {
    const KindRef kind = kind_of(value);
    if (!kind) {
        translation_.unsupported("returning a " + quoted(type_name(value)), {},
                                 "return float, int, bool, None, text, or tuples and lists of these");
        return;
    }
    Site site{translation_.builder().block(), 0, {}, {}};
    std::vector<const Node*> lists;
    if (!take(value, site, lists)) {
        translation_.unsupported("returning one list in two places, or a list from outside the function",
                                 "each element would get a list of its own", "return tuples, or copies");
        return;
    }
    const auto same_kind = [&](const Variant& variant) { return variant.kind == kind; };
    const auto known = std::find_if(variants_.begin(), variants_.end(), same_kind);
    site.variant = static_cast<size_t>(known - variants_.begin());
    if (known == variants_.end()) {
        Variant& variant = variants_.emplace_back(Variant{kind, {}});
        for (const NodeOrigin& origin : site.origins) {
            variant.origins.push_back(origin.is_fixed() ? origin.fixed : ir::kDynamicOrigin);
        }
    } else {
        for (size_t i = 0; i < site.origins.size(); ++i) {
            if (!(site.origins[i] == NodeOrigin{known->origins[i]})) {
                known->origins[i] = ir::kDynamicOrigin;
            }
        }
    }
    sites_.push_back(std::move(site));
}

void Returns::finish() {
    ir::Function& function = translation_.function();
    if (variants_.size() > 1) {
        function.outputs.push_back(ir::Type::Bool);  // the tag
    }
    SlotPool pool(function);
    for (const Variant& made : variants_) {
        pool.begin_variant();
        ir::Variant variant{made.kind, made.origins, {}};
        std::vector<KindRef> leaves;
        append_leaves(made.kind, leaves);
        for (KindRef leaf : leaves) {
            variant.slots.push_back(pool.take(ir::type_of_leaf(leaf)));
        }
        for (ir::Origin origin : made.origins) {
            if (origin == ir::kDynamicOrigin) {
                variant.slots.push_back(pool.take(ir::Type::I32));
            }
        }
        function.variants.push_back(std::move(variant));
    }
    for (Site& site : sites_) {
        const Variant& variant = variants_[site.variant];
        std::vector<ir::ValueId> results = std::move(site.leaves);
        for (size_t i = 0; i < site.origins.size(); ++i) {
            if (variant.origins[i] == ir::kDynamicOrigin) {
                const NodeOrigin& origin = site.origins[i];
                results.push_back(origin.is_fixed() ? translation_.origin(origin.fixed) : origin.dynamic);
            }
        }
        translation_.enter(site.block);
        translation_.builder().ret(static_cast<uint32_t>(site.variant), std::move(results));
    }
}

}  // namespace pp::frontend
