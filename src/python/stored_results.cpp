/// See stored_results.h.
#include "python/stored_results.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "base/error.h"
#include "data/optional_leaves.h"
#include "data/reader_python.h"
#include "data/record_place_python.h"
#include "passes/join_variants.h"
#include "python/array_values.h"

namespace pp::python {

namespace {

/// The kind with those of constants in the place of these; null where one has none.
KindRef without_constants(KindRef kind, std::span<PyObject* const> constants) {
    if (kind->tag == Tag::Object) return data::kind_of(constants[kind->object]);
    if (kind->items.empty()) return kind;
    std::vector<KindRef> items;
    for (KindRef item : kind->items)
        items.push_back(without_constants(item, constants));
    return with_items(kind, items);
}

engine::Specialisation& convert(CompiledCall& call, data::ElementTypeRef type, bool rounds) {
    engine::Specialisation& own = *call.specialisation;
    const ir::Function& function = own.function();
    if (own.is_dynamic() || type->has_gaps) return own;
    std::vector<ir::Type> leaves;
    for (const data::NumberFormat format : type->leaves)
        leaves.push_back(data::native_type(format));
    bool differs = function.has_tag();
    for (const ir::Variant& variant : function.variants) {
        for (size_t i = 0; i < std::min(leaves.size(), variant.slots.size()); ++i) {
            const ir::Type own_type = function.outputs[variant.slots[i]];
            differs |= own_type != leaves[i];
            // An int would be rounded twice on its way.
            if (own_type == ir::Type::I64 && type->leaves[i] == data::NumberFormat::Float32) return own;
        }
    }
    if (!differs) return own;
    const auto [known, is_new] = call.joined.try_emplace({type, rounds});
    if (is_new) {
        auto joined = passes::join_variants(function, type->kind, leaves, rounds || own.writes_shared());
        if (joined)
            known->second = std::make_shared<engine::Specialisation>(std::move(*joined), call.columns, call.options);
    }
    return known->second ? *known->second : own;
}

}  // namespace

KindRef stored_kind(const CompiledCall& call, KindRef kind) {
    KindRef own = data::array_kind(without_constants(kind, call.object_pointers));
    return own && data::why_no_element(own).empty() ? own : nullptr;
}

KindRef result_kind(const CompiledCall& call) {
    KindRef all = nullptr;
    for (const ir::Variant& variant : call.specialisation->function().variants) {
        KindRef own = stored_kind(call, variant.kind);
        if (own && all) own = data::join_array_kinds(all, own);
        if (!own) return nullptr;
        all = own;
    }
    return all;
}

bool can_store(const data::ElementType& type, const CompiledCall& call, const ir::Variant& variant) {
    if (type.has_gaps) return data::leaf_sources(type, variant.kind).has_value();
    // Without leaves only beside others: kernels of one variant write all of the leaves.
    const bool is_empty = call.specialisation->function().has_tag() && variant.kind->is_row() &&
                          variant.kind->items.empty() && type.kind->item;
    return is_empty || data::takes_kind(type, variant.kind);
}

engine::Specialisation& stored_as(CompiledCall& call, data::ElementTypeRef type, bool rounds) {
    CompiledCall::Stored& stored = call.stored;
    if (stored.type != type || stored.rounds != rounds) {
        stored.runs = &convert(call, type, rounds);
        stored.type = type;
        stored.rounds = rounds;
    }
    return *stored.runs;
}

std::vector<uint32_t> leaf_sources(const data::ElementType& type, const engine::Specialisation& runs) {
    std::vector<uint32_t> all;
    for (const ir::Variant& variant : runs.function().variants) {
        if (!type.has_gaps) break;
        const auto sources = data::leaf_sources(type, variant.kind);
        PP_CHECK(sources.has_value());
        all.insert(all.end(), sources->begin(), sources->end());
    }
    return all;
}

}  // namespace pp::python
