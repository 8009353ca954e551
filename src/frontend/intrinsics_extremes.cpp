/// min and max: the winning object itself, of whatever kind it is.
#include "frontend/intrinsics_support.h"
#include "frontend/operators.h"
#include "frontend/sequences.h"
#include <algorithm>

namespace pp::frontend {
namespace {

using ir::ValueId;

/// The better of two: `next` where it compares so, else `best`.
Outcomes better(Translation& t, CompareOperator order, const Value& best, const Value& next) {
    if (best.is_number() && next.is_number()) {
        const ValueId wins = compare_numbers(t, order, next, best);
        if (const std::optional<bool> known = t.known_bool(wins)) {
            return t.done(*known ? next : best);
        }
        if (best.shape == next.shape) {
            return t.done(select_scalar(t, wins, next, best));
        }
    }
    return then(t, compare(t, order, next, best), [&](const Value& wins) -> Outcomes {
        const ValueId leaf = truth(t, wins);  // numpy's comparisons give bools of numpy's
        if (const std::optional<bool> known = t.known_bool(leaf)) {
            return t.done(*known ? next : best);
        }
        const Fork fork = t.fork(leaf);
        return {{.block = fork.if_true, .value = next}, {.block = fork.if_false, .value = best}};
    });
}

bool holds_dynamic(const Value& value) {
    return value.is_dynamic() ||
           (value.is_row() && std::any_of(value.items().begin(), value.items().end(), holds_dynamic));
}

/// The keywords of min and max. False where there is no such keyword.
bool take_keywords(const IntrinsicCall& call, Value& fallback, Value& key) {
    for (const KeywordArgument& keyword : call.keywords) {
        if (keyword.name == "default") {
            fallback = keyword.value;
        } else if (keyword.name != "key") {
            return false;
        } else if (keyword.value.shape != Shape::None) {
            key = keyword.value;
        }
    }
    return true;
}

/// With a key: of the items of one iterable, or of the arguments.
Outcomes extreme_by_key(Translation& t, const IntrinsicCall& call, const Value& fallback, const Value& key) {
    const bool is_least = static_cast<CompareOperator>(call.parameter) == CompareOperator::Lt;
    const std::string name = is_least ? "least_by" : "greatest_by";
    const std::vector<Value> arguments(call.arguments.begin(), call.arguments.end());
    const Value source = arguments.size() == 1 ? iterable(t, arguments[0]) : t.row(Shape::Tuple, arguments);
    if (source.is_null()) {
        return wrong_type(t, call, arguments[0]);
    }
    return fallback.is_null() ? t.follow(name, {source, key}) : t.follow(name + "_or", {source, key, fallback});
}

/// Of a row of any length, one after the other as CPython does.
Outcomes extreme_of_sequence(Translation& t, const IntrinsicCall& call, const Value& source, const Value& fallback) {
    const bool is_least = static_cast<CompareOperator>(call.parameter) == CompareOperator::Lt;
    if (fallback.is_null()) {
        return t.follow(is_least ? "least" : "greatest", {source});
    }
    return t.follow(is_least ? "least_or" : "greatest_or", {source, fallback});
}

/// `parameter`: the CompareOperator by which a later item wins.
Outcomes extreme(Translation& t, const IntrinsicCall& call) {
    Value fallback, key;
    if (call.arguments.empty()) {
        return t.raises("TypeError", std::string(call.name) + " expected at least 1 argument");
    }
    if (!take_keywords(call, fallback, key)) {
        return t.raises("TypeError", std::string(call.name) + "() got an unexpected keyword argument");
    }
    if (!key.is_null()) {
        return extreme_by_key(t, call, fallback, key);
    }
    std::vector<Value> items(call.arguments.begin(), call.arguments.end());
    if (items.size() == 1) {
        const Value row = items[0];
        items.clear();
        if (const Value source = indexable_of(t, row);
            source.is_dynamic() || row.is_iterator() || row.shape == Shape::Table) {
            if (!source.is_null()) {
                return extreme_of_sequence(t, call, source, fallback);
            }
        }
        if (!try_items(t, row, items)) {
            return row.shape == Shape::Range ? extreme_of_sequence(t, call, row, fallback) : wrong_type(t, call, row);
        }
        if (items.empty() && !fallback.is_null()) {
            return t.done(fallback);
        }
    } else if (!fallback.is_null()) {
        return t.raises("Cannot specify a default with several positional arguments");
    }
    if (items.empty()) {
        return t.raises("ValueError", std::string(call.name) + "() of nothing");
    }
    const auto order = static_cast<CompareOperator>(call.parameter);
    if (items.size() > 1 && std::any_of(items.begin(), items.end(), holds_dynamic)) {  // comparing them is followed
        return t.follow(order == CompareOperator::Lt ? "least" : "greatest", {t.row(Shape::Tuple, std::move(items))});
    }
    Outcomes best = t.done(items[0]);
    for (size_t i = 1; i < items.size(); ++i) {
        best = then(t, std::move(best), [&](const Value& value) { return better(t, order, value, items[i]); });
    }
    return best;
}

constexpr IntrinsicEntry kExtremes[] = {
    {"builtins.min", extreme, static_cast<uint64_t>(CompareOperator::Lt), false, true},
    {"builtins.max", extreme, static_cast<uint64_t>(CompareOperator::Gt), false, true},
};

}  // namespace

std::span<const IntrinsicEntry> extreme_intrinsics() {
    return kExtremes;
}

}  // namespace pp::frontend
