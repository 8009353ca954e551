/// itertools' iterators that have no end, or take some of the items of another one.
#include <limits>
#include <string>
#include <utility>

#include "frontend/intrinsics_support.h"
#include "frontend/iterator_views.h"
#include "frontend/operators.h"
#include "frontend/sequences.h"
#include "frontend/tables.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// islice() of what is taken by position; what CPython raises for is handed back.
Outcomes slice_of(Translation& t, const Value& source, const Value& start, const Value& stop, const Value& step) {
    const ValueId zero = t.constant(int64_t{0}), one = t.constant(int64_t{1});
    for (const auto& [value, least] : {std::pair{start, zero}, {stop, zero}, {step, one}}) {
        t.guard(t.emit(Op::ILe, {least, value.leaf}));
    }
    const ValueId length = count_of(t, source);
    const ValueId end = t.emit(Op::Select, {t.emit(Op::ILt, {stop.leaf, length}), stop.leaf, length});
    const ValueId distance = t.emit(Op::ISub, {end, start.leaf});
    // The step is 1 where the guard has failed: a division by zero would end the process.
    const ValueId divisor = t.emit(Op::Select, {t.emit(Op::ILe, {one, step.leaf}), step.leaf, one});
    const ValueId turns = t.emit(Op::IAdd, {t.emit(Op::IDiv, {t.emit(Op::ISub, {distance, one}), divisor}), one});
    const ValueId count = t.emit(Op::Select, {t.emit(Op::ILt, {zero, distance}), turns, zero});
    return t.done(loop_iterator(t, sliced_view(t, source, start, step, count)));
}

Outcomes islice(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 4)) {
        return wrong_count(t, call);
    }
    constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();
    const auto bound = [&](size_t place, int64_t absent) {
        const bool is_given = place < call.arguments.size() && call.arguments[place].shape != Shape::None;
        return is_given ? call.arguments[place] : t.int_constant(absent);
    };
    const bool is_plain = call.arguments.size() == 2;
    const Value start = is_plain ? t.int_constant(0) : bound(1, 0), stop = bound(is_plain ? 1 : 2, kEnd);
    const Value step = is_plain ? t.int_constant(1) : bound(3, 1);
    for (const Value& value : {start, stop, step}) {
        if (!value.is_integral()) {
            return wrong_type(t, call, value);
        }
    }
    const Value source = indexable_of(t, call.arguments[0]);
    const bool has_stop = call.arguments[is_plain ? 1 : 2].shape != Shape::None;
    if (!source.is_null() && !holds_mixed(source) && (has_stop || !is_endless(loop_iterator(t, source)))) {
        return slice_of(t, source, as_int(t, start), as_int(t, stop), as_int(t, step));
    }
    const Value items = iterable(t, call.arguments[0]);
    return items.is_null() ? wrong_type(t, call, call.arguments[0])
                           : t.follow("sliced", {items, as_int(t, start), as_int(t, stop), as_int(t, step)});
}

Outcomes repeat(Translation& t, const IntrinsicCall& call) {
    Value times = has_count(call, 2, 2) ? call.arguments[1] : Value{};
    if (!has_count(call, 1, 2) || !take_keyword(call, "times", times)) {
        return wrong_count(t, call);
    }
    if (times.is_null()) {
        const Value& value = call.arguments[0];
        return value.is_iterator() ? t.unsupported("itertools.repeat() of an iterator", {}, "make it a tuple")
                                   : t.done(loop_iterator(t, view(t, kRepeatView, {value})));
    }
    return times.is_integral() ? t.follow("repeated", {call.arguments[0], as_int(t, times)})
                               : wrong_type(t, call, times);
}

/// count(start, step): a range up to the end of 64 bits, where an element is handed back or taken by nobody.
Outcomes count(Translation& t, const IntrinsicCall& call) {
    Value start = call.arguments.size() > 0 ? call.arguments[0] : t.int_constant(0);
    Value step = call.arguments.size() > 1 ? call.arguments[1] : t.int_constant(1);
    if (!has_count(call, 0, 2)) {
        return wrong_count(t, call);
    }
    for (const KeywordArgument& keyword : call.keywords) {
        (keyword.name == "start" ? start : step) = keyword.value;
    }
    if (!start.is_integral() || !step.is_integral()) {
        return t.unsupported("itertools.count() of these", {}, "count in the loop");
    }
    Node& node = t.node();
    node.name = t.name(kCountRange);
    node.items = {as_int(t, start), t.int_constant(std::numeric_limits<int64_t>::max()), as_int(t, step)};
    return t.done(loop_iterator(t, {.shape = Shape::Range, .node = &node}));
}

/// What is taken by position: an indexable, or a row in memory; Null where it is neither, or holds items of several
/// types.
Value in_memory_of(Translation& t, const Value& iterable) {
    const Value source = indexable_of(t, iterable);
    std::vector<Value> items;
    if (!source.is_null() || !try_items(t, iterable, items)) {
        return holds_mixed(source) ? Value{} : source;
    }
    return to_sequence(t, t.row(Shape::Tuple, std::move(items))).value_or(Value{});
}

Outcomes cycle(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 1)) {
        return wrong_count(t, call);
    }
    const Value source = in_memory_of(t, call.arguments[0]);
    if (source.is_list() && call.arguments[0].is_list() && source.origin == NodeOrigin{} && !source.is_captured) {
        return t.unsupported("itertools.cycle() of a list", "it may change meanwhile", "make it a tuple");
    }
    return source.is_null() ? wrong_type(t, call, call.arguments[0])
                            : t.done(loop_iterator(t, view(t, kCycleView, {source})));
}

Outcomes compress(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 2, 2)) {
        return wrong_count(t, call);
    }
    const IntrinsicCall zip{"builtins.zip", call.arguments, {}};
    return then(t, find_intrinsic(zip.name)->call(t, zip),
                [&](const Value& rows) { return t.follow("compressed", {iterable(t, rows)}); });
}

/// tee(iterable, n=2): iterators that each go their own way.
Outcomes tee(Translation& t, const IntrinsicCall& call) {
    if (!has_count(call, 1, 2)) {
        return wrong_count(t, call);
    }
    const std::optional<int64_t> known = call.arguments.size() > 1 ? t.known_int(call.arguments[1]) : 2;
    if (!known || *known < 0 || *known > 16) {
        return t.unsupported("itertools.tee() of a computed number", {}, "make the items a tuple");
    }
    std::vector<Value> items, iterators;
    const Value source = indexable_of(t, call.arguments[0]);
    const bool are_known = source.is_null() && try_items(t, call.arguments[0], items);
    if (source.is_null() && !are_known) {
        return wrong_type(t, call, call.arguments[0]);
    }
    for (int64_t i = 0; i < *known; ++i) {
        iterators.push_back(are_known ? row_iterator(t, items) : loop_iterator(t, source));
    }
    return t.done(t.row(Shape::Tuple, std::move(iterators)));
}

constexpr IntrinsicEntry kIterators[] = {
    {"itertools.islice", islice, 0, false, false, true},     {"itertools.repeat", repeat, 0, false, true, true},
    {"itertools.count", count, 0, false, true, true},        {"itertools.cycle", cycle, 0, false, false, true},
    {"itertools.compress", compress, 0, false, false, true}, {"itertools.tee", tee, 0, false, false, true},
};

}  // namespace

std::span<const IntrinsicEntry> iterator_intrinsics() {
    return kIterators;
}

}  // namespace pp::frontend
