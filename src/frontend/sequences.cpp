/// See sequences.h: items in memory, and loops over them. sequence_operators.cpp has the operators.
#include "frontend/sequences.h"
#include "frontend/hash_tables.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "frontend/arrays.h"
#include "frontend/iterator_views.h"
#include "frontend/operators.h"
#include "frontend/rows.h"
#include "frontend/tables.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// Reads the leaves of one item of a sequence, one after the other.
class ItemLoader {
public:
    /// `is_captured`: the sequence is not the function's own.
    ItemLoader(Translation& translation, const Value& sequence, ValueId position, bool is_captured)
        : t_(translation), sequence_(sequence), position_(position), stride_(item_bytes(sequence.node->kind->item)),
          is_captured_(is_captured) {
        if (!sequence.is_read_only) {
            place_ = bytes_of(translation, sequence.node->kind->item, position);
        }
    }

    Value load(KindRef kind) {
        switch (kind->tag) {
        case Tag::Float: return float_value(leaf(ir::Type::F64, 8));
        case Tag::Identity:
        case Tag::Int: return int_value(leaf(ir::Type::I64, 8));
        case Tag::Bool: return bool_value(leaf(ir::Type::Bool, 1));
        case Tag::None: return none_value();
        case Tag::Object: return t_.object(kind->object, "object", nullptr);
        case Tag::TupleOf:
        case Tag::ListOf:
        case Tag::Text: {
            const ValueId address = leaf(ir::Type::I64, 8);
            return held(dynamic_value(t_, kind, address, leaf(ir::Type::I64, 8)));
        }
        case Tag::Complex: {
            const Value real = float_value(leaf(ir::Type::F64, 8));
            return t_.complex(real, float_value(leaf(ir::Type::F64, 8)));
        }
        case Tag::Tuple:
        case Tag::List:
        case Tag::Record: {
            std::vector<Value> items;
            for (KindRef item : kind->items) {
                items.push_back(load(item));
            }
            if (kind->tag == Tag::Record) {
                Value record = t_.captured_record(kind->record, std::move(items));
                record.is_captured = kind->record->form != RecordForm::NamedTuple;
                return record;
            }
            return held(t_.row(kind->tag == Tag::Tuple ? Shape::Tuple : Shape::List, std::move(items)));
        }
        case Tag::Missing: return {};
        default: break;  // memory holds no other kinds
        }
        throw InternalError("an item of no kind");
    }

private:
    Value held(Value value) const {
        value.is_held = value.is_list();
        value.is_captured = value.is_list() && is_captured_;
        value.is_read_only = value.shape == Shape::Sequence && sequence_.is_read_only;
        return value;
    }

    ValueId leaf(ir::Type type, uint32_t bytes) {
        const uint32_t offset = std::exchange(offset_, offset_ + 8);
        if (sequence_.is_read_only) {
            return t_.builder().item(type, {bytes, stride_, offset}, address_of(sequence_), position_,
                                     length_of(sequence_));
        }
        const ValueId loaded = t_.builder().load(type, bytes, address_of(sequence_), place_);
        place_ = t_.emit(Op::IAdd, {place_, t_.constant(int64_t{8})});
        return loaded;
    }

    Translation& t_;
    const Value& sequence_;
    const ValueId position_;
    ValueId place_ = ir::kNoValue;
    const uint32_t stride_;
    uint32_t offset_ = 0;
    const bool is_captured_;
};

void append_leaf_values(const Value& value, std::vector<ValueId>& leaves) {
    if (value.is_number()) {
        leaves.push_back(value.leaf);
    } else if (value.is_dynamic()) {
        leaves.push_back(address_of(value));
        leaves.push_back(length_of(value));
    } else if (value.is_row()) {
        for (const Value& item : value.items()) {
            append_leaf_values(item, leaves);
        }
    }
}

Value text_item(Translation& t, const Value& text, ValueId position) {
    const ValueId offset = unit_bytes_of(t, text.node->kind, position);
    return dynamic_value(t, text.node->kind, t.emit(Op::IAdd, {address_of(text), offset}), t.constant(int64_t{1}));
}

