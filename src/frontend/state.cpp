/// See state.h. The two walks below visit values in the same order; that is what makes atoms interchangeable.
#include "frontend/state.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "frontend/array_elements.h"

namespace pp::frontend {
namespace {

constexpr uint64_t kDead = ~uint64_t{0};

/// Numbers things in the order in which they are first met.
template <typename Thing> class Numbering {
public:
    /// The thing's number, and whether this is the first meeting.
    std::pair<uint32_t, bool> number(Thing thing) {
        const auto found = std::find(things_.begin(), things_.end(), thing);
        const auto index = static_cast<uint32_t>(found - things_.begin());
        if (found != things_.end()) {
            return {index, false};
        }
        things_.push_back(thing);
        return {index, true};
    }

private:
    std::vector<Thing> things_;
};

/// Cells come first, so that their contents belong to them and not to a function that shares them.
std::vector<uint32_t> slots_in_order(const Frame& frame) {
    std::vector<uint32_t> order(frame.slots.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_partition(order.begin(), order.end(),
                          [&](uint32_t slot) { return frame.slots[slot].shape == Shape::Cell; });
    return order;
}

bool is_made_here(const Value& list) {
    return list.origin.is_fixed() && list.origin.fixed == ir::kFresh;
}

uint64_t address(const void* pointer) {
    return reinterpret_cast<uintptr_t>(pointer);
}

class Taker {
public:
    explicit Taker(const State& state) : state_(state) {}

    StateForm take() {
        for (const Value& element : state_.elements) {
            take_value(element);
        }
        form_.elements.end = static_cast<uint32_t>(form_.atoms.size());
        put(state_.suspended.size());
        for (const Value& value : state_.suspended) {
            take_value(value);
        }
        for (const Frame& frame : state_.frames) {
            take_frame(frame, &frame == &state_.frames.back());
        }
        return std::move(form_);
    }

private:
    void put(uint64_t word) { form_.key.push_back(word); }

    void take_frame(const Frame& frame, bool is_top) {
        put(address(frame.analysis));
        put(frame.resumes);
        put(uint64_t{frame.owner} << 36 | static_cast<uint64_t>(frame.ending) << 32 | frame.operation);
        std::vector<StateForm::Range> ranges(frame.slots.size() + frame.stack.size());
        const auto take = [&](const Value& value, StateForm::Range& range) {
            range.begin = static_cast<uint32_t>(form_.atoms.size());
            take_value(value);
            range.end = static_cast<uint32_t>(form_.atoms.size());
        };
        for (uint32_t slot : slots_in_order(frame)) {
            if (frame.analysis->is_live(frame.operation, slot)) {
                take(frame.slots[slot], ranges[slot]);
            } else {
                put(kDead);
            }
        }
        put(frame.stack.size());
        for (size_t i = 0; i < frame.stack.size(); ++i) {
            take(frame.stack[i], ranges[frame.slots.size() + i]);
        }
        if (is_top) {
            form_.ranges = std::move(ranges);
        }
    }

    /// That a list or record was made by the function is part of the key: only such a list may grow, and a record of
    /// the input is returned as the object it is.
    void take_origin(const Value& value) {
        if (value.is_list() || value.shape == Shape::Record) {
            put(is_made_here(value));
            if (is_made_here(value)) {
                return;
            }
        }
        form_.atoms.push_back(
            {ir::Type::I32, value.origin.dynamic, value.origin.is_fixed() ? value.origin.fixed : ir::kFresh});
    }

    void take_items(const Value& value) {
        put(value.items().size());
        for (const Value& item : value.items()) {
            take_value(item);
        }
    }

    void take_dynamic(const Value& value) {
        put(address(value.node->kind));
        put(address(value.node->text));
        if (value.is_list()) {
            const auto [number, is_new] = lists_.number(value.node);
            put(number);
            if (!is_new) {
                return;
            }
        }
        take_origin(value);
        for (const Value& item : value.items()) {
            form_.atoms.push_back({ir::Type::I64, item.leaf});
        }
    }

    /// What is in it is read again where the state is put together.
    void take_array_record(const Value& value) {
        const auto [number, is_new] = lists_.number(value.node);
        put(number);
        if (!is_new) {
            return;
        }
        put(address(value.node->kind));
        put(static_cast<uint64_t>(value.node->position));
        for (const Value& part : value.node->element) {
            take_value(part);
        }
    }

    void take_value(const Value& value) {
        put(static_cast<uint64_t>(value.shape) | (value.is_captured ? 256 : 0) | (value.is_unforeseen ? 512 : 0) |
            (value.is_held ? 1024 : 0) | (value.is_read_only ? 2048 : 0));
        switch (value.shape) {
        case Shape::Float:
        case Shape::Int:
        case Shape::Bool:
            form_.atoms.push_back({leaf_type(value.shape), value.leaf});
            take_origin(value);
            break;
        case Shape::None: take_origin(value); break;
        case Shape::Any:
        case Shape::Some:
        case Shape::Other:
            put(address(value.node->name.data()));
            take_origin(value);
            break;
        case Shape::Null: break;
        case Shape::Object:
        case Shape::Class:
        case Shape::ExceptionClass:
        case Shape::Module: put(value.number); break;
        case Shape::Exception:
            put(value.number);
            put(static_cast<uint64_t>(value.node->length));
            take_items(value);
            break;
        case Shape::Tuple:
            take_origin(value);
            take_items(value);
            break;
        case Shape::Complex:
            take_origin(value);
            take_items(value);
            break;
        case Shape::Record:
            put(address(value.node->record));
            put(value.number);
            if (is_array_record(value)) {
                take_array_record(value);
                break;
            }
            [[fallthrough]];
        case Shape::List: {
            const auto [number, is_new] = lists_.number(value.node);
            put(number);
            if (is_new) {
                take_origin(value);
                take_items(value);
            }
            break;
        }
        case Shape::Range:
            put(static_cast<uint64_t>(value.node->length));
            put(address(value.node->name.data()));  // whether it has an end
            take_items(value);
            break;
        case Shape::RowIterator:
            put(static_cast<uint64_t>(value.node->position) << 1 | (value.node->is_lazy ? 1 : 0));
            take_items(value);
            break;
        case Shape::Sequence:
        case Shape::Text: take_dynamic(value); break;
        case Shape::SequenceIterator:
            put(value.node->is_lazy ? 1 : 0);
            put(address(value.node->name.data()));
            take_items(value);
            break;
        case Shape::HashTable:
        case Shape::Mapping: {
            const auto [number, is_new] = lists_.number(value.node);
            put(number);
            put(address(value.node->name.data()));
            put(static_cast<uint64_t>(value.node->position) << 8 | (value.node->is_reordered ? 128 : 0) |
                static_cast<uint64_t>(value.node->fallback));
            if (is_new) {
                take_items(value);
            }
            break;
        }
        case Shape::Table:
        case Shape::View:
            put(address(value.node->name.data()));
            take_items(value);
            break;
        case Shape::RangeIterator:
        case Shape::Super:
        case Shape::Place:
        case Shape::Slice: take_items(value); break;
        case Shape::Function:
            put(address(value.node->function));
            take_items(value);
            break;
        case Shape::Code: put(address(value.node->code.get())); break;
        case Shape::BoundMethod:
            put(address(value.node->record));
            take_items(value);
            break;
        case Shape::Method:
            put(address(value.node->name.data()));
            take_items(value);
            break;
        case Shape::Intrinsic:
        case Shape::Opaque: put(address(value.node->name.data())); break;
        case Shape::FreeVariable: put(uint64_t{value.node->owner} << 32 | value.number); break;
        case Shape::Cell: {
            const auto [number, is_new] = cells_.number(value.number);
            put(number);
            if (is_new) {
                take_value(state_.cells[value.number]);
            }
            break;
        }
        }
    }

    const State& state_;
    StateForm form_;
    Numbering<const Node*> lists_;
    Numbering<uint32_t> cells_;
};

class Putter {
public:
    Putter(Translation& translation, const State& state, std::span<const Atom> atoms)
        : translation_(translation), old_(state), atoms_(atoms) {}

    State put() {
        for (const Value& element : old_.elements) {
            const Value made = put_value(element);
            new_.elements.push_back(made);
        }
        for (const Value& value : old_.suspended) {
            const Value made = put_value(value);
            new_.suspended.push_back(made);
        }
        for (const Frame& frame : old_.frames) {
            Frame made = frame;
            for (uint32_t slot : slots_in_order(frame)) {
                made.slots[slot] =
                    frame.analysis->is_live(frame.operation, slot) ? put_value(frame.slots[slot]) : Value{};
            }
            for (Value& value : made.stack) {
                value = put_value(value);
            }
            new_.frames.push_back(std::move(made));
        }
        PP_CHECK(next_ == atoms_.size());
        return std::move(new_);
    }

private:
    void put_origin(Value& value) {
        if ((value.is_list() || value.shape == Shape::Record) && is_made_here(value)) {
            return;
        }
        const Atom& atom = atoms_[next_++];
        value.origin = {atom.fixed, atom.value};
    }

    /// The value's node is made anew only where an item has changed.
    void put_items(Value& value) {
        const Node* old = value.node;
        Node* made = nullptr;
        for (size_t i = 0; i < old->items.size(); ++i) {
            const Value item = put_value(old->items[i]);
            if (!made && !(item == old->items[i])) {
                made = &translation_.node();
                *made = *old;
            }
            if (made) {
                made->items[i] = item;
            }
        }
        if (made) {
            value.node = made;
        }
    }

    /// Address and length.
    void put_extent(Value& value) {
        put_origin(value);
        Node& made = translation_.node();
        made = *value.node;
        for (Value& item : made.items) {
            item.leaf = atoms_[next_++].value;
        }
        value.node = &made;
    }

    Value put_array_record(const Value& value) {
        const auto [number, is_new] = lists_.number(value.node);
        if (is_new) {
            new_lists_.emplace_back();
            const Node& old = *value.node;
            const Value view = put_value(old.element[0]), position = put_value(old.element[1]);
            new_lists_[number] =
                element_part(translation_, view, position.leaf, old.kind, static_cast<size_t>(old.position));
        }
        return new_lists_[number];
    }

    Value put_value(Value value) {
        if (is_array_record(value)) {
            return put_array_record(value);
        }
        switch (value.shape) {
        case Shape::Float:
        case Shape::Int:
        case Shape::Bool:
            value.leaf = atoms_[next_++].value;
            put_origin(value);
            break;
        case Shape::None:
        case Shape::Any:
        case Shape::Some:
        case Shape::Other: put_origin(value); break;
        case Shape::Complex:
        case Shape::Tuple:
            put_origin(value);
            put_items(value);
            break;
        case Shape::Record:
        case Shape::List: {
            const auto [number, is_new] = lists_.number(value.node);
            if (is_new) {
                new_lists_.emplace_back();
                put_origin(value);
                put_items(value);
                new_lists_[number] = value;
            }
            return new_lists_[number];
        }
        case Shape::HashTable:
        case Shape::Mapping: {
            const auto [number, is_new] = lists_.number(value.node);
            if (is_new) {
                new_lists_.emplace_back();
                put_items(value);
                new_lists_[number] = value;
            }
            return new_lists_[number];
        }
        case Shape::Text: put_extent(value); break;
        case Shape::Sequence: {
            if (!value.is_list()) {
                put_extent(value);
                break;
            }
            const auto [number, is_new] = lists_.number(value.node);
            if (is_new) {
                new_lists_.emplace_back();
                put_extent(value);
                new_lists_[number] = value;
            }
            return new_lists_[number];
        }
        case Shape::Range:
        case Shape::Table:
        case Shape::View:
        case Shape::RowIterator:
        case Shape::RangeIterator:
        case Shape::SequenceIterator:
        case Shape::Place:
        case Shape::Slice:
        case Shape::Super:
        case Shape::Function:
        case Shape::BoundMethod:
        case Shape::Exception:
        case Shape::Method: put_items(value); break;
        case Shape::Cell: {
            const auto [number, is_new] = cells_.number(value.number);
            if (is_new) {
                new_.cells.emplace_back();
                const Value contents = put_value(old_.cells[value.number]);
                new_.cells[number] = contents;
            }
            value.number = number;
            break;
        }
        default: break;
        }
        return value;
    }

    Translation& translation_;
    const State& old_;
    std::span<const Atom> atoms_;
    size_t next_ = 0;
    State new_;
    Numbering<const Node*> lists_;
    std::vector<Value> new_lists_;
    Numbering<uint32_t> cells_;
};

}  // namespace

StateForm take_apart(const State& state) {
    return Taker(state).take();
}

State put_together(Translation& translation, const State& state, std::span<const Atom> atoms) {
    return Putter(translation, state, atoms).put();
}

}  // namespace pp::frontend
