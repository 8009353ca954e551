/// Writes objects node by node; one fresh number or row of fresh floats has a loop of its own.
#include "data/chunk_writer_python.h"

#include <new>
#include <optional>
#include <utility>

#include "data/origin_python.h"
#include "data/stored_writer_python.h"

namespace pp::data {
namespace {

bool is_fresh_float(const BoxNode& node) {
    return node.tag == Tag::Float && !node.origins && node.origin == ir::kFresh;
}

bool is_row_of_fresh_floats(std::span<const BoxNode> nodes) {
    const BoxNode& row = nodes.front();
    if ((row.tag != Tag::Tuple && row.tag != Tag::List) || nodes.size() < 2 || row.next != row.size + 1 ||
        row.origins || row.origin != ir::kFresh) {
        return false;
    }
    for (const BoxNode& item : nodes.subspan(1)) {
        if (!is_fresh_float(item)) {
            return false;
        }
    }
    return true;
}

bool has_origins(std::span<const BoxNode> nodes) {
    for (const BoxNode& node : nodes) {
        if (node.origins || node.origin > ir::kFresh) {
            return true;
        }
    }
    return false;
}

/// As CPython's dicts ask of each value: whether the collector may come to watch it.
bool may_be_watched(const BoxNode& node, int64_t position, PyObject* object) {
    if ((node.origins ? node.origins[position] : node.origin) == ir::kFresh) {
        return node.tag == Tag::List || !node.is_atomic;
    }
    // One that is still to be found may be anything.
    return !object || (PyType_IS_GC(Py_TYPE(object)) && !(PyTuple_CheckExact(object) && link_of(object)->next == 0));
}

}  // namespace

template <typename Make> void ChunkWriter::fill(int64_t begin, int64_t end, Make make) noexcept {
    const BoxJob& job = context_.job;
    if (!job.skip && !job.indices) {
        for (int64_t i = begin; i < end; ++i) {
            job.target[i] = make(i, job.target + i);
        }
        return;
    }
    for (int64_t i = begin; i < end; ++i) {
        PyObject** place = job.target + job.source(i);
        if (!job.is_left_out(i)) {
            *place = make(i, place);
        } else if (job.target_is_blank) {
            *place = nullptr;
        }
    }
}

void ChunkWriter::write(int64_t begin, int64_t end) noexcept {
    const BoxJob& job = context_.job;
    if (!job.shape.has_tag) {
        return write_variant(context_.plans.front(), begin, end);
    }
    const auto* tags = static_cast<const uint8_t*>(job.slots[0]);
    fill(begin, end, [&](int64_t i, PyObject** place) { return make(context_.plans[tags[i]].nodes.data(), i, place); });
}

void ChunkWriter::write_variant(const PackPlan& plan, int64_t begin, int64_t end) noexcept {
    const BoxNode* root = plan.nodes.data();
    if (is_fresh_float(*root)) {
        BlockCursor blocks = blocks_[kFloatClass];
        const auto* values = static_cast<const double*>(root->data);
        return fill(begin, end, [&](int64_t i, PyObject**) { return write_float(blocks.take(), values[i]); });
    }
    if (root->tag == Tag::Int && !has_origins(plan.nodes)) {
        BlockCursor narrow = blocks_[kIntClass];
        const auto* values = static_cast<const int64_t*>(root->data);
        return fill(begin, end, [&](int64_t i, PyObject** place) {
            const int64_t value = values[i];
            if (context_.ready.small_ints.contains(value) || class_of_int(value) != kIntClass) {
                return make_fresh(root, i, place);
            }
            return write_int(narrow.take(), value);
        });
    }
    if (is_row_of_fresh_floats(plan.nodes)) {
        return root->tag == Tag::Tuple ? write_float_rows<Tag::Tuple>(plan, begin, end)
                                       : write_float_rows<Tag::List>(plan, begin, end);
    }
    if (!has_origins(plan.nodes)) {
        return fill(begin, end, [&](int64_t i, PyObject** place) { return make_fresh(root, i, place); });
    }
    const BoxJob& job = context_.job;
    if (const std::optional<RowRecipe> recipe = row_recipe(plan.nodes, job)) {
        return write_recipe(plan, *recipe, begin, end);
    }
    const OriginPrefetch ahead(plan.nodes, job.shape.origins, job.columns, job.indices, job.count);
    fill(begin, end, [&](int64_t i, PyObject** place) {
        ahead.ask(i);
        return make(root, i, place);
    });
}

template <Tag kTag> void ChunkWriter::write_float_rows(const PackPlan& plan, int64_t begin, int64_t end) noexcept {
    const BoxNode* root = plan.nodes.data();
    fill(begin, end, [&](int64_t i, PyObject**) {
        PyObject** items = nullptr;
        PyObject* row =
            kTag == Tag::Tuple ? objects_.new_tuple(root->size, items) : objects_.new_list(root->size, items);
        for (uint32_t k = 0; k < root->size; ++k) {
            items[k] = objects_.new_float(static_cast<const double*>(root[k + 1].data)[i]);
        }
        if constexpr (kTag == Tag::List) {
            objects_.watch(row);
        }
        return row;
    });
}

void ChunkWriter::write_recipe(const PackPlan& plan, const RowRecipe& recipe, int64_t begin, int64_t end) noexcept {
    if (recipe.tag == Tag::Tuple) {
        return recipe.from_tag == Tag::Tuple ? write_recipe_rows<Tag::Tuple, Tag::Tuple>(plan, recipe, begin, end)
                                             : write_recipe_rows<Tag::Tuple, Tag::List>(plan, recipe, begin, end);
    }
    return recipe.from_tag == Tag::Tuple ? write_recipe_rows<Tag::List, Tag::Tuple>(plan, recipe, begin, end)
                                         : write_recipe_rows<Tag::List, Tag::List>(plan, recipe, begin, end);
}

template <Tag kTag, Tag kFrom>
void ChunkWriter::write_recipe_rows(const PackPlan& plan, const RowRecipe& recipe, int64_t begin,
                                    int64_t end) noexcept {
    const BoxNode* root = plan.nodes.data();
    const bool is_watched_row = is_watched(*root);
    fill(begin, end, [&](int64_t i, PyObject** place) {
        ask_for_rows<kFrom>(recipe.source, i, end - 1, recipe.from_size);
        PyObject* element = *recipe.source.at(i);
        PyObject* const* passed = recipe_source<kFrom>(recipe, element, i);
        if (!passed) [[unlikely]] {
            return make(root, i, place);  // some of it is to be made anew
        }
        const bool is_private = Py_REFCNT(element) == 1;
        PyObject** items = nullptr;
        PyObject* row =
            kTag == Tag::Tuple ? objects_.new_tuple(root->size, items) : objects_.new_list(root->size, items);
        for (uint32_t k = 0; k < root->size; ++k) {
            const RecipeItem& item = recipe.items[k];
            if (item.from < 0) {
                items[k] = objects_.new_float(item.values[i]);
                continue;
            }
            PyObject* object = passed[item.from];
            items[k] = is_private && Py_REFCNT(object) == 1 ? take_private(object) : objects_.take(object);
        }
        if (is_watched_row) {
            objects_.watch(row);
        }
        return row;
    });
}

PyObject* ChunkWriter::make(const BoxNode* node, int64_t position, PyObject** place) noexcept {
    const ir::Origin origin = node->origins ? node->origins[position] : node->origin;
    if (origin == ir::kFresh) {
        return make_fresh(node, position, place);
    }
    const BoxJob& job = context_.job;
    const size_t number = static_cast<size_t>(origin) - 1;
    if (!job.shape.taken.empty() && job.shape.taken[number] && job.shape.taken[number][position]) {
        return objects_.take(job.shape.taken[number][position]);
    }
    const RawOriginal original =
        raw_find_original(context_.origins[number], job.columns, job.source(position), node, position);
    if (!original.object) {
        return leave_missing(node, position, place);
    }
    return original.is_private ? take_private(original.object) : objects_.take(original.object);
}

PyObject* ChunkWriter::make_fresh(const BoxNode* node, int64_t position, PyObject** place) noexcept {
    switch (node->tag) {
    case Tag::Float: return objects_.new_float(static_cast<const double*>(node->data)[position]);
    case Tag::Int: return objects_.new_int(static_cast<const int64_t*>(node->data)[position]);
    case Tag::Bool: return objects_.new_bool(static_cast<const uint8_t*>(node->data)[position]);
    case Tag::Complex:
        return objects_.new_complex(static_cast<const double*>(node->data)[position],
                                    static_cast<const double*>(node->imaginary)[position]);
    case Tag::Tuple:
    case Tag::List: return make_row(node, position);
    case Tag::TupleOf:
    case Tag::ListOf:
    case Tag::Text:
        return write_dynamic(node->kind, static_cast<const int64_t*>(node->data)[position], node->lengths[position],
                             objects_);
    case Tag::Record: return make_record(node, position);
    case Tag::None:
    case Tag::Object: return objects_.take(node->object);
    default: return leave_missing(node, position, place);  // only carried: it is never made
    }
}

PyObject* ChunkWriter::make_row(const BoxNode* node, int64_t position) noexcept {
    PyObject** items = nullptr;
    PyObject* row =
        node->tag == Tag::Tuple ? objects_.new_tuple(node->size, items) : objects_.new_list(node->size, items);
    const BoxNode* child = node + 1;
    for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
        items[i] = make(child, position, items + i);
    }
    if (is_watched(*node)) {
        objects_.watch(row);
    }
    return row;
}

