/// See arrays.h.
#include "frontend/arrays.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

constexpr std::string_view kView = "array";
constexpr std::string_view kSlice = "array_slice";

/// Where a leaf of the elements lies: in which of the sequences, and how far within their items.
struct LeafPlace {
    const Value* sequence;
    KindRef kind;  ///< says how it is stored
    uint32_t stride, offset;
};

/// Of the leaves of a row, nested or not, number `index`, and what stands in front of it.
KindRef find_leaf(KindRef kind, size_t index, uint32_t& offset) {
    std::vector<KindRef> leaves;
    append_leaves(kind, leaves);
    for (size_t i = 0; i < index; ++i) {
        offset += leaf_bytes(leaves[i]);
    }
    return leaves[index];
}

LeafPlace place_of(const Value& view, size_t leaf) {
    const std::vector<Value>& sequences = view.items();
    const bool is_by_column = sequences.size() > 2;
    const Value& sequence = sequences[is_by_column ? leaf + 1 : 1];
    KindRef item = sequence.node->kind->item;
    LeafPlace place{&sequence, nullptr, item_bytes(item), 0};
    if (is_by_column) {
        place.kind = item;
        return place;
    }
    // Elements that are part of longer rows stand between the rest of these.
    const bool is_part = item->items.size() == 3 && item->items[0]->tag == Tag::Tuple &&
                         item->items[2]->tag == Tag::Tuple && item->leaves != sequences[0].node->kind->item->leaves;
    const size_t before = is_part ? item->items[0]->leaves : 0;
    place.kind = find_leaf(item, before + leaf, place.offset);
    return place;
}

ValueId offset_of(Translation& t, const LeafPlace& place, ValueId position) {
    const ValueId first =
        place.stride == 1 ? position : t.emit(Op::IMul, {position, t.constant(static_cast<int64_t>(place.stride))});
    return place.offset == 0 ? first : t.emit(Op::IAdd, {first, t.constant(static_cast<int64_t>(place.offset))});
}

NumberLayout layout_of(KindRef leaf) {
    return static_cast<NumberLayout>(leaf->object);
}

bool is_narrow_signed(NumberLayout layout) {
    return layout == NumberLayout::I8 || layout == NumberLayout::I16 || layout == NumberLayout::I32;
}

/// Whether Python shows records of an Array as what writes to the Array: not those that nobody can change.
bool is_shown(Translation& t, const RecordShape& shape) {
    if (shape.form != RecordForm::Object) {
        return shape.is_dict();
    }
    return t.environment().class_attribute(shape.class_id, "__setattr__").kind == Binding::Kind::Intrinsic;
}

bool has_shown(Translation& t, KindRef kind) {
    return (kind->record && is_shown(t, *kind->record)) ||
           std::any_of(kind->items.begin(), kind->items.end(), [&](KindRef item) { return has_shown(t, item); });
}

class ElementReader {
public:
    ElementReader(Translation& translation, const Value& view, ValueId position)
        : t_(translation), view_(view), position_(position) {}

    Value read(KindRef kind) {
        if (kind->is_scalar()) {
            return leaf();
        }
        std::vector<Value> items;
        for (KindRef item : kind->items) {
            items.push_back(read(item));
        }
        if (kind->tag != Tag::Record) {
            return t_.row(Shape::Tuple, std::move(items));
        }
        Value record = t_.record(kind->record, std::move(items));
        record.is_held = is_shown(t_, *kind->record);
        return record;
    }

private:
    Value leaf() {
        const LeafPlace place = place_of(view_, next_++);
        const ir::Type type = ir::type_of_leaf(place.kind);
        const uint32_t bytes = leaf_bytes(place.kind);
        const Value& sequence = *place.sequence;
        ValueId loaded = sequence.is_read_only
                             ? t_.builder().item(type, {bytes, place.stride, place.offset}, address_of(sequence),
                                                 position_, length_of(sequence))
                             : t_.builder().load(type, bytes, address_of(sequence), offset_of(t_, place, position_));
        if (type == ir::Type::F64) {
            return float_value(loaded);
        }
        if (type == ir::Type::Bool) {
            return bool_value(loaded);
        }
        if (is_narrow_signed(layout_of(place.kind))) {
            const ValueId shift = t_.constant(int64_t{64 - 8 * static_cast<int64_t>(bytes)});
            loaded = t_.emit(Op::IShr, {t_.emit(Op::IShl, {loaded, shift}), shift});
        }
        if (layout_of(place.kind) == NumberLayout::U64) {
            t_.guard(t_.emit(Op::ILe, {t_.constant(int64_t{0}), loaded}));  // others are beyond 64 bits
        }
        return int_value(loaded);
    }

    Translation& t_;
    const Value& view_;
    const ValueId position_;
    size_t next_ = 0;
};

