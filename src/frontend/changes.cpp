/// See changes.h.
#include "frontend/changes.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "frontend/array_elements.h"
#include "frontend/records.h"

namespace pp::frontend {
namespace {

bool has_identity(const Value& value) {
    return value.is_list() || value.shape == Shape::Record || value.shape == Shape::Mapping ||
           value.shape == Shape::HashTable;
}

/// Puts changed objects in the place of what they were. Nodes that held them are made anew, each once: two values that
/// were one object stay one.
class Replacement {
public:
    using Changed = std::pair<const Node*, Value>;

    Replacement(Translation& translation, std::span<const Changed> changed)
        : translation_(translation), changed_(changed) {}

    void apply(State& state) {
        apply(state.elements);
        apply(state.cells);
        for (Frame& frame : state.frames) {
            apply(frame.slots);
            apply(frame.stack);
        }
    }

private:
    void apply(std::vector<Value>& values) {
        for (Value& value : values) {
            value = apply(value);
        }
    }

    Value apply(Value value) {
        if (has_identity(value)) {
            for (const auto& [object, with] : changed_) {
                if (value.node == object) {
                    return with;
                }
            }
        }
        if (value.node) {
            value.node = apply(value.node);
        }
        return value;
    }

    const Node* apply(const Node* node) {
        const auto [known, is_new] = made_.try_emplace(node, node);
        if (!is_new) {
            return known->second;
        }
        std::vector<Value> items = node->items;
        apply(items);
        if (items == node->items) {
            return node;
        }
        Node& made = translation_.node();
        made = *node;
        made.items = std::move(items);
        return made_[node] = &made;
    }

    Translation& translation_;
    const std::span<const Changed> changed_;
    std::unordered_map<const Node*, const Node*> made_;
};

/// Finds the records that lie in Arrays, each once; of one that is part of another, the other, which is read as a
/// whole.
class ArrayRecords {
public:
    void find(const State& state) {
        find(state.cells);
        for (const Frame& frame : state.frames) {
            for (uint32_t slot = 0; slot < frame.slots.size(); ++slot) {
                if (frame.analysis->is_live(frame.operation, slot)) {
                    find(frame.slots[slot]);
                }
            }
            find(frame.stack);
        }
    }
    const std::vector<Value>& found() const { return found_; }

private:
    void find(const std::vector<Value>& values) {
        for (const Value& value : values) {
            find(value);
        }
    }

    void find(const Value& value) {
        if (!value.node || !seen_.insert(value.node).second) {
            return;
        }
        if (is_array_record(value)) {
            found_.push_back(value);
        } else {
            find(value.node->items);
        }
    }

    std::vector<Value> found_;
    std::unordered_set<const Node*> seen_;
};

/// Whether `waiting` is the item, or a tuple that was made of it.
bool is_made_of(const Value& waiting, const Value& item) {
    return waiting == item ||
           (waiting.shape == Shape::Tuple && std::any_of(waiting.items().begin(), waiting.items().end(),
                                                         [&](const Value& part) { return is_made_of(part, item); }));
}

/// Whether the old item is among what the iterator still has to give.
bool awaits(const Value& iterator, const Value& item) {
    const Value& source = iterator.items().front();
    if (source.shape == Shape::List) {
        return false;  // it looks into the list at each turn
    }
    const auto next = source.items().begin() + static_cast<std::ptrdiff_t>(iterator.node->position);
    return iterator.node->is_lazy ||
           std::any_of(next, source.items().end(), [&](const Value& waiting) { return is_made_of(waiting, item); });
}

/// Whether the item is the one that was there: the same object for certain.
bool is_unchanged(const Value& before, const Value& after) {
    const bool has_origin = before.origin.is_fixed() && before.origin.fixed != ir::kFresh;
    return before.shape == after.shape && (has_origin ? before.origin == after.origin : before == after);
}

/// Whether an object of the elements that can be changed is part of the value.
bool holds_given_object(const Value& value) {
    if (is_changeable(value) && value.origin != NodeOrigin{}) {
        return true;
    }
    return (value.is_row() || value.shape == Shape::Record) &&
           std::any_of(value.items().begin(), value.items().end(), holds_given_object);
}

Value reference(const NodeOrigin& origin) {
    Value value = none_value();
    value.origin = origin;
    return value;
}

}  // namespace

std::optional<Value> changes_of(Translation& t, std::span<const Value> before, std::span<const Value> after) {
    std::vector<Value> objects;
    for (size_t k = 0; k < before.size(); ++k) {
        const Value untouched = reference(before[k].origin);
        std::vector<Value> items;
        for (size_t i = 0; i < before[k].items().size(); ++i) {
            const Value& item = after[k].items()[i];
            if (is_unchanged(before[k].items()[i], item)) {
                items.push_back(untouched);
            } else if (is_changeable(item) && item.origin != NodeOrigin{}) {
                items.push_back(reference(item.origin));
            } else if (holds_given_object(item)) {
                t.unsupported("keeping an element's object within a new one", {}, "copy it");
                return std::nullopt;
            } else {
                items.push_back(item.shape == Shape::None ? none_value() : item);
            }
        }
        const bool is_touched =
            std::any_of(items.begin(), items.end(), [&](const Value& item) { return !(item == untouched); });
        objects.push_back(is_touched ? t.row(Shape::Tuple, std::move(items)) : untouched);
    }
    return t.row(Shape::Tuple, std::move(objects));
}

void replace_list(Translation& translation, State& state, const Node* list, const Value& with) {
    const Replacement::Changed changed{list, with};
    Replacement(translation, {&changed, 1}).apply(state);
}

void read_array_records_again(Translation& translation, State& state) {
    ArrayRecords records;
    records.find(state);
    std::vector<Replacement::Changed> changed;
    for (const Value& record : records.found()) {
        changed.emplace_back(record.node, read_again(translation, record));
    }
    if (!changed.empty()) {
        Replacement(translation, changed).apply(state);
    }
}

void replace_object(Translation& translation, State& state, const Value& changed, const Node* made) {
    Value with = changed;
    with.node = made;
    replace_list(translation, state, changed.node, with);
}

void set_items(Translation& translation, State& state, const Value& changed, std::vector<Value> items) {
    Node& made = translation.node();
    made = *changed.node;
    made.items = std::move(items);
    replace_object(translation, state, changed, &made);
}

bool is_changeable(const Value& value) {
    return value.shape == Shape::List || (value.shape == Shape::Record && !is_named_tuple(value));
}

bool refers_to(const Value& value, const Node* sought) {
    if (!value.node) {
        return false;
    }
    return value.node == sought || std::any_of(value.items().begin(), value.items().end(),
                                               [&](const Value& item) { return refers_to(item, sought); });
}

bool is_awaited(const State& state, const Value& item) {
    for (const Frame& frame : state.frames) {
        for (const Value& value : frame.stack) {
            if (value.shape == Shape::RowIterator && awaits(value, item)) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace pp::frontend
