/// See row_recipe_python.h.
#include "data/row_recipe_python.h"

#include <algorithm>

#include "data/reader_python.h"

namespace pp::data {
namespace {

bool is_row(Tag tag) {
    return tag == Tag::Tuple || tag == Tag::List;
}

/// Adds one item; false where it is of another form.
bool add(const BoxNode& node, const RunResults& results, RowRecipe& recipe, const OriginPath*& path) {
    if (node.origins) {
        return false;
    }
    if (node.origin == ir::kFresh) {
        const auto slot = std::find(results.slots.begin(), results.slots.end(), node.data);
        recipe.items.push_back({static_cast<const double*>(node.data), RecipeItem::kNew,
                                static_cast<uint32_t>(slot - results.slots.begin())});
        return node.tag == Tag::Float;
    }
    const OriginPath& own = results.shape.origins[static_cast<size_t>(node.origin) - 1];
    if (own.items.size() != 1 || !is_row(own.kind->tag) || (path && path->column != own.column)) {
        return false;
    }
    path = &own;
    const auto* values =
        node.tag == Tag::Float && !results.is_as_read ? static_cast<const double*>(node.data) : nullptr;
    recipe.items.push_back({values, static_cast<int32_t>(own.items.front())});
    return node.tag == Tag::Float || (results.is_as_read && node.tag == Tag::Int);
}

}  // namespace

std::optional<RowRecipe> row_recipe(std::span<const BoxNode> nodes, const RunResults& results) {
    const BoxNode& root = nodes.front();
    if (!raw_reads_enabled() || !is_row(root.tag) || root.origins || root.origin != ir::kFresh ||
        root.next != root.size + 1 || root.size == 0 || root.size > kMaximumRow) {
        return std::nullopt;
    }
    RowRecipe recipe{root.tag, root.tag, 0, {nullptr, results.indices}, {}};
    const OriginPath* path = nullptr;
    for (const BoxNode& item : nodes.subspan(1)) {
        if (!add(item, results, recipe, path)) {
            return std::nullopt;
        }
    }
    if (!path) {
        return recipe;
    }
    recipe.from_tag = path->kind->tag;
    recipe.from_size = static_cast<Py_ssize_t>(path->kind->items.size());
    recipe.source.elements = results.columns[path->column].items;
    return recipe;
}

}  // namespace pp::data