/// Puts the numbers of an element, converted, one behind the other; all checks come before the first of them is
/// written.
class ElementWriter {
public:
    ElementWriter(Translation& translation, const Value& view) : t_(translation), view_(view) {}

    bool take(const Value& value, KindRef kind) {
        return kind->is_scalar() ? take_number(value) : take_row(value, kind);
    }

    void write(ValueId position) {
        for (size_t i = 0; i < leaves_.size(); ++i) {
            const LeafPlace place = place_of(view_, i);
            const ir::WriteLeaf leaf{static_cast<uint8_t>(leaf_bytes(place.kind)), false};
            t_.emit(Op::Write, {address_of(*place.sequence), offset_of(t_, place, position), leaves_[i]},
                    leaf.immediate());
        }
    }

private:
    bool refuse(const Value& value) {
        value.is_known() ? t_.raises("the Array holds no " + quoted(type_name(value)))
                         : t_.unsupported("keeping a " + quoted(type_name(value)) + " in an Array", {},
                                          "assign numbers, and tuples of numbers");
        return false;
    }

    bool take_row(const Value& value, KindRef kind) {
        const bool is_row = value.is_row() || is_named_tuple(value);
        const bool is_other = is_named_tuple(value) && kind->tag == Tag::Record && value.node->record != kind->record;
        if (!is_row || is_other || value.items().size() != kind->items.size()) {
            return refuse(value);
        }
        for (size_t i = 0; i < kind->items.size(); ++i) {
            if (!take(value.items()[i], kind->items[i])) {
                return false;
            }
        }
        return true;
    }

    bool take_number(const Value& value) {
        if (value.is_unforeseen) {
            t_.beyond(value);
            return false;
        }
        const KindRef leaf = place_of(view_, leaves_.size()).kind;
        const bool is_float = leaf->tag == Tag::Float;
        if (!value.is_number() || (value.shape == Shape::Float && !is_float) ||
            (leaf->tag == Tag::Bool && value.shape != Shape::Bool)) {
            return refuse(value);
        }
        if (leaf->tag == Tag::Bool) {
            leaves_.push_back(value.leaf);
        } else {
            leaves_.push_back(is_float ? as_float(value, leaf) : as_int(value, leaf));
        }
        return true;
    }

    ValueId as_float(const Value& value, KindRef leaf) {
        const bool is_short = layout_of(leaf) == NumberLayout::F32;
        if (is_short && value.shape == Shape::Float) {
            // Finite numbers that would be rounded to an infinity.
            const ValueId size = t_.emit(Op::FAbs, {value.leaf});
            const ValueId is_great = t_.emit(Op::FLe, {t_.constant(0x1.ffffffp127), size});
            const ValueId is_finite = t_.emit(Op::FLe, {size, t_.constant(std::numeric_limits<double>::max())});
            t_.guard(t_.emit(Op::BNot, {t_.emit(Op::BAnd, {is_great, is_finite})}));
        } else if (is_short && value.shape == Shape::Int) {
            // Greater ones would be rounded twice.
            in_range(value.leaf, -(int64_t{1} << 53), int64_t{1} << 53);
        }
        return to_float(t_, value);
    }

    ValueId as_int(const Value& value, KindRef leaf) {
        const ValueId number = to_int(t_, value);
        switch (layout_of(leaf)) {
        case NumberLayout::I32: in_range(number, INT32_MIN, INT32_MAX); break;
        case NumberLayout::I16: in_range(number, INT16_MIN, INT16_MAX); break;
        case NumberLayout::I8: in_range(number, INT8_MIN, INT8_MAX); break;
        case NumberLayout::U64: in_range(number, 0, INT64_MAX); break;
        case NumberLayout::U32: in_range(number, 0, UINT32_MAX); break;
        case NumberLayout::U16: in_range(number, 0, UINT16_MAX); break;
        case NumberLayout::U8: in_range(number, 0, UINT8_MAX); break;
        default: break;
        }
        return number;
    }

    void in_range(ValueId number, int64_t least, int64_t most) {
        t_.guard(t_.emit(Op::ILe, {t_.constant(least), number}));
        t_.guard(t_.emit(Op::ILe, {number, t_.constant(most)}));
    }

    Translation& t_;
    const Value& view_;
    std::vector<ValueId> leaves_;
};

Value table(Translation& t, std::string_view name, const Value& items) {
    Node& made = t.node();
    made.name = t.name(name);
    made.items = {items};
    return {.shape = Shape::Table, .is_captured = true, .node = &made};
}

/// Where a slice with a step that is known begins, and how many elements it has: as PySlice_AdjustIndices.
struct SliceRange {
    ValueId start, count;
};