/// max(0, ceil((stop - start) / step)): ranges are guarded where they are made into indexables.
ValueId range_count(Translation& t, const Value& range) {
    const Value &start = range.items()[0], &stop = range.items()[1], &step = range.items()[2];
    const ValueId zero = t.constant(int64_t{0}), one = t.constant(int64_t{1});
    const ValueId is_up = t.emit(Op::ILt, {zero, step.leaf});
    const ValueId distance = t.emit(Op::Select, {is_up, t.emit(Op::ISubChecked, {stop.leaf, start.leaf}),
                                                 t.emit(Op::ISubChecked, {start.leaf, stop.leaf})});
    const ValueId stride = t.emit(Op::Select, {is_up, step.leaf, t.emit(Op::ISubChecked, {zero, step.leaf})});
    const ValueId turns = t.emit(Op::IAdd, {t.emit(Op::IDiv, {t.emit(Op::ISub, {distance, one}), stride}), one});
    return t.emit(Op::Select, {t.emit(Op::ILt, {zero, distance}), turns, zero});
}

/// How many items what has no end is said to have: more than anybody takes.
constexpr int64_t kEndless = std::numeric_limits<int64_t>::max() / 2;

ValueId view_count(Translation& t, const Value& view) {
    if (view.node->name == "array_slice" || view.node->name == kSliceView) {
        return view.items()[3].leaf;
    }
    if (view.node->name == kRepeatView) {
        return t.constant(kEndless);
    }
    if (view.node->name == kCycleView) {
        const ValueId zero = t.constant(int64_t{0}), count = count_of(t, view.items().front());
        return t.emit(Op::Select, {t.emit(Op::ILt, {zero, count}), t.constant(kEndless), zero});
    }
    if (view.node->name != "zip") {
        return count_of(t, view.items().front());
    }
    ValueId least = count_of(t, view.items().front());
    for (size_t i = 1; i < view.items().size(); ++i) {
        const ValueId other = count_of(t, view.items()[i]);
        least = t.emit(Op::Select, {t.emit(Op::ILt, {other, least}), other, least});
    }
    return least;
}

/// (key, iterator over the group) of itertools.groupby: `sources` are keys, starts, ends and the row.
Value group_at(Translation& t, const std::vector<Value>& sources, ValueId position) {
    const KindRef item = sources[3].node->kind->item;
    const ValueId start = item_at(t, sources[1], position).leaf, end = item_at(t, sources[2], position).leaf;
    const ValueId address = t.emit(Op::IAdd, {address_of(sources[3]), bytes_of(t, item, start)});
    const Value group = dynamic_value(t, tuple_of_kind(item), address, t.emit(Op::ISub, {end, start}));
    Value iterator = loop_iterator(t, group);
    Node& node = t.node();
    node = *iterator.node;
    node.name = t.name(kGroup);
    iterator.node = &node;
    return t.row(Shape::Tuple, {item_at(t, sources[0], position), iterator});
}

Value view_item(Translation& t, const Value& view, ValueId position) {
    const std::vector<Value>& sources = view.items();
    if (view.node->name == "reversed") {
        const ValueId behind = t.emit(Op::ISub, {count_of(t, sources[0]), position});
        return item_at(t, sources[0], t.emit(Op::ISub, {behind, t.constant(int64_t{1})}));
    }
    if (view.node->name == "groups") {
        return group_at(t, sources, position);
    }
    if (view.node->name == kRepeatView) {
        return sources[0];
    }
    if (view.node->name == kCycleView) {
        const ValueId one = t.constant(int64_t{1}), count = count_of(t, sources[0]);
        const ValueId turn = t.emit(Op::Select, {t.emit(Op::ILt, {one, count}), count, one});
        return item_at(t, sources[0], t.emit(Op::PyIntMod, {position, turn}));
    }
    if (view.node->name == kSliceView) {
        const ValueId offset = t.emit(Op::IMul, {sources[2].leaf, position});
        return item_at(t, sources[0], t.emit(Op::IAdd, {sources[1].leaf, offset}));
    }
    std::vector<Value> items;
    if (is_array_view(view)) {
        return array_item(t, view, position);
    }
    if (view.node->name.starts_with("dict_")) {
        return item_at(t, sources[0], position);
    }
    if (view.node->name == "enumerate") {
        const Value number = int_value(t.emit(Op::IAddChecked, {to_int(t, sources[1]), position}));
        items = {number, item_at(t, sources[0], position)};
    } else {
        for (const Value& source : sources) {
            items.push_back(item_at(t, source, position));
        }
    }
    return t.row(Shape::Tuple, std::move(items));
}

}  // namespace