PyObject* ChunkWriter::make_record(const BoxNode* node, int64_t position) noexcept {
    const RecordModel& model = *node->model;
    char* body = blocks_.take(model.body_bytes());
    char* table = model.table_bytes() == 0 ? nullptr : blocks_.take(model.table_bytes());
    const RecordModel::Made made = model.write(body, table, node->record->type ? 0 : new_version());
    bool is_watched = model.is_always_watched();
    const BoxNode* child = node + 1;
    for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
        PyObject** place = model.field(made, i);
        *place = make(child, position, place);
        is_watched = is_watched || may_be_watched(*child, position, *place);
    }
    if (is_watched) {
        objects_.watch(made.object);
    }
    ++state_.records_made[node->model_number];
    return made.object;
}

uint64_t ChunkWriter::new_version() noexcept {
    constexpr uint64_t kAtOnce = 4096;
    if (state_.versions_left == 0) {
        state_.next_version = RecordModel::new_versions(kAtOnce);
        state_.versions_left = kAtOnce;
    }
    --state_.versions_left;
    return std::exchange(state_.next_version, state_.next_version + RecordModel::kVersionStep);
}

PyObject* ChunkWriter::leave_missing(const BoxNode* node, int64_t position, PyObject** place) noexcept {
    try {
        result_.missing.push_back({place, node, position});
    } catch (const std::bad_alloc&) {
        result_.out_of_memory = true;
    }
    return nullptr;
}

}  // namespace pp::data
