/// Compiles result variants into boxing nodes.
#include "data/box_plan_python.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace pp::data {
namespace {

class BoxCompiler {
public:
    BoxCompiler(const ir::Variant& variant, std::span<void* const> slots, std::span<PyObject* const> objects)
        : variant_(variant), slots_(slots), objects_(objects), next_origin_slot_(variant.kind->leaves) {
        nodes_.reserve(variant.kind->nodes);
    }

    std::vector<BoxNode> compile() && {
        add(variant_.kind);
        return std::move(nodes_);
    }

private:
    void add(KindRef kind) {
        const size_t index = nodes_.size();
        nodes_.push_back({kind->tag, true, static_cast<uint32_t>(kind->items.size()), kind->nodes, nullptr, ir::kFresh,
                          nullptr, nullptr, kind, nullptr});
        const ir::Origin origin = variant_.origins[index];
        const void* dynamic = origin == ir::kDynamicOrigin ? slot(next_origin_slot_++) : nullptr;
        BoxNode& node = nodes_.back();
        switch (kind->tag) {
        case Tag::None:
            node.object = Py_None;
            node.origin = dynamic ? ir::kFresh : origin;
            node.origins = static_cast<const int32_t*>(dynamic);
            return;
        case Tag::Object:
            PP_CHECK(kind->object < objects_.size());
            node.object = objects_[kind->object];
            node.is_atomic = !PyObject_IS_GC(node.object);
            return;
        case Tag::Bool:  // one of two objects, wherever it came from
            node.data = slot(next_leaf_++);
            return;
        case Tag::Float:
        case Tag::Int: node.data = slot(next_leaf_++); break;
        case Tag::Any:
        case Tag::Some:
        case Tag::Other: node.is_atomic = false; break;
        case Tag::Complex:
            node.data = slot(next_leaf_++);
            node.imaginary = slot(next_leaf_++);
            break;
        case Tag::Record:
            node.record = &record_access(kind);
            node.is_atomic = false;
            break;
        case Tag::Missing:
        case Tag::Identity: PP_CHECK(false); break;
        case Tag::TupleOf:
        case Tag::ListOf:
        case Tag::Text:
            node.data = slot(next_leaf_++);
            node.lengths = static_cast<const int64_t*>(slot(next_leaf_++));
            node.is_atomic = kind->tag == Tag::Text;
            break;
        case Tag::Tuple:
        case Tag::List:
        case Tag::Never: break;
        }
        node.origin = dynamic ? ir::kFresh : origin;
        node.origins = static_cast<const int32_t*>(dynamic);
        add_items(kind, index);
    }

    void add_items(KindRef kind, size_t index) {
        for (KindRef item : kind->items) {
            const size_t child = nodes_.size();
            add(item);
            const bool may_refer = item->tag == Tag::List || !nodes_[child].is_atomic;
            nodes_[index].is_atomic = nodes_[index].is_atomic && !may_refer;
        }
    }

    const void* slot(size_t position) const {
        PP_CHECK(position < variant_.slots.size() && variant_.slots[position] < slots_.size());
        return slots_[variant_.slots[position]];
    }

    const ir::Variant& variant_;
    std::span<void* const> slots_;
    std::span<PyObject* const> objects_;
    std::vector<BoxNode> nodes_;
    size_t next_leaf_ = 0;
    size_t next_origin_slot_;
};

}  // namespace

std::vector<BoxNode> box_plan(const ir::Variant& variant, std::span<void* const> slots,
                              std::span<PyObject* const> objects) {
    PP_CHECK(variant.origins.size() == variant.kind->nodes);
    return BoxCompiler(variant, slots, objects).compile();
}

std::vector<BoxNode> box_plan(KindRef kind, std::span<void* const> leaves) {
    ir::Variant variant{kind, std::vector<ir::Origin>(kind->nodes, ir::kFresh), std::vector<uint32_t>(kind->leaves)};
    std::iota(variant.slots.begin(), variant.slots.end(), 0u);
    return box_plan(variant, leaves, {});
}

}  // namespace pp::data
