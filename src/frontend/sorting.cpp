/// See sorting.h.
#include "frontend/sorting.h"

#include <algorithm>
#include <utility>

namespace pp::frontend {
namespace {

/// A network of neighbours has n * (n - 1) / 2 comparisons; beyond this, sorting in memory is as fast.
constexpr size_t kMostSorted = 10;

}  // namespace

std::optional<std::vector<Value>> sorted_numbers(Translation& t, const std::vector<Value>& items, bool is_falling) {
    for (const Value& item : items) {
        t.looks().look(item);
    }
    const auto has_shape = [&](Shape shape) {
        return std::all_of(items.begin(), items.end(), [&](const Value& item) { return item.shape == shape; });
    };
    const bool is_float = has_shape(Shape::Float);
    if (items.size() > kMostSorted || (!is_float && !has_shape(Shape::Int))) {
        return std::nullopt;
    }
    std::vector<Value> sorted = items;
    for (Value& item : sorted) {
        item.origin = {};
        if (is_float && items.size() > 1) {
            t.guard(t.emit(ir::Op::FEq, {item.leaf, item.leaf}));
        }
    }
    const ir::Op less = is_float ? ir::Op::FLt : ir::Op::ILt;
    for (size_t i = 1; i < sorted.size(); ++i) {
        for (size_t place = i; place > 0; --place) {
            // Only neighbours are exchanged, and only where one belongs before the other: what is equal stays in order.
            const ir::ValueId left = sorted[place - 1].leaf, right = sorted[place].leaf;
            const ir::ValueId is_wrong = is_falling ? t.emit(less, {left, right}) : t.emit(less, {right, left});
            sorted[place - 1].leaf = t.emit(ir::Op::Select, {is_wrong, right, left});
            sorted[place].leaf = t.emit(ir::Op::Select, {is_wrong, left, right});
        }
    }
    return sorted;
}

}  // namespace pp::frontend
