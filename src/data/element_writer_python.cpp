/// See element_writer_python.h.
#include "data/element_writer_python.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "data/container_python.h"
#include "data/origin_python.h"
#include "data/parallel_python.h"
#include "data/place_python.h"
#include "data/prefetch_python.h"
#include "data/recycle_python.h"

namespace pp::data {
namespace {

/// Elements that are lists, as the prefetcher looks at them.
struct ListSource {
    const ChangedElements& changed;
    uint32_t column;

    PyObject* const* at(int64_t position) const { return changed.columns[column].items + changed.source(position); }
};

}  // namespace

ElementWriter::ElementWriter(const ChangedElements& changed)
    : changed_(changed), objects_(element_objects(changed.kinds)), variants_(changed.shape.variants.size()) {
    for (size_t i = 0; i < variants_.size(); ++i) {
        variants_[i].nodes = box_plan(changed.shape.variants[i], changed.slots, changed.shape.objects);
        add_fields(variants_[i]);
        most_floats_ = std::max(most_floats_, variants_[i].floats.size());
        has_others_ = has_others_ || !variants_[i].others.empty();
    }
}

ElementWriter::~ElementWriter() {
    const std::vector<Store> stores = std::move(stores_);
    for (const Store& store : stores) {
        Py_XDECREF(store.item);
        Py_DECREF(store.list);
    }
}

/// Leaves out what the variant never changes.
void ElementWriter::add_fields(Variant& variant) {
    PP_CHECK(variant.nodes.front().size == objects_.size());
    const BoxNode* entry = variant.nodes.data() + 1;
    for (const ElementObject& object : objects_) {
        const BoxNode* node = entry + 1;
        for (uint32_t item = 0; entry->tag == Tag::Tuple && item < entry->size; ++item, node += node->next) {
            // A None says by the object's own origin that the item is left alone.
            const ir::Origin own = node->tag == Tag::None ? object.origin : object.item_origin(item);
            const bool is_dynamic = node->origins != nullptr;
            if (!is_dynamic && node->origin == own) {
                continue;
            }
            const bool is_new_float = node->tag == Tag::Float && (is_dynamic || node->origin == ir::kFresh);
            if (is_new_float) {
                variant.floats.push_back({&object, item, own, node, variant.floats.size()});
            }
            if (!is_new_float || is_dynamic) {
                variant.others.push_back({&object, item, own, node, 0});
            }
        }
        entry += entry->next;
    }
}

PyObject* ElementWriter::element(const Field& field, int64_t position) const {
    return changed_.columns[field.object->column].items[changed_.source(position)];
}

/// Visits all positions on many threads; what they leave to be done comes out in order.
template <typename Visit> std::vector<ElementWriter::Todo> ElementWriter::collect(Visit visit) const {
    std::mutex mutex;
    std::vector<std::pair<int64_t, std::vector<Todo>>> parts;
    in_chunks(changed_.count, 4, [&](int64_t begin, int64_t end) {
        std::vector<Todo> todos;
        for (int64_t i = begin; i < end; ++i) {
            if (!changed_.is_left_out(i)) {
                visit(i, end, todos);
            }
        }
        std::lock_guard lock(mutex);
        parts.emplace_back(begin, std::move(todos));
    });
    std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Todo> all;
    for (const auto& [begin, todos] : parts) {
        all.insert(all.end(), todos.begin(), todos.end());
    }
    return all;
}

bool ElementWriter::is_intact() const {
    const auto is_there = [&](const Field& field, int64_t position) {
        const Container list(element(field, position), field.object->items);
        return list.get() && PyList_CheckExact(list.get()) &&
               PyList_GET_SIZE(list.get()) == static_cast<Py_ssize_t>(field.object->kind->items.size());
    };
    const std::vector<Todo> missing = collect([&](int64_t position, int64_t, std::vector<Todo>& todos) {
        const Variant& variant = variants_[changed_.variant_at(position)];
        for (const std::vector<Field>* fields : {&variant.floats, &variant.others}) {
            for (const Field& field : *fields) {
                if (!is_there(field, position)) {
                    todos.push_back({position, &field});
                }
            }
        }
    });
    return missing.empty();
}

/// Whether the item needs no change, or is a new float and so none of the others.
bool ElementWriter::is_kept(const Field& field, int64_t position, PyObject* old) const {
    const ir::Origin origin = origin_at(*field.node, position);
    if (origin == field.own || (origin == ir::kFresh && field.node->tag == Tag::Float)) {
        return true;
    }
    if (origin == ir::kFresh) {
        const bool is_singleton =
            field.node->tag == Tag::Bool || field.node->tag == Tag::None || field.node->tag == Tag::Object;
        return is_singleton && holds_value(old, field.node, position);
    }
    const OriginPath& path = changed_.shape.origins[static_cast<size_t>(origin) - 1];
    const Container original(changed_.columns[path.column].items[changed_.source(position)], path.items);
    return original.get() == old && (field.node->tag == Tag::None || holds_value(old, field.node, position));
}

std::vector<ElementWriter::Todo> ElementWriter::find_others() const {
    return collect([&](int64_t position, int64_t, std::vector<Todo>& todos) {
        for (const Field& field : variants_[changed_.variant_at(position)].others) {
            const Container list(element(field, position), field.object->items);
            if (!is_kept(field, position, item_of(list.get(), field.item))) {
                todos.push_back({position, &field});
            }
        }
    });
}

/// Recycles what may be; the others are left to be done.
std::vector<ElementWriter::Todo> ElementWriter::write_floats() {
    const bool recycles = recycling_enabled();
    const bool has_rows = recycles && changed_.kinds[objects_.front().column]->tag == Tag::List;
    const ListSource source{changed_, objects_.front().column};
    const auto size = static_cast<Py_ssize_t>(objects_.front().kind->items.size());
    old_values_ = Arrays(std::vector<ir::Type>(most_floats_, ir::Type::F64), recycles ? changed_.count : 0);
    has_written_ = true;
    return collect([&, recycles](int64_t position, int64_t end, std::vector<Todo>& todos) {
        if (has_rows) {
            ask_for_rows<Tag::List>(source, position, end - 1, size);
        }
        for (const Field& field : variants_[changed_.variant_at(position)].floats) {
            if (field.node->origins && field.node->origins[position] != ir::kFresh) {
                continue;
            }
            const Container list(element(field, position), field.object->items);
            PyObject* old = item_of(list.get(), field.item);
            if (recycles && is_recyclable(old)) {
                old_values_.as<double>(field.undo)[position] = recycled_value(old);
                recycled_value(old) = static_cast<const double*>(field.node->data)[position];
            } else {
                todos.push_back({position, &field});
            }
        }
    });
}

/// A new reference to the new item; null with an exception set.
PyObject* ElementWriter::make(const Field& field, int64_t position) const {
    const BoxNode& node = *field.node;
    const int64_t source = changed_.source(position);
    const ir::Origin origin = origin_at(node, position);
    if (node.tag == Tag::None && origin > ir::kFresh) {
        const OriginPath& path = changed_.shape.origins[static_cast<size_t>(origin) - 1];
        const Container object(changed_.columns[path.column].items[source], path.items);
        PP_CHECK(object.get());
        return Py_NewRef(object.get());
    }
    return box_node(changed_.shape.origins, changed_.columns, node, position, source);
}

bool ElementWriter::make_all(const std::vector<Todo>& todos) {
    const CollectorPause pause;
    stores_.reserve(stores_.size() + todos.size());
    for (const Todo& todo : todos) {
        PyObject* made = make(*todo.field, todo.position);
        if (!made) {
            return false;
        }
        const Container list(element(*todo.field, todo.position), todo.field->object->items);
        stores_.push_back({Py_NewRef(list.get()), todo.field->item, made});
    }
    return true;
}

bool ElementWriter::prepare() {
    // What is passed on from one place to another gets its reference first, so that it is not recycled.
    if (has_others_ && !make_all(find_others())) {
        return false;
    }
    return most_floats_ == 0 || or_undo([this] { return make_all(write_floats()); }, [this] { undo(); });
}

void ElementWriter::undo() noexcept {
    if (!std::exchange(has_written_, false) || !recycling_enabled()) {
        return;
    }
    for (int64_t position = 0; position < changed_.count; ++position) {
        if (changed_.is_left_out(position)) {
            continue;
        }
        for (const Field& field : variants_[changed_.variant_at(position)].floats) {
            if (field.node->origins && field.node->origins[position] != ir::kFresh) {
                continue;
            }
            const Container list(element(field, position), field.object->items);
            PyObject* item = item_of(list.get(), field.item);
            if (is_recyclable(item)) {  // as it was then: nothing has changed since
                recycled_value(item) = old_values_.as<double>(field.undo)[position];
            }
        }
    }
}

void ElementWriter::commit() noexcept {
    for (Store& store : stores_) {
        store.item = exchange_item(store.list, store.index, store.item);
    }
}

}  // namespace pp::data
