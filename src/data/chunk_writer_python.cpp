/// Writes objects node by node; one fresh number or row of fresh floats has a loop of its own.
#include "data/chunk_writer_python.h"

#include <new>

#include "data/origin_python.h"
#include "data/raw_origin_python.h"

namespace pp::data {
namespace {

bool is_fresh_float(const BoxNode& node) {
    return node.tag == Tag::Float && !node.origins && node.origin == ir::kFresh;
}

bool is_row_of_fresh_floats(std::span<const BoxNode> nodes) {
    const BoxNode& row = nodes.front();
    if (nodes.size() < 2 || row.next != row.size + 1 || row.origins || row.origin != ir::kFresh) {
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
        BlockCursor blocks = cursors_[kFloatClass];
        const auto* values = static_cast<const double*>(root->data);
        return fill(begin, end, [&](int64_t i, PyObject**) { return write_float(blocks.take(), values[i]); });
    }
    if (root->tag == Tag::Int && !has_origins(plan.nodes)) {
        BlockCursor narrow = cursors_[kIntClass];
        const auto* values = static_cast<const int64_t*>(root->data);
        return fill(begin, end, [&](int64_t i, PyObject**) {
            const int64_t value = values[i];
            if (context_.small_ints.contains(value) || class_of_int(value) != kIntClass) {
                return make_fresh(root, i);
            }
            return write_int(narrow.take(), value);
        });
    }
    if (is_row_of_fresh_floats(plan.nodes)) {
        return root->tag == Tag::Tuple ? write_float_rows<Tag::Tuple>(plan, begin, end)
                                       : write_float_rows<Tag::List>(plan, begin, end);
    }
    if (!has_origins(plan.nodes)) {
        return fill(begin, end, [&](int64_t i, PyObject**) { return make_fresh(root, i); });
    }
    const BoxJob& job = context_.job;
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
        PyObject* row = new_row<kTag>(root->size, items);
        for (uint32_t k = 0; k < root->size; ++k) {
            items[k] = write_float(cursors_[kFloatClass].take(), static_cast<const double*>(root[k + 1].data)[i]);
        }
        if constexpr (kTag == Tag::List) {
            watch(row);
        }
        return row;
    });
}

template <Tag kTag> PyObject* ChunkWriter::new_row(uint32_t size, PyObject**& items) noexcept {
    if constexpr (kTag == Tag::Tuple) {
        PyObject* row = write_tuple(cursors_[block_class(tuple_bytes(size))].take(), size);
        items = new_tuple_items(row);
        return row;
    } else {
        char* block = cursors_[kListClass].take();
        items = size == 0 ? nullptr : reinterpret_cast<PyObject**>(cursors_[block_class(items_bytes(size))].take());
        return write_list(block, size, items);
    }
}

PyObject* ChunkWriter::make(const BoxNode* node, int64_t position, PyObject** place) noexcept {
    const ir::Origin origin = node->origins ? node->origins[position] : node->origin;
    if (origin == ir::kFresh) {
        return make_fresh(node, position);
    }
    const BoxJob& job = context_.job;
    const OriginPath& path = job.shape.origins[static_cast<size_t>(origin) - 1];
    const RawOriginal original = raw_find_original(path, job.columns, job.source(position), node, position);
    if (!original.object) {
        return leave_missing(node, position, place);
    }
    return original.is_private ? take_private(original.object) : references_.take(original.object);
}

PyObject* ChunkWriter::make_fresh(const BoxNode* node, int64_t position) noexcept {
    switch (node->tag) {
    case Tag::Float: return write_float(cursors_[kFloatClass].take(), static_cast<const double*>(node->data)[position]);
    case Tag::Int: {
        const int64_t value = static_cast<const int64_t*>(node->data)[position];
        return context_.small_ints.contains(value) ? references_.take(context_.small_ints.object(value))
                                                   : write_int(cursors_[class_of_int(value)].take(), value);
    }
    case Tag::Bool: return references_.take(static_cast<const uint8_t*>(node->data)[position] ? Py_True : Py_False);
    case Tag::Tuple:
    case Tag::List: return make_row(node, position);
    default: return references_.take(node->object);
    }
}

PyObject* ChunkWriter::make_row(const BoxNode* node, int64_t position) noexcept {
    if (node->tag == Tag::Tuple && node->size == 0) {
        return references_.take(context_.empty_tuple);
    }
    PyObject** items = nullptr;
    PyObject* row =
        node->tag == Tag::Tuple ? new_row<Tag::Tuple>(node->size, items) : new_row<Tag::List>(node->size, items);
    const BoxNode* child = node + 1;
    for (uint32_t i = 0; i < node->size; ++i, child += child->next) {
        items[i] = make(child, position, items + i);
    }
    if (is_watched(*node)) {
        watch(row);
    }
    return row;
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