Value dynamic_value(Translation& t, KindRef kind, ValueId address, ValueId length) {
    Node& node = t.node();
    node.kind = kind;
    node.items = {int_value(address), int_value(length)};
    return {.shape = kind->tag == Tag::Text ? Shape::Text : Shape::Sequence, .node = &node};
}

namespace {

ValueId times_bytes(Translation& t, ValueId count, int64_t bytes) {
    if (const std::optional<int64_t> known = t.known_int(int_value(count)); known && *known < (int64_t{1} << 32)) {
        return t.constant(*known * bytes);
    }
    return bytes == 1 ? count : t.emit(Op::IMul, {count, t.constant(bytes)});
}

}  // namespace

ValueId bytes_of(Translation& t, KindRef item, ValueId count) {
    return times_bytes(t, count, item_bytes(item));
}

ValueId unit_bytes_of(Translation& t, KindRef text, ValueId count) {
    return times_bytes(t, count, text->object);
}

bool is_indexable(const Value& value) {
    return value.is_dynamic() || value.shape == Shape::View || value.shape == Shape::Range;
}

ValueId count_of(Translation& t, const Value& indexable) {
    if (indexable.is_dynamic()) {
        return length_of(indexable);
    }
    if (indexable.shape == Shape::View) {
        return view_count(t, indexable);
    }
    return indexable.node->name == kCountRange ? t.constant(kEndless) : range_count(t, indexable);
}

Value item_at(Translation& t, const Value& indexable, ValueId position) {
    switch (indexable.shape) {
    case Shape::Text: return text_item(t, indexable, position);
    case Shape::View: return view_item(t, indexable, position);
    case Shape::Range: {
        const bool is_endless = indexable.node->name == kCountRange;
        const ValueId offset = t.emit(is_endless ? Op::IMulChecked : Op::IMul, {indexable.items()[2].leaf, position});
        return int_value(t.emit(is_endless ? Op::IAddChecked : Op::IAdd, {indexable.items()[0].leaf, offset}));
    }
    default: break;
    }
    const KindRef item = indexable.node->kind->item;
    // Of an empty list that was never put anything into: no position exists.
    if (item->tag == Tag::Never) {
        return none_value();
    }
    const bool is_own = indexable.origin == NodeOrigin{} && !indexable.is_captured && !indexable.is_read_only;
    return ItemLoader(t, indexable, position, !is_own).load(item);
}

Value view(Translation& t, std::string_view name, std::vector<Value> sources) {
    Node& node = t.node();
    node.name = t.name(name);
    node.items = std::move(sources);
    return {.shape = Shape::View, .node = &node};
}

Value loop_iterator(Translation& t, const Value& indexable, bool is_lazy) {
    Node& node = t.node();
    node.is_lazy = is_lazy;
    node.items = {t.int_constant(0), indexable};
    return {.shape = Shape::SequenceIterator, .node = &node};
}

namespace {

bool is_endless_source(const Value& source) {
    if (source.shape == Shape::View && source.node->name == "zip") {
        return std::all_of(source.items().begin(), source.items().end(), is_endless_source);
    }
    if (source.shape != Shape::View) {
        return source.shape == Shape::Range && source.node->name == kCountRange;
    }
    const std::string_view name = source.node->name;
    return name == kRepeatView || name == kCycleView ||
           (name != kSliceView && is_endless_source(source.items().front()));
}

}  // namespace

