/// See pins.h.
#include "python/pins.h"

#include "data/origin_python.h"

namespace pp::python {

namespace {

/// Whether the node at the end of `path` is carried, and lies within a row whose items can be replaced.
bool is_carried_within_mutable(const data::OriginPath& path) {
    KindRef kind = path.kind;
    bool is_mutable = false;
    for (uint32_t item : path.items) {
        is_mutable |=
            kind->tag == Tag::List || (kind->tag == Tag::Record && kind->record->form != RecordForm::NamedTuple);
        kind = kind->items[item];
    }
    return is_mutable && kind->is_carried();
}

/// By origin number minus 1: whether some result may be what lies there.
std::vector<bool> origins_of_results(const CompiledCall& call) {
    std::vector<bool> used(call.origins.size(), false);
    for (const ir::Variant& variant : call.specialisation->function().variants) {
        for (ir::Origin origin : variant.origins) {
            if (origin == ir::kDynamicOrigin) return std::vector<bool>(call.origins.size(), true);
            if (origin != ir::kFresh) used[static_cast<size_t>(origin) - 1] = true;
        }
    }
    return used;
}

}  // namespace

Pins::~Pins() {
    for (const std::vector<PyObject*>& objects : owned_) {
        for (PyObject* object : objects)
            Py_XDECREF(object);
    }
}

void Pins::take(const CompiledCall& call, const Columns& columns, const std::vector<int64_t>& indices, int64_t count) {
    if (!by_origin_.empty()) return;
    by_origin_.resize(call.origins.size(), nullptr);
    const std::vector<bool> is_used = origins_of_results(call);
    for (size_t origin = 0; origin < call.origins.size(); ++origin) {
        const data::OriginPath& path = call.origins[origin];
        if (!is_used[origin] || !is_carried_within_mutable(path)) continue;
        std::vector<PyObject*>& objects = owned_.emplace_back(static_cast<size_t>(count), nullptr);
        for (int64_t i = 0; i < count; ++i)
            objects[i] = data::new_object_at(path, columns.spans(), indices.empty() ? i : indices[i]);
        by_origin_[origin] = objects.data();
    }
}

}  // namespace pp::python
