/// See arrays.h.
#include "frontend/arrays.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "frontend/array_elements.h"
#include "frontend/array_gaps.h"
#include "frontend/operators.h"
#include "frontend/sequences.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

constexpr std::string_view kView = "array";
constexpr std::string_view kSlice = "array_slice";

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
    // What may be None is read again in no place where there is but one way on.
    if (t.arrays_change() && (element->is_dynamic || (has_gaps(element) && has_shown(t, element)))) {
        return t.opaque("Array");
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
        PP_CHECK(!has_gaps(item));
        return item->tag == Tag::Never ? none_value() : element_part(t, view, position, item);
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
    return store_in_element(t, items, position, items.items().front().node->kind->item, 0, value);
}

}  // namespace pp::frontend