bool is_endless(const Value& iterator) {
    return iterator.shape == Shape::SequenceIterator ? is_endless_source(iterator.items()[1])
                                                     : is_endless_source(iterator);
}

void refuse_endless(Translation& t) {
    t.unsupported("a generator over itertools.count()", "the generator is run at once, not as its items are taken",
                  "use a loop");
}

namespace {

/// What an iterator over `source` has still to give at a position; Null where that has no form.
Value rest_of(Translation& t, const Value& source, const Value& position) {
    if (source.shape == Shape::View && source.node->name == kRepeatView) {
        return source;
    }
    if (source.shape == Shape::Range && source.node->name == kCountRange) {
        Node& node = t.node();
        node = *source.node;
        node.items[0] = item_at(t, source, position.leaf);
        return {.shape = Shape::Range, .node = &node};
    }
    if (is_endless_source(source)) {
        return {};
    }
    const ValueId zero = t.constant(int64_t{0}), count = t.emit(Op::ISub, {count_of(t, source), position.leaf});
    return sliced_view(t, source, position, t.int_constant(1),
                       t.emit(Op::Select, {t.emit(Op::ILt, {zero, count}), count, zero}));
}

}  // namespace

Value indexable_of(Translation& t, const Value& iterable) {
    if (const Value table = as_table(t, iterable); table.shape == Shape::Table) {
        return holds_mixed(table) || holds_mixed(table_keys(table)) ? Value{} : table_keys(table);
    }
    if (holds_mixed(iterable)) {
        return {};
    }
    if (is_hash_dict(iterable)) {
        return hash_keys(iterable);
    }
    if (iterable.shape == Shape::View && iterable.node->name.starts_with("dict_")) {
        return iterable.items().front();
    }
    if (is_indexable(iterable)) {
        return iterable;
    }
    if (const Value text = as_text(t, iterable); !text.is_null()) {
        return text;
    }
    if (iterable.shape != Shape::SequenceIterator) {
        return {};
    }
    const Value &position = iterable.items()[0], &source = iterable.items()[1];
    const bool is_new = t.known_int(position) == 0;
    const bool is_of_groups = source.shape == Shape::View && source.node->name == "groups";
    if (holds_mixed(source) || (is_of_groups && !is_new)) {
        return {};
    }
    if (is_new) {
        return source;
    }
    return rest_of(t, source, position);
}

Value sliced_view(Translation& t, const Value& source, const Value& start, const Value& step, ValueId count) {
    return view(t, kSliceView, {source, start, step, int_value(count)});
}

bool is_stored_alike(KindRef from, KindRef to) {
    if (from == to || from->tag == Tag::Never) {
        return from == to || from->leaves == to->leaves;
    }
    if (from->tag != to->tag || from->items.size() != to->items.size()) {
        return false;
    }
    if (from->item) {
        return from->item->tag == Tag::Never || is_stored_alike(from->item, to->item);
    }
    return from->is_row() && std::equal(from->items.begin(), from->items.end(), to->items.begin(), is_stored_alike);
}

void store_item(Translation& t, const Value& item, ValueId address, ValueId offset) {
    std::vector<ValueId> leaves;
    append_leaf_values(item, leaves);
    for (size_t i = 0; i < leaves.size(); ++i) {
        const ValueId place = i == 0 ? offset : t.emit(Op::IAdd, {offset, t.constant(static_cast<int64_t>(8 * i))});
        t.emit(Op::Store, {address, place, leaves[i]}, t.builder().type(leaves[i]) == ir::Type::Bool ? 1 : 8);
    }
}

