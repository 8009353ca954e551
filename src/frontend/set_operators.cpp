/// See set_operators.h.
#include "frontend/set_operators.h"

#include <string_view>
#include <vector>

#include "frontend/hash_tables.h"
#include "frontend/intrinsics_support.h"
#include "frontend/mappings.h"
#include "frontend/sequences.h"
#include "frontend/tables.h"

namespace pp::frontend {
namespace {

std::string_view function_of(BinaryOperator op) {
    switch (op) {
    case BinaryOperator::Or: return "set_union";
    case BinaryOperator::And: return "set_intersection";
    case BinaryOperator::Subtract: return "set_difference";
    case BinaryOperator::Xor: return "set_symmetric_difference";
    default: return {};
    }
}

/// None for a set, which is a type of its own, so that it is known wherever the prelude goes.
Value frozen_mark(Translation& t, const Value& set) {
    return type_name(set) == "frozenset" ? t.bool_constant(true) : none_value();
}

/// A row of known length as one of computed length, where it can be one: its loops are not unrolled.
Value in_memory(Translation& t, const Value& row) {
    const std::optional<Value> made = row.is_row() && !row.items().empty() ? to_sequence(t, row) : std::nullopt;
    return made ? *made : row;
}

/// A method of sets, `parameter` the number of its function, that takes any iterable.
Outcomes method(Translation& t, const IntrinsicCall& call) {
    constexpr std::string_view kFunctions[] = {
        "set_union",   "set_intersection", "set_difference",   "set_symmetric_difference",
        "set_at_most", "set_at_least",     "sets_are_disjoint"};
    constexpr uint64_t kFirstTest = 4;
    if (!has_count(call, 2, 2)) {
        return t.unsupported(std::string(call.name) + "() of other than two sets", {}, "give it one argument");
    }
    const Value& other = call.arguments[1];
    const Value items = is_set(other) ? set_items(t, other) : in_memory(t, iterable(t, other));
    if (items.is_null() || !is_set(call.arguments[0])) {
        return wrong_type(t, call, other);
    }
    t.looks().look(other);
    std::vector<Value> arguments{set_items(t, call.arguments[0]), items};
    if (call.parameter < kFirstTest) {
        arguments.push_back(frozen_mark(t, call.arguments[0]));
    }
    return t.follow(kFunctions[call.parameter], std::move(arguments));
}

constexpr IntrinsicEntry kSets[] = {
    {"set.union", method, 0, false, false, true},
    {"set.intersection", method, 1, false, false, true},
    {"set.difference", method, 2, false, false, true},
    {"set.symmetric_difference", method, 3, false, false, true},
    {"set.issubset", method, 4, false, false, true},
    {"set.issuperset", method, 5, false, false, true},
    {"set.isdisjoint", method, 6, false, false, true},
    {"frozenset.union", method, 0, false, false, true},
    {"frozenset.intersection", method, 1, false, false, true},
    {"frozenset.difference", method, 2, false, false, true},
    {"frozenset.symmetric_difference", method, 3, false, false, true},
    {"frozenset.issubset", method, 4, false, false, true},
    {"frozenset.issuperset", method, 5, false, false, true},
    {"frozenset.isdisjoint", method, 6, false, false, true},
};

}  // namespace

bool is_set(const Value& value) {
    const bool is_table = value.shape == Shape::Table || value.shape == Shape::HashTable;
    return is_mapping_set(value) || (is_table && (type_name(value) == "set" || type_name(value) == "frozenset"));
}

Value set_items(Translation& t, const Value& set) {
    if (set.shape == Shape::Table) {
        return table_keys(set);
    }
    if (set.shape == Shape::HashTable) {
        return hash_keys(set);
    }
    std::vector<Value> keys;
    for (const Value& key : set.items()) {
        const Value plain = plain_key(t, key);
        keys.push_back(plain.is_null() ? key : plain);
    }
    return in_memory(t, t.row(Shape::Tuple, std::move(keys)));
}

std::optional<Outcomes> set_binary(Translation& t, BinaryOperator op, const Value& left, const Value& right) {
    const std::string_view function = function_of(op);
    if (function.empty() || !is_set(left) || !is_set(right)) {
        return std::nullopt;
    }
    return t.follow(function, {set_items(t, left), set_items(t, right), frozen_mark(t, left)});
}

std::optional<Outcomes> set_compare(Translation& t, CompareOperator op, const Value& left, const Value& right) {
    constexpr std::string_view kFunctions[] = {"set_less",    "set_at_most", "sets_equal",
                                               "sets_differ", "set_greater", "set_at_least"};
    if (!is_set(left) || !is_set(right)) {
        return std::nullopt;
    }
    return t.follow(kFunctions[static_cast<size_t>(op)], {set_items(t, left), set_items(t, right)});
}

std::span<const IntrinsicEntry> set_intrinsics() {
    return kSets;
}

}  // namespace pp::frontend
