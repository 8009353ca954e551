/// See returns.h.
#include "frontend/returns.h"

#include "frontend/numbers.h"
#include "frontend/records.h"
#include "frontend/returned_containers.h"
#include "frontend/sequences.h"

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

/// Lists and records that are the value or in it; two where there may be more.
size_t count_lists(const Value& value) {
    if (value.is_dynamic()) {
        return value.is_list() ? (holds_lists(value.node->kind->item) ? 2 : 1) : holds_lists(value.node->kind) ? 2 : 0;
    }
    size_t count = value.shape == Shape::List || value.shape == Shape::Record ? 1 : 0;
    if (value.is_row() || value.shape == Shape::Record) {
        for (const Value& item : value.items()) {
            count += count_lists(item);
        }
    }
    return count;
}

}  // namespace

/// Collects leaves and origins in preorder; false where the value must not be made anew.
bool Returns::take(const Value& value, Site& site, std::vector<const Node*>& lists) {
    site.origins.push_back(value.shape == Shape::None && !keeps_references_ ? NodeOrigin{} : value.origin);
    if (value.is_number()) {
        site.leaves.push_back(value.leaf);
    }
    if (value.shape == Shape::Complex || value.is_dynamic()) {
        site.leaves.push_back(value.items()[0].leaf);
        site.leaves.push_back(value.items()[1].leaf);
    }
    if (value.is_dynamic() && !value.node->kind->is_plain) {
        return false;
    }
    if (value.is_list() || (value.shape == Shape::Record && !is_named_tuple(value) && !is_number_object(value))) {
        const bool is_fresh = value.origin.is_fixed() && value.origin.fixed == ir::kFresh;
        const bool is_anothers = value.is_held && (value.shape == Shape::Record || !holds_one_list_);
        if (value.is_captured || is_anothers ||
            (is_fresh && std::find(lists.begin(), lists.end(), value.node) != lists.end())) {
            return false;
        }
        lists.push_back(value.node);
    }
    if (!value.is_row() && value.shape != Shape::Record) {
        return true;
    }
    return std::all_of(value.items().begin(), value.items().end(),
                       [&](const Value& item) { return take(item, site, lists); });
}

namespace {

void refuse_shared(Translation& t) {
    t.unsupported("returning one list or record in two places, or one from outside the function,",
                  "each element would get one of its own", "return tuples, or copies");
}

}  // namespace

/// Records of the input are returned as the objects they are: what was read of them may be a part. Containers become
/// records of what is in them; nothing, with the path ended, where that cannot be.
std::optional<Value> Returns::as_returned(const Value& value) {
    if (value.shape == Shape::Record && !(value.origin == NodeOrigin{}) && !copies_records_) {
        Value carried = translation_.carried(Shape::Any, type_name(value));
        carried.origin = value.origin;
        return carried;
    }
    const bool is_container = is_returned_container(translation_, value);
    if (!value.is_row() && value.shape != Shape::Record && !is_container) {
        return value;
    }
    if (is_container && value.is_captured) {
        refuse_shared(translation_);
        return std::nullopt;
    }
    Value result = value;
    if (const auto known = carried_.find(value.node); known != carried_.end()) {
        result.shape = is_container ? Shape::Record : value.shape;
        result.node = known->second;
        return result;
    }
    if (is_container) {
        std::optional<Value> record = as_items_record(translation_, value);
        record = record ? as_returned(*record) : std::nullopt;
        if (record) {
            carried_.emplace(value.node, record->node);
        }
        return record;
    }
    for (size_t i = 0; i < value.items().size(); ++i) {
        const std::optional<Value> returned = as_returned(value.items()[i]);
        if (!returned) {
            return std::nullopt;
        }
        const Value& item = *returned;
        if (item == result.items()[i]) {
            continue;
        }
        Node& node = translation_.node();
        node = *result.node;
        node.items[i] = item;
        result.node = &node;
    }
    carried_.emplace(value.node, result.node);
    return result;
}

void Returns::add(const Value& returned) {
    const std::optional<Value> as_record = as_returned(returned);
    if (!as_record) {
        return;
    }
    const Value& value = *as_record;
    const KindRef kind = kind_of(value);
    if (!kind) {
        translation_.unsupported("returning a " + quoted(type_name(value)), {},
                                 "return float, int, bool, None, text, or tuples and lists of these");
        return;
    }
    // A list that lay in another one is all that is left of that.
    holds_one_list_ = count_lists(value) == 1;
    Site site{translation_.builder().block(), 0, {}, {}};
    std::vector<const Node*> lists;
    if (!take(value, site, lists)) {
        refuse_shared(translation_);
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