std::optional<Value> as_kind(Translation& t, const Value& value, KindRef kind) {
    t.looks().look(value);
    const KindRef own = kind_of(value);
    if (!kind->is_plain) {
        return std::nullopt;
    }
    if (own == kind) {
        return value;
    }
    if (!own || join(own, kind) != kind) {
        return std::nullopt;
    }
    if (value.shape == Shape::Text) {
        const ValueId place = t.emit(Op::Reserve, {unit_bytes_of(t, kind, length_of(value))});
        const ir::Units units{static_cast<uint8_t>(kind->object), static_cast<uint8_t>(own->object)};
        t.emit(Op::Copy, {place, address_of(value), length_of(value)}, units.immediate());
        return dynamic_value(t, kind, place, length_of(value));
    }
    if (value.shape == Shape::Sequence && is_stored_alike(own, kind)) {
        return dynamic_value(t, kind, address_of(value), length_of(value));
    }
    if (value.is_row() && kind->item) {
        return to_sequence(t, value, kind->item);
    }
    if (!value.is_row() || !kind->is_row()) {
        return std::nullopt;
    }
    std::vector<Value> items;
    for (size_t i = 0; i < value.items().size(); ++i) {
        const std::optional<Value> item = as_kind(t, value.items()[i], kind->items[i]);
        if (!item) {
            return std::nullopt;
        }
        items.push_back(*item);
    }
    return t.row(value.shape, std::move(items));
}

std::optional<Value> to_sequence(Translation& t, const Value& row, KindRef item_kind, ValueId room) {
    t.looks().look(row);
    KindRef item = item_kind;
    for (const Value& each : row.items()) {
        const KindRef kind = kind_of(each);
        item = kind ? join(item, kind) : nullptr;
        if (!item || !item->is_plain) {
            return std::nullopt;
        }
    }
    const auto size = static_cast<int64_t>(row.items().size());
    const ValueId length = t.constant(size);
    const ValueId address = t.emit(Op::Reserve, {bytes_of(t, item, room == ir::kNoValue ? length : room)});
    for (int64_t i = 0; i < size; ++i) {
        const std::optional<Value> stored = as_kind(t, row.items()[static_cast<size_t>(i)], item);
        if (!stored) {
            return std::nullopt;
        }
        store_item(t, *stored, address, bytes_of(t, item, t.constant(i)));
    }
    return dynamic_value(t, row.shape == Shape::Tuple ? tuple_of_kind(item) : list_of_kind(item), address, length);
}

bool holds_lists(KindRef kind) {
    return kind->tag == Tag::List || kind->tag == Tag::ListOf || kind->tag == Tag::Record ||
           (kind->item && holds_lists(kind->item)) || std::any_of(kind->items.begin(), kind->items.end(), holds_lists);
}

Value copy_of(Translation& t, const Value& sequence, KindRef kind, ValueId first, ValueId count) {
    const KindRef item = sequence.node->kind->item;
    const ValueId bytes = bytes_of(t, item, count);
    const ValueId place = t.emit(Op::Reserve, {bytes});
    const ValueId from = t.emit(Op::IAdd, {address_of(sequence), bytes_of(t, item, first)});
    t.emit(Op::Copy, {place, from, bytes}, ir::Units{1, 1}.immediate());
    return dynamic_value(t, kind, place, count);
}

KindRef kind_of_items(const Value& source) {
    switch (source.shape) {
    case Shape::Sequence: return source.node->kind->item;
    case Shape::Text: return source.node->kind;
    case Shape::Range: return int_kind();
    default: break;
    }
    if (source.shape == Shape::View && source.node->name == kRepeatView) {
        return source.items()[0].has_kind() ? kind_of(source.items()[0]) : nullptr;
    }
    if (source.shape == Shape::View && (source.node->name == kCycleView || source.node->name == kSliceView)) {
        return kind_of_items(source.items()[0]);
    }
    if (source.shape != Shape::View || (source.node->name != "zip" && source.node->name != "enumerate")) {
        return nullptr;
    }
    std::vector<KindRef> kinds;
    for (const Value& each : source.items()) {
        kinds.push_back(each.is_number() ? int_kind() : kind_of_items(each));
    }
    if (source.node->name == "enumerate") {
        std::swap(kinds[0], kinds[1]);
    }
    const bool is_known = std::find(kinds.begin(), kinds.end(), nullptr) == kinds.end();
    return is_known ? tuple_kind(kinds) : nullptr;
}

}  // namespace pp::frontend
