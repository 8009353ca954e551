/// See element_writer_python.h.
#include "data/element_writer_python.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "data/origin_python.h"
#include "data/parallel_python.h"
#include "data/place_python.h"
#include "data/prefetch_python.h"
#include "data/recycle_python.h"
#include "data/scattered_boxer_python.h"

namespace pp::data {
namespace {

/// Elements of a column, as the prefetcher looks at them.
struct ElementSource {
    const ChangedElements& changed;
    uint32_t column;

    PyObject* const* at(int64_t position) const { return changed.columns[column].items + changed.source(position); }
};

}  // namespace

ElementWriter::ElementWriter(const ChangedElements& changed)
    : changed_(changed), is_raw_(raw_records_enabled()), variants_(changed.shape.variants.size()) {
    for (ElementObject& object : element_objects(changed.kinds)) {
        std::vector<ObjectPlace> way = way_down(changed.kinds[object.column], object.items);
        targets_.push_back({std::move(object), std::move(way)});
    }
    for (const OriginPath& path : changed.shape.origins) {
        ways_.push_back(way_down(path.kind, path.items));
    }
    for (size_t i = 0; i < variants_.size(); ++i) {
        variants_[i].nodes = box_plan(changed.shape.variants[i], changed.slots, changed.shape.objects);
        add_fields(variants_[i]);
        variants_[i].places = places_of(variants_[i].floats);
        most_floats_ = std::max(most_floats_, variants_[i].floats.size());
        has_others_ = has_others_ || !variants_[i].others.empty();
    }
}

ElementWriter::~ElementWriter() {
    const std::vector<Store> stores = std::move(stores_);
    for (const Store& store : stores) {
        Py_XDECREF(store.item);
        Py_DECREF(store.object);
    }
}

/// Leaves out what the variant never changes.
void ElementWriter::add_fields(Variant& variant) {
    PP_CHECK(variant.nodes.front().size == targets_.size());
    const BoxNode* entry = variant.nodes.data() + 1;
    for (const Target& target : targets_) {
        const ElementObject& object = target.object;
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
                variant.floats.push_back({&target, place_in(object.kind, item), own, node, variant.floats.size()});
            }
            if (!is_new_float || is_dynamic) {
                variant.others.push_back({&target, place_in(object.kind, item), own, node, 0});
            }
        }
        entry += entry->next;
    }
}

PyObject* ElementWriter::element(uint32_t column, int64_t position) const {
    return changed_.columns[column].items[changed_.source(position)];
}

/// Where the field's item lies; null where it is not there (any more). Only where places are raw.
PyObject** ElementWriter::place_of(const Field& field, int64_t position) const {
    PyObject* top = element(field.target->object.column, position);
    if (field.place.how == ObjectPlace::How::Slot && field.target->way.empty()) {
        return raw_slot_place(field.place, top);
    }
    const ObjectAt object(top, field.target->way, true);
    return object.get() ? raw_place(field.place, object.get()) : nullptr;
}