SliceRange range_of(Translation& t, const Value& slice, int64_t step, ValueId length) {
    const ValueId zero = t.constant(int64_t{0}), one = t.constant(int64_t{1});
    const bool is_up = step > 0;
    const ValueId last = t.emit(Op::ISub, {length, one});
    const ValueId low = is_up ? zero : t.constant(int64_t{-1}), high = is_up ? length : last;
    const auto clipped = [&](const Value& bound, ValueId absent) {
        if (bound.shape == Shape::None) {
            return absent;
        }
        const ValueId given = to_int(t, bound);
        const ValueId is_negative = t.emit(Op::ILt, {given, zero});
        const ValueId moved = t.emit(Op::Select, {is_negative, t.emit(Op::IAdd, {given, length}), given});
        const ValueId above = t.emit(Op::Select, {t.emit(Op::ILt, {high, moved}), high, moved});
        return t.emit(Op::Select, {t.emit(Op::ILt, {above, low}), low, above});
    };
    const ValueId start = clipped(slice.items()[0], is_up ? low : high);
    const ValueId stop = clipped(slice.items()[1], is_up ? high : low);
    const ValueId distance = is_up ? t.emit(Op::ISub, {stop, start}) : t.emit(Op::ISub, {start, stop});
    // Clipped, so that nothing overflows; a step beyond the length gives one element.
    const ValueId stride = t.constant(is_up ? step : -step);
    const ValueId turns = t.emit(Op::IAdd, {t.emit(Op::IDiv, {t.emit(Op::ISub, {distance, one}), stride}), one});
    return {start, t.emit(Op::Select, {t.emit(Op::ILt, {zero, distance}), turns, zero})};
}

}  // namespace

bool is_array(const Value& value) {
    return value.shape == Shape::Table && value.node->name == "Array";
}

bool is_array_view(const Value& value) {
    return value.shape == Shape::View && (value.node->name == kView || value.node->name == kSlice);
}

Value array_value(Translation& t, std::string_view name, const Value& columns) {
    std::vector<Value> sequences = columns.items();
    KindRef element = sequences.front().node->kind->item;
    if (t.arrays_change() && (element->is_dynamic || has_shown(t, element))) {
        return t.opaque("Array");  // whoever holds one of its records sees what is written
    }
    if (sequences.size() == 1 && !t.arrays_change()) {
        return table(t, name, sequences.front());
    }
    if (sequences.size() == 1) {
        sequences.push_back(sequences.front());
    }
    for (Value& sequence : sequences) {
        sequence.is_read_only = !t.arrays_change();
    }
    return table(t, name, view(t, kView, std::move(sequences)));
}

Value array_item(Translation& t, const Value& view, ValueId position) {
    if (view.node->name == kView) {
        const KindRef item = view.items().front().node->kind->item;
        return item->tag == Tag::Never ? none_value() : ElementReader(t, view, position).read(item);
    }
    const std::vector<Value>& sources = view.items();
    const ValueId distance = t.emit(Op::IMul, {position, sources[2].leaf});
    return item_at(t, sources[0], t.emit(Op::IAdd, {sources[1].leaf, distance}));
}

Outcomes array_slice(Translation& t, const Value& array, const Value& slice) {
    if (t.arrays_change()) {
        return t.unsupported("a slice of an Array in a function that changes an Array", "it is a copy",
                             "take the elements in a loop over range()");
    }
    for (const Value& bound : slice.items()) {
        if (bound.is_unforeseen) {
            return t.beyond(bound);
        }
        if (bound.shape != Shape::None && !bound.is_integral()) {
            return no_index(t, bound, "slice indices must be integers or None");
        }
    }
    const Value& step = slice.items()[2];
    const std::optional<int64_t> known = step.shape == Shape::None ? 1 : t.known_int(step);
    if (!known || *known < -std::numeric_limits<int64_t>::max()) {
        return t.unsupported("a slice whose step is computed", {}, "take the elements in a loop over range()");
    }
    if (*known == 0) {
        return t.raises("ValueError", "slice step cannot be zero");
    }
    const Value& items = array_items(array);
    const SliceRange range = range_of(t, slice, *known, count_of(t, items));
    if (*known == 1 && items.shape == Shape::Sequence) {
        const KindRef kind = items.node->kind;
        const ValueId offset = bytes_of(t, kind->item, range.start);
        Value part = dynamic_value(t, kind, t.emit(Op::IAdd, {address_of(items), offset}), range.count);
        part.is_read_only = true;
        return t.done(table(t, array.node->name, part));
    }
    return t.done(
        table(t, array.node->name,
              view(t, kSlice, {items, int_value(range.start), t.int_constant(*known), int_value(range.count)})));
}

bool store_in_array(Translation& t, const Value& array, ValueId position, const Value& value) {
    const Value& items = array_items(array);
    PP_CHECK(items.shape == Shape::View && items.node->name == kView);
    t.looks().look(value);
    ElementWriter writer(t, items);
    if (!writer.take(value, items.items().front().node->kind->item)) {
        return false;
    }
    writer.write(position);
    return true;
}

}  // namespace pp::frontend
