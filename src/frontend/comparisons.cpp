/// Comparison, identity and truth of abstract values.
#include <cmath>
#include <span>
#include <utility>

#include "base/error.h"
#include "frontend/big_int.h"
#include "frontend/complexes.h"
#include "frontend/enums.h"
#include "frontend/hash_tables.h"
#include "frontend/numbers.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"
#include "frontend/tables.h"

namespace pp::frontend {
namespace {

using ir::Op;
using ir::ValueId;

/// Ints up to this magnitude are floats exactly.
constexpr int64_t kExactFloat = int64_t{1} << 53;

/// The operator that gives the same answer with the operands exchanged.
CompareOperator mirrored(CompareOperator op) {
    switch (op) {
    case CompareOperator::Lt: return CompareOperator::Gt;
    case CompareOperator::Le: return CompareOperator::Ge;
    case CompareOperator::Gt: return CompareOperator::Lt;
    case CompareOperator::Ge: return CompareOperator::Le;
    default: return op;
    }
}

std::string_view method_name(CompareOperator op) {
    switch (op) {
    case CompareOperator::Lt: return "__lt__";
    case CompareOperator::Le: return "__le__";
    case CompareOperator::Eq: return "__eq__";
    case CompareOperator::Ne: return "__ne__";
    case CompareOperator::Gt: return "__gt__";
    case CompareOperator::Ge: return "__ge__";
    }
    return {};
}

ir::Comparison comparison(CompareOperator op) {
    switch (op) {
    case CompareOperator::Lt: return ir::Comparison::Lt;
    case CompareOperator::Le: return ir::Comparison::Le;
    case CompareOperator::Eq: return ir::Comparison::Eq;
    case CompareOperator::Ne: return ir::Comparison::Ne;
    case CompareOperator::Gt: return ir::Comparison::Gt;
    case CompareOperator::Ge: return ir::Comparison::Ge;
    }
    return ir::Comparison::Eq;
}

template <typename Number> bool holds(CompareOperator op, Number left, Number right) {
    switch (op) {
    case CompareOperator::Lt: return left < right;
    case CompareOperator::Le: return left <= right;
    case CompareOperator::Eq: return left == right;
    case CompareOperator::Ne: return left != right;
    case CompareOperator::Gt: return left > right;
    case CompareOperator::Ge: return left >= right;
    }
    return false;
}

ValueId compare_leaves(Translation& t, CompareOperator op, bool is_float, ValueId left, ValueId right) {
    switch (op) {
    case CompareOperator::Lt: return t.emit(is_float ? Op::FLt : Op::ILt, {left, right});
    case CompareOperator::Le: return t.emit(is_float ? Op::FLe : Op::ILe, {left, right});
    case CompareOperator::Eq: return t.emit(is_float ? Op::FEq : Op::IEq, {left, right});
    case CompareOperator::Ne: return t.emit(is_float ? Op::FNe : Op::INe, {left, right});
    case CompareOperator::Gt: return t.emit(is_float ? Op::FLt : Op::ILt, {right, left});
    case CompareOperator::Ge: return t.emit(is_float ? Op::FLe : Op::ILe, {right, left});
    }
    return ir::kNoValue;
}

bool is_text(const Value& value) {
    return value.shape == Shape::Object && value.node->name == "str";
}

/// A constant or not.
bool is_any_text(const Value& value) {
    return value.shape == Shape::Text || (is_text(value) && value.node->text);
}

/// Whether two objects are equal, where that can be told.
ValueId equal_objects(Translation& t, const Value& left, const Value& right) {
    if (is_text(left) && is_text(right)) {
        if (left.number == right.number) {
            return t.constant(true);
        }
        return left.node->text && right.node->text ? t.constant(*left.node->text == *right.node->text) : ir::kNoValue;
    }
    const bool has_text = is_text(left) || is_text(right);
    const bool other_is_plain = left.shape != Shape::Object || right.shape != Shape::Object;
    return has_text && other_is_plain ? t.constant(false) : ir::kNoValue;
}

/// Of as many items on both sides.
ValueId equal_pairs(Translation& t, std::span<const Value> left, std::span<const Value> right) {
    ValueId all = t.constant(true);
    for (size_t i = 0; i < left.size(); ++i) {
        const ValueId same = equal_items(t, left[i], right[i]);
        if (same == ir::kNoValue) {
            return ir::kNoValue;
        }
        all = logical_and(t, all, same);
    }
    return all;
}

ValueId equal_rows(Translation& t, const Value& left, const Value& right) {
    if (left.shape != right.shape || left.items().size() != right.items().size()) {
        return t.constant(false);
    }
    return equal_pairs(t, left.items(), right.items());
}

bool is_plain_dict(const Value& value) {
    return is_dict(value) && value.node->record->form == RecordForm::Dict;
}

/// Of dicts whose keys are constant text.
ValueId equal_dicts(Translation& t, const Value& left, const Value& right) {
    t.looks().look(left);
    t.looks().look(right);
    const std::vector<std::string>& names = left.node->record->fields;
    if (names.size() != right.node->record->fields.size()) {
        return t.constant(false);
    }
    std::vector<Value> others;  // in the order of the left one's
    for (const std::string& name : names) {
        const size_t place = right.node->record->find(name);
        if (place == RecordShape::kNoField) {
            return t.constant(false);
        }
        others.push_back(right.items()[place]);
    }
    return equal_pairs(t, left.items(), others);
}

/// An object that compiled code only carries, and another value. Only None and bools are known to be other objects.
ValueId identical_carried(Translation& t, const Value& left, const Value& right) {
    const auto is_singleton = [](const Value& value) {
        return value.shape == Shape::None || value.shape == Shape::Bool;
    };
    const auto is_no_singleton = [](const Value& value) { return value.is_carried() && value.shape != Shape::Any; };
    if ((is_no_singleton(left) && is_singleton(right)) || (is_no_singleton(right) && is_singleton(left))) {
        return t.constant(false);
    }
    const bool is_same_node = left.origin.is_fixed() && left.origin == right.origin;
    return is_same_node && left.is_carried() && right.is_carried() ? t.constant(true) : ir::kNoValue;
}

/// Lexicographic order of two rows; kNoValue where some pair of items has no order that can be told here.
ValueId order_rows(Translation& t, CompareOperator op, const Value& left, const Value& right) {
    const size_t left_size = left.items().size(), right_size = right.items().size();
    ValueId result = t.constant(holds(op, left_size, right_size));
    for (size_t i = std::min(left_size, right_size); i-- > 0;) {
        const Value &a = left.items()[i], &b = right.items()[i];
        const ValueId same = equal_items(t, a, b);
        if (same == ir::kNoValue) {
            return ir::kNoValue;
        }
        if (t.known_bool(same) == true) {
            continue;
        }
        ValueId order = ir::kNoValue;
        if (a.is_number() && b.is_number()) {
            order = compare_numbers(t, op, a, b);
        } else if (is_any_text(a) && is_any_text(b)) {
            order = compare_dynamic(t, op, as_text(t, a), as_text(t, b)).front().value.leaf;
        } else if (a.is_row() && a.shape == b.shape) {
            order = order_rows(t, op, a, b);
        }
        if (order == ir::kNoValue) {
            return ir::kNoValue;
        }
        result = t.known_bool(same) == false ? order : t.emit(Op::Select, {same, result, order});
    }
    return result;
}

/// A number compared with an int beyond 64 bits: the sign decides for an int, and for a float where it may have the
/// very value.
ValueId compare_with_big(Translation& t, CompareOperator op, const Value& number, const BigInt& big) {
    if (number.is_integral()) {
        return t.constant(holds(op, 0, big.is_negative ? -1 : 1));
    }
    return big.exact ? compare_leaves(t, op, true, number.leaf, t.constant(*big.exact)) : ir::kNoValue;
}

}  // namespace

ValueId logical_and(Translation& t, ValueId left, ValueId right) {
    if (const std::optional<bool> known = t.known_bool(left)) {
        return *known ? right : left;
    }
    if (const std::optional<bool> known = t.known_bool(right)) {
        return *known ? left : right;
    }
    return t.emit(Op::BAnd, {left, right});
}

ValueId logical_or(Translation& t, ValueId left, ValueId right) {
    if (const std::optional<bool> known = t.known_bool(left)) {
        return *known ? left : right;
    }
    if (const std::optional<bool> known = t.known_bool(right)) {
        return *known ? right : left;
    }
    return t.emit(Op::BOr, {left, right});
}

ValueId logical_not(Translation& t, ValueId operand) {
    const std::optional<bool> known = t.known_bool(operand);
    return known ? t.constant(!*known) : t.emit(Op::BNot, {operand});
}

ValueId compare_numbers(Translation& t, CompareOperator op, const Value& left, const Value& right) {
    PP_CHECK(left.is_number() && right.is_number());
    const std::optional<int64_t> known_left = t.known_int(left), known_right = t.known_int(right);
    if (known_left && known_right) {
        return t.constant(holds(op, *known_left, *known_right));
    }
    const bool left_is_float = left.shape == Shape::Float, right_is_float = right.shape == Shape::Float;
    if (!left_is_float && !right_is_float) {
        return compare_leaves(t, op, false, to_int(t, left), to_int(t, right));
    }
    if (left_is_float && right_is_float) {
        return compare_leaves(t, op, true, left.leaf, right.leaf);
    }
    const Value& integral = left_is_float ? right : left;
    const std::optional<int64_t> known = left_is_float ? known_right : known_left;
    if (integral.shape == Shape::Bool || (known && *known <= kExactFloat && *known >= -kExactFloat)) {
        return compare_leaves(t, op, true, to_float(t, left), to_float(t, right));
    }
    const CompareOperator int_first = left_is_float ? mirrored(op) : op;
    return t.emit(Op::PyCompareIntFloat, {integral.leaf, left_is_float ? left.leaf : right.leaf},
                  static_cast<uint64_t>(comparison(int_first)));
}

ValueId equal(Translation& t, const Value& first, const Value& second) {
    Value left = first, right = second;
    replace_compared_members(t, "__eq__", "__eq__", left, right);
    if (is_named_tuple(left) || is_named_tuple(right)) {
        return equal(t, as_plain_tuple(left), as_plain_tuple(right));
    }
    if (left.is_number() && right.is_number()) {
        return compare_numbers(t, CompareOperator::Eq, left, right);
    }
    if (is_number_object(left) || is_number_object(right)) {
        return ir::kNoValue;
    }
    if (is_enum_member(left) || is_enum_member(right)) {
        return equal_members(t, left, right);
    }
    if (!left.has_kind() || !right.has_kind()) {
        const ValueId same = identical(t, left, right);
        const bool by_identity = left.shape == Shape::Intrinsic || left.shape == Shape::Function ||
                                 right.shape == Shape::Intrinsic || right.shape == Shape::Function;
        return by_identity && left.shape != Shape::Opaque && right.shape != Shape::Opaque ? same : ir::kNoValue;
    }
    if (is_plain_dict(left) && is_plain_dict(right)) {
        return equal_dicts(t, left, right);
    }
    if (left.is_carried() || right.is_carried() || left.shape == Shape::Record || right.shape == Shape::Record) {
        return ir::kNoValue;
    }
    const auto is_any_number = [](const Value& value) { return value.is_number() || value.shape == Shape::Complex; };
    if (is_any_number(left) && is_any_number(right)) {
        return complex_equal(t, left, right);
    }
    if (left.shape == Shape::Text || right.shape == Shape::Text) {
        const Value a = as_text(t, left), b = as_text(t, right);
        if (!a.is_null() && !b.is_null()) {
            return equal_texts(t, a, b);
        }
    }
    if (left.shape == Shape::Object || right.shape == Shape::Object) {
        return equal_objects(t, left, right);
    }
    if (left.is_row() && right.is_row()) {
        return equal_rows(t, left, right);
    }
    if (left.is_dynamic() || right.is_dynamic()) {  // of equal types: a loop, which only `compare` can make
        return type_name(left) == type_name(right) ? ir::kNoValue : t.constant(false);
    }
    return t.constant(left.shape == right.shape);  // None with None; of different types otherwise
}

ValueId equal_items(Translation& t, const Value& left, const Value& right) {
    if (left.is_number() && left.shape == right.shape && left.leaf == right.leaf) {
        return t.constant(true);
    }
    if (left.shape == Shape::Complex && right.shape == Shape::Complex) {
        for (const Value& part : left.items()) {  // two with NaNs may be one object
            t.guard(t.emit(Op::FEq, {part.leaf, part.leaf}));
        }
    }
    if (left.shape == Shape::Float && right.shape == Shape::Float) {
        const std::optional<double> known_left = t.known_float(left), known_right = t.known_float(right);
        const bool is_number = (known_left && !std::isnan(*known_left)) || (known_right && !std::isnan(*known_right));
        if (!is_number) {
            t.guard(
                t.emit(Op::BOr, {t.emit(Op::FEq, {left.leaf, left.leaf}), t.emit(Op::FEq, {right.leaf, right.leaf})}));
        }
    }
    return equal(t, left, right);
}

ValueId identical(Translation& t, const Value& left, const Value& right) {
    if (is_number_object(left) || is_number_object(right)) {
        // numpy's bools are two objects, wherever they come from.
        const Value& other = is_number_object(left) ? right : left;
        return other.is_number() || other.shape == Shape::None ? t.constant(false) : ir::kNoValue;
    }
    if (left.shape == Shape::Opaque || right.shape == Shape::Opaque) {
        return left.has_kind() || right.has_kind() ? t.constant(false) : ir::kNoValue;
    }
    if (left.is_carried() || right.is_carried()) {
        return identical_carried(t, left, right);
    }
    if (is_enum_member(left) || is_enum_member(right)) {
        return identical_members(t, left, right);
    }
    if (left.is_list() && right.is_list()) {
        const auto is_fresh = [](const Value& list) {
            return list.origin == NodeOrigin{} && !list.is_captured && !list.is_held;
        };
        return left.node == right.node             ? t.constant(true)
               : is_fresh(left) || is_fresh(right) ? t.constant(false)
                                                   : ir::kNoValue;
    }
    if ((left.is_dynamic() || right.is_dynamic()) && type_name(left) == type_name(right)) {
        return ir::kNoValue;
    }
    if (left.shape != right.shape) {
        return t.constant(false);
    }
    switch (left.shape) {
    case Shape::None: return t.constant(true);
    case Shape::Bool: return compare_numbers(t, CompareOperator::Eq, left, right);
    case Shape::Object:
    case Shape::Class:
    case Shape::Module: return t.constant(left.number == right.number);
    case Shape::HashTable:
    case Shape::Intrinsic: return t.constant(left.node == right.node);
    case Shape::Function:
        return left.node == right.node                       ? t.constant(true)
               : left.node->function != right.node->function ? t.constant(false)
                                                             : ir::kNoValue;
    case Shape::Record: {
        if (is_named_tuple(left) || is_named_tuple(right)) {
            return ir::kNoValue;
        }
        const auto is_own = [](const Value& record) {
            return record.origin == NodeOrigin{} && !record.is_captured && !record.is_held;
        };
        return left.node == right.node         ? t.constant(true)
               : is_own(left) || is_own(right) ? t.constant(false)
                                               : ir::kNoValue;
    }
    default: return ir::kNoValue;
    }
}

namespace {

/// Of an instance of a class with neither of these methods; Translator::ask_truth calls them.
ValueId truth_of_instance(Translation& t, uint64_t class_id) {
    for (const std::string_view name : {"__bool__", "__len__"}) {
        if (t.environment().class_attribute(class_id, name).kind != Binding::Kind::Missing) {
            return ir::kNoValue;
        }
    }
    return t.constant(true);
}

}  // namespace

ValueId truth(Translation& t, const Value& of) {
    const Value value = as_plain_int(t, of, {"__bool__"});
    switch (value.shape) {
    case Shape::Bool: return value.leaf;
    case Shape::Int: return compare_numbers(t, CompareOperator::Ne, value, t.int_constant(0));
    case Shape::Float: {
        const std::optional<double> known = t.known_float(value);
        return known ? t.constant(*known != 0.0) : t.emit(Op::FNe, {value.leaf, t.constant(0.0)});
    }
    case Shape::None: return t.constant(false);
    case Shape::Complex: return complex_truth(t, value);
    case Shape::Record:
        if (is_number_object(value)) {
            return truth(t, number_in(t, value));
        }
        if (is_named_tuple(value)) {
            return t.constant(!value.items().empty());
        }
        if (is_dict(value)) {
            t.looks().look_at_keys(value);
            return value.node->record->form == RecordForm::Dict ? t.constant(!value.items().empty()) : ir::kNoValue;
        }
        return truth_of_instance(t, value.node->record->class_id);
    case Shape::Table:
        return compare_numbers(t, CompareOperator::Ne, int_value(table_length(t, value)), t.int_constant(0));
    case Shape::HashTable:
        return compare_numbers(t, CompareOperator::Ne, int_value(hash_length(value)), t.int_constant(0));
    case Shape::Mapping:
    case Shape::Tuple:
    case Shape::List: return t.constant(!value.items().empty());
    case Shape::Sequence:
    case Shape::Text: return compare_numbers(t, CompareOperator::Ne, int_value(length_of(value)), t.int_constant(0));
    case Shape::Object:
        if (value.is_unforeseen && value.node->class_id == 0) {
            return t.constant(true);  // no int beyond 64 bits is zero
        }
        if (is_enum_member(value)) {
            return truth_of_instance(t, value.node->class_id);
        }
        return value.node->text ? t.constant(!value.node->text->empty()) : ir::kNoValue;
    case Shape::Function:
    case Shape::Intrinsic:
    case Shape::Method:
    case Shape::Module: return t.constant(true);
    default: return ir::kNoValue;
    }
}

Outcomes compare(Translation& t, CompareOperator op, const Value& first, const Value& second) {
    Value left = first, right = second;
    replace_compared_members(t, method_name(op), method_name(mirrored(op)), left, right);
    if (std::optional<Outcomes> outcomes = number_compare(t, op, left, right)) {
        return std::move(*outcomes);
    }
    if (is_named_tuple(left) || is_named_tuple(right)) {
        return compare(t, op, as_plain_tuple(left), as_plain_tuple(right));
    }
    if (left.is_number() && right.is_number()) {
        return t.done(bool_value(compare_numbers(t, op, left, right)));
    }
    if (left.is_dynamic() || right.is_dynamic()) {
        return compare_dynamic(t, op, left, right);
    }
    if (is_any_text(left) && is_any_text(right)) {  // UTF-8 has the order of code points
        return t.done(t.bool_constant(holds(op, left.node->text->compare(*right.node->text), 0)));
    }
    ValueId leaf = ir::kNoValue;
    if (const std::optional<BigInt> big = big_int_of(left.is_number() ? right : left);
        big && (left.is_number() || right.is_number())) {
        leaf = compare_with_big(t, left.is_number() ? op : mirrored(op), left.is_number() ? left : right, *big);
    } else if (op == CompareOperator::Eq || op == CompareOperator::Ne) {
        leaf = equal(t, left, right);
        if (leaf != ir::kNoValue && op == CompareOperator::Ne) {
            leaf = logical_not(t, leaf);
        }
    } else if (left.is_row() && left.shape == right.shape) {
        leaf = order_rows(t, op, left, right);
    } else if (left.is_known() && right.is_known() && left.shape != Shape::Record && right.shape != Shape::Record) {
        return t.raises("TypeError", quoted(type_name(left)) + " and " + quoted(type_name(right)) + " have no order");
    }
    if (leaf == ir::kNoValue && (left.is_unforeseen || right.is_unforeseen)) {
        return t.beyond(left.is_unforeseen ? left : right);
    }
    if (leaf == ir::kNoValue) {
        return t.unsupported("comparing " + quoted(type_name(left)) + " with " + quoted(type_name(right)), {});
    }
    return t.done(bool_value(leaf));
}

}  // namespace pp::frontend
