/// See array_elements.h.
#include "frontend/array_elements.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

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

class ElementReader {
public:
    ElementReader(Translation& translation, const Value& view, ValueId position, size_t first_leaf)
        : t_(translation), view_(view), position_(position), next_(first_leaf) {}

    Value read(KindRef kind) {
        if (kind->is_scalar()) {
            return leaf();
        }
        const size_t first = next_;
        std::vector<Value> items;
        for (KindRef item : kind->items) {
            items.push_back(read(item));
        }
        if (kind->tag != Tag::Record) {
            return t_.row(Shape::Tuple, std::move(items));
        }
        return is_shown(t_, *kind->record) ? shown(kind, std::move(items), first)
                                           : t_.record(kind->record, std::move(items));
    }

private:
    Value shown(KindRef kind, std::vector<Value> fields, size_t first) {
        Node& node = t_.node();
        node.record = kind->record;
        node.items = std::move(fields);
        if (!view_.items().back().is_read_only) {
            node.kind = kind;
            node.element = {view_, int_value(position_)};
            node.position = static_cast<int64_t>(first);
        }
        return {.shape = Shape::Record, .is_held = true, .node = &node};
    }

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
    size_t next_;
};

/// Puts the numbers of an element, converted, one behind the other; all checks come before the first of them is
/// written.
class ElementWriter {
public:
    ElementWriter(Translation& translation, const Value& view, size_t first_leaf)
        : t_(translation), view_(view), first_leaf_(first_leaf) {}

    bool take(const Value& value, KindRef kind) {
        if (kind->is_record(RecordForm::Optional)) {
            return take_optional(value, kind->items.front());
        }
        return kind->is_scalar() ? take_number(value) : take_row(value, kind);
    }

    void write(ValueId position) {
        for (size_t i = 0; i < leaves_.size(); ++i) {
            const LeafPlace place = place_of(view_, first_leaf_ + i);
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

    /// Behind its leaves, whether it is there.
    bool take_optional(const Value& value, KindRef kind) {
        if (value.shape != Shape::None) {
            if (!take(value, kind)) {
                return false;
            }
            leaves_.push_back(t_.constant(true));
            return true;
        }
        for (uint32_t i = 0; i < kind->leaves; ++i) {
            const ir::Type type = ir::type_of_leaf(place_of(view_, first_leaf_ + leaves_.size()).kind);
            leaves_.push_back(type == ir::Type::F64    ? t_.constant(0.0)
                              : type == ir::Type::Bool ? t_.constant(false)
                                                       : t_.constant(int64_t{0}));
        }
        leaves_.push_back(t_.constant(false));
        return true;
    }

    bool take_row(const Value& value, KindRef kind) {
        if (kind->tag == Tag::Record && is_shown(t_, *kind->record)) {
            // Who holds the record that is there keeps it, and not what comes.
            t_.unsupported("putting a " + quoted(type_name(value)) + " in the place of a record in an Array", {},
                           "assign to its fields");
            return false;
        }
        const bool is_record = value.shape == Shape::Record;
        const bool is_same = is_record && kind->tag == Tag::Record && value.node->record == kind->record;
        const bool is_plain = kind->tag == Tag::Tuple || kind->record->form == RecordForm::NamedTuple;
        const bool is_row = is_plain && (value.is_row() || (kind->tag == Tag::Tuple && is_named_tuple(value)));
        if ((!is_row && !is_same) || value.items().size() != kind->items.size()) {
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
        const KindRef leaf = place_of(view_, first_leaf_ + leaves_.size()).kind;
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
        } else if (value.shape == Shape::Int) {
            // Beyond, not all ints have a float that is equal to them.
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
    const size_t first_leaf_;
    std::vector<ValueId> leaves_;
};

}  // namespace

Value element_part(Translation& t, const Value& view, ValueId position, KindRef kind, size_t first_leaf) {
    return ElementReader(t, view, position, first_leaf).read(kind);
}

bool has_shown(Translation& t, KindRef kind) {
    return (kind->record && !kind->is_record(RecordForm::Optional) && is_shown(t, *kind->record)) ||
           std::any_of(kind->items.begin(), kind->items.end(), [&](KindRef item) { return has_shown(t, item); });
}

Value record_of_array(Translation& t, KindRef kind, std::vector<Value> fields) {
    Value record = t.record(kind->record, std::move(fields));
    record.is_held = is_shown(t, *kind->record);
    return record;
}

bool is_array_record(const Value& value) {
    return value.shape == Shape::Record && value.is_held && !value.node->element.empty();
}

Value read_again(Translation& t, const Value& record) {
    const Node& node = *record.node;
    return element_part(t, node.element[0], node.element[1].leaf, node.kind, static_cast<size_t>(node.position));
}

bool store_in_element(Translation& t, const Value& view, ValueId position, KindRef kind, size_t first_leaf,
                      const Value& value) {
    t.looks().look(value);
    ElementWriter writer(t, view, first_leaf);
    if (!writer.take(value, kind)) {
        return false;
    }
    writer.write(position);
    return true;
}

bool store_in_record(Translation& t, const Value& record, size_t field, const Value& value) {
    const Node& node = *record.node;
    size_t leaf = static_cast<size_t>(node.position);
    for (size_t i = 0; i < field; ++i) {
        leaf += node.kind->items[i]->leaves;
    }
    return store_in_element(t, node.element[0], node.element[1].leaf, node.kind->items[field], leaf, value);
}

}  // namespace pp::frontend
