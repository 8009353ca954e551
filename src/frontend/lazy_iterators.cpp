/// See lazy_iterators.h.
#include "frontend/lazy_iterators.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

namespace pp::frontend {
namespace {

bool is_object(const Value& value) {
    return value.is_list() || value.shape == Shape::Record || value.shape == Shape::Mapping ||
           value.shape == Shape::HashTable;
}

/// Visits a value and all that it leads to, each node once; what `visit` answers true for is not gone on from.
template <typename Visit> class Walk {
public:
    Walk(const State& state, Visit visit) : state_(state), visit_(std::move(visit)) {}

    void from(const Value& value) {
        if (value.shape == Shape::Cell) {
            if (cells_.insert(value.number).second) {
                from(state_.cells[value.number]);
            }
            return;
        }
        if (!value.node || !nodes_.insert(value.node).second || visit_(value)) {
            return;
        }
        for (const Value& item : value.items()) {
            from(item);
        }
    }

private:
    const State& state_;
    Visit visit_;
    std::unordered_set<const Node*> nodes_;
    std::unordered_set<uint32_t> cells_;
};

bool reaches(const State& state, std::span<const Value> values, const Node* sought) {
    bool found = false;
    Walk walk(state, [&](const Value& value) { return found = found || value.node == sought; });
    for (const Value& value : values) {
        walk.from(value);
    }
    return found;
}

/// Behind what an iterator goes over: what its generator returned, and then the objects that it saw.
size_t returned_place(const Value& iterator) {
    return iterator.shape == Shape::SequenceIterator ? 2 : 1;
}

bool is_generator(const Frame& frame) {
    return (frame.analysis->code().flags & kGenerator) != 0;
}

}  // namespace

Value seen_objects(Translation& t, const State& state, std::span<const Value> values) {
    std::vector<Value> objects;
    Walk walk(state, [&](const Value& value) {
        if (is_object(value) && value.origin == NodeOrigin{} && !value.is_captured) {
            objects.push_back(value);
            return true;
        }
        return false;
    });
    for (const Value& value : values) {
        walk.from(value);
    }
    return t.row(Shape::Tuple, std::move(objects));
}

Value with_more_objects(Translation& t, const Value& objects, const Value& more) {
    std::vector<Value> all = objects.items();
    for (const Value& object : more.items()) {
        const auto is_same = [&](const Value& known) { return known.node == object.node; };
        if (std::none_of(all.begin(), all.end(), is_same)) {
            all.push_back(object);
        }
    }
    return t.row(Shape::Tuple, std::move(all));
}

Value with_generator(Translation& t, const Value& iterator, const Value& returned, const Value& objects) {
    if (returned.shape == Shape::None && objects.items().empty()) {
        return iterator;
    }
    Node& node = t.node();
    node = *iterator.node;
    node.is_lazy = true;
    node.items.resize(returned_place(iterator));
    node.items.push_back(returned.shape == Shape::None ? Value{} : returned);
    node.items.push_back(objects);
    Value result = iterator;
    result.node = &node;
    return result;
}

Value seen_by(Translation& t, const Value& iterator) {
    const bool has_place = iterator.shape == Shape::RowIterator || iterator.shape == Shape::SequenceIterator;
    const size_t place = returned_place(iterator) + 1;
    return has_place && iterator.items().size() > place ? iterator.items()[place] : t.row(Shape::Tuple, {});
}

Value returned_by(const Value& iterator) {
    const bool has_place = iterator.shape == Shape::RowIterator || iterator.shape == Shape::SequenceIterator;
    const size_t place = returned_place(iterator);
    return has_place && iterator.items().size() > place ? iterator.items()[place] : Value{};
}

bool is_seen_by_generator(Translation& t, const State& state, const Node* list, const Value& taken) {
    const auto first = std::find_if(state.frames.begin(), state.frames.end(), is_generator);
    for (auto frame = state.frames.begin(); first != state.frames.end() && frame != first; ++frame) {
        if (reaches(state, frame->slots, list) || reaches(state, frame->stack, list)) {
            return true;
        }
    }
    const auto has_seen = [&](const Value& value) {
        const Value objects = value.is_iterator() ? seen_by(t, value) : Value{};
        return !objects.is_null() && reaches(state, objects.items(), list);
    };
    return has_seen(taken) || std::any_of(state.frames.begin(), state.frames.end(), [&](const Frame& frame) {
               return std::any_of(frame.stack.begin(), frame.stack.end(), has_seen) ||
                      std::any_of(frame.slots.begin(), frame.slots.end(), has_seen);
           });
}

}  // namespace pp::frontend
