/// Results of compiled calls as an Array holds them.
#pragma once

#include <cstdint>
#include <vector>

#include "data/element_type.h"
#include "engine/specialisation.h"
#include "python/function_cache.h"

namespace pp::python {

/// The kind of an Array's elements that are constants of the call's or what `kind` is else; null where none can hold
/// them.
KindRef stored_kind(const CompiledCall& call, KindRef kind);
/// What an Array of all of the call's results holds; null where none can.
KindRef result_kind(const CompiledCall& call);

/// Whether the leaves of results of this variant have places of their own in elements of the type.
bool can_store(const data::ElementType& type, const CompiledCall& call, const ir::Variant& variant);

/// The call's function, or where its results are stored as other kinds than it returns, one that converts them: then a
/// kernel can put them where they belong. Ints that go into floats are rounded where `rounds`, since the user chose the
/// type; else elements with one that no float may be equal to are handed back. It lives as long as the call.
engine::Specialisation& stored_as(CompiledCall& call, data::ElementTypeRef type, bool rounds);

/// What goes into each leaf, variant after variant (engine::ViewedColumns); empty where that is leaf after leaf.
/// Precondition: all of them can be stored.
std::vector<uint32_t> leaf_sources(const data::ElementType& type, const engine::Specialisation& runs);

}  // namespace pp::python