/// What lies at an origin for an element.
ObjectAt ElementWriter::original(ir::Origin origin, int64_t position) const {
    const size_t number = static_cast<size_t>(origin) - 1;
    return {element(changed_.shape.origins[number].column, position), ways_[number], is_raw_};
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
        settle_what_was_kept();
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
        if (is_raw_) {
            return place_of(field, position) != nullptr;
        }
        const ObjectAt object(element(field.target->object.column, position), field.target->way, false);
        PyObject* item = object.get() ? new_item_at(field.place, object.get()) : nullptr;
        Py_XDECREF(item);
        return item != nullptr;
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
bool ElementWriter::is_kept(const Field& field, int64_t position) const {
    const ir::Origin origin = origin_at(*field.node, position);
    if (origin == field.own || (origin == ir::kFresh && field.node->tag == Tag::Float)) {
        return true;
    }
    if (!is_raw_) {
        return false;  // put there once more
    }
    PyObject* old = *place_of(field, position);
    if (origin == ir::kFresh) {
        const bool is_singleton =
            field.node->tag == Tag::Bool || field.node->tag == Tag::None || field.node->tag == Tag::Object;
        return is_singleton && holds_value(old, field.node, position);
    }
    return original(origin, position).get() == old &&
           (field.node->tag == Tag::None || holds_value(old, field.node, position));
}

std::vector<ElementWriter::Todo> ElementWriter::find_others() const {
    return collect([&](int64_t position, int64_t, std::vector<Todo>& todos) {
        for (const Field& field : variants_[changed_.variant_at(position)].others) {
            if (!is_kept(field, position)) {
                todos.push_back({position, &field});
            }
        }
    });
}

std::optional<FieldPlaces> ElementWriter::places_of(std::span<const Field> floats) const {
    std::vector<size_t> numbers;
    for (const Field& field : floats) {
        if (field.target != floats.front().target || !field.target->way.empty() || field.node->origins) {
            return std::nullopt;
        }
        numbers.push_back(field.place.index);
    }
    return is_raw_ && !floats.empty() ? field_places(floats.front().target->object.kind, numbers) : std::nullopt;
}

/// False where the element keeps its fields elsewhere.
bool ElementWriter::write_at_places(const Variant& variant, int64_t position, std::vector<Todo>& todos) const {
    char* base = variant.places->base(element(variant.floats.front().target->object.column, position));
    if (!base) {
        return false;
    }
    for (size_t k = 0; k < variant.floats.size(); ++k) {
        const Field& field = variant.floats[k];
        PyObject* old = *FieldPlaces::place(base, variant.places->offsets[k]);
        if (is_recyclable(old)) {
            keep_old_value(old_values_.as<double>(k) + position, recycled_value(old));
            recycled_value(old) = static_cast<const double*>(field.node->data)[position];
        } else {
            todos.push_back({position, &field});
        }
    }
    return true;
}

void ElementWriter::write_one_by_one(const Variant& variant, int64_t position, bool recycles,
                                     std::vector<Todo>& todos) const {
    for (const Field& field : variant.floats) {
        if (field.node->origins && field.node->origins[position] != ir::kFresh) {
            continue;
        }
        PyObject* old = recycles ? *place_of(field, position) : nullptr;
        if (old && is_recyclable(old)) {
            old_values_.as<double>(field.undo)[position] = recycled_value(old);
            recycled_value(old) = static_cast<const double*>(field.node->data)[position];
        } else {
            todos.push_back({position, &field});
        }
    }
}

/// Recycles what may be; the others are left to be done.
std::vector<ElementWriter::Todo> ElementWriter::write_floats() {
    const bool recycles = is_raw_ && recycling_enabled();
    const FieldPlaces* asked = recycles && variants_.front().places ? &*variants_.front().places : nullptr;
    const ElementSource source{changed_, asked ? variants_.front().floats.front().target->object.column : 0};
    old_values_ = Arrays(std::vector<ir::Type>(most_floats_, ir::Type::F64), recycles ? changed_.count : 0);
    const auto visit = [&](int64_t position, int64_t end, std::vector<Todo>& todos) {
        if (asked) {
            ask_for_fields(source, *asked, position, end - 1);
        }
        const Variant& variant = variants_[changed_.variant_at(position)];
        if (!recycles || !variant.places || !write_at_places(variant, position, todos)) {
            write_one_by_one(variant, position, recycles, todos);
        }
    };
    in_chunks(changed_.count, 4, [&](int64_t begin, int64_t end) {
        Part& part = add_part(begin);
        // Everything that may fail comes before anything is written: `undo` has to know all that was.
        part.todos.reserve(static_cast<size_t>(end - begin) * most_floats_);
        part.end = recycles ? end : begin;
        for (int64_t i = begin; i < end; ++i) {
            if (!changed_.is_left_out(i)) {
                visit(i, end, part.todos);
            }
        }
        settle_what_was_kept();
    });
    parts_.sort([](const Part& a, const Part& b) { return a.begin < b.begin; });
    std::vector<Todo> all;
    for (const Part& part : parts_) {
        all.insert(all.end(), part.todos.begin(), part.todos.end());
    }
    return all;
}

ElementWriter::Part& ElementWriter::add_part(int64_t begin) {
    std::lock_guard lock(*mutex_);
    return parts_.emplace_back(Part{begin, begin, {}});
}

/// A new reference to the new item, which is not a new number; null with an exception set.
PyObject* ElementWriter::make(const Field& field, int64_t position) const {
    const BoxNode& node = *field.node;
    const ir::Origin origin = origin_at(node, position);
    if (node.tag == Tag::None && origin > ir::kFresh) {
        const ObjectAt object = original(origin, position);
        PP_CHECK(object.get());
        return Py_NewRef(object.get());
    }
    return box_node(changed_.shape.origins, changed_.columns, node, position, changed_.source(position),
                    changed_.shape.objects);
}

bool ElementWriter::make_all(const std::vector<Todo>& todos) {
    const CollectorPause pause;
    stores_.reserve(stores_.size() + todos.size());
    std::vector<PyObject*> made(todos.size());
    ScatteredBoxer numbers;
    for (size_t i = 0; i < todos.size(); ++i) {
        numbers.add(*todos[i].field->node, todos[i].position, static_cast<int64_t>(i));
    }
    bool is_made = numbers.make(made.data());
    for (size_t i = 0; i < todos.size(); ++i) {
        const Todo& todo = todos[i];
        if (is_made && !made[i]) {
            made[i] = make(*todo.field, todo.position);
            is_made = made[i] != nullptr;
        }
        const Target& target = *todo.field->target;
        const ObjectAt object(element(target.object.column, todo.position), target.way, is_raw_);
        stores_.push_back({Py_NewRef(object.get()), &todo.field->place, made[i]});
        const bool needs_dict = !is_raw_ && todo.field->place.how == ObjectPlace::How::Attribute;
        if (is_made && needs_dict && !dict_of_instance(object.get())) {
            PyErr_NoMemory();
            is_made = false;
        }
    }
    return is_made;
}

bool ElementWriter::prepare() {
    // What is passed on from one place to another gets its reference first, so that it is not recycled.
    if (has_others_ && !filler_ && !make_all(find_others())) {
        return false;
    }
    return most_floats_ == 0 ||
           or_undo([this] { return make_all(filler_ ? todos_of_blocks() : write_floats()); }, [this] { undo(); });
}

void ElementWriter::undo() noexcept {
    if (filler_) {
        return undo_blocks();
    }
    for (const Part& part : parts_) {
        for (int64_t position = part.begin; position < part.end; ++position) {
            if (!changed_.is_left_out(position)) {
                put_back(position);
            }
        }
    }
    parts_.clear();
}

/// Gives what was written one by one its old values.
void ElementWriter::put_back(int64_t position) const noexcept {
    for (const Field& field : variants_[changed_.variant_at(position)].floats) {
        if (field.node->origins && field.node->origins[position] != ir::kFresh) {
            continue;
        }
        PyObject* item = *place_of(field, position);
        if (is_recyclable(item)) {  // as it was then: nothing has changed since
            recycled_value(item) = old_values_.as<double>(field.undo)[position];
        }
    }
}

void ElementWriter::commit() noexcept {
    for (Store& store : stores_) {
        store.item = exchange_at(*store.place, store.object, store.item);
    }
}

}  // namespace pp::data
