/// The table of numeric intrinsics and what its parts share.
#include "frontend/intrinsics.h"

#include <algorithm>
#include <string>

#include "frontend/enums.h"
#include "frontend/intrinsics_support.h"
#include "frontend/iterator_views.h"
#include "frontend/numbers.h"
#include "frontend/operators.h"
#include "frontend/records.h"
#include "frontend/sequences.h"

namespace pp::frontend {

std::span<const IntrinsicEntry> numeric_intrinsics() {
    static const std::vector<IntrinsicEntry> table = [] {
        std::vector<IntrinsicEntry> rows;
        for (std::span<const IntrinsicEntry> part :
             {math_intrinsics(), followed_intrinsics(), builtin_intrinsics(), extreme_intrinsics(),
              operator_intrinsics(), method_intrinsics(), complex_intrinsics(), cmath_intrinsics(), record_intrinsics(),
              text_intrinsics(), text_method_intrinsics(), format_intrinsics(), functional_intrinsics(),
              prelude_intrinsics(), number_intrinsics(), written_intrinsics(), dataclass_intrinsics(), set_intrinsics(),
              iterator_intrinsics()}) {
            rows.insert(rows.end(), part.begin(), part.end());
        }
        return rows;
    }();
    return table;
}

Outcomes wrong_count(Translation& t, const IntrinsicCall& call) {
    return t.raises(std::string(call.name) + "() does not take " + std::to_string(call.arguments.size()) +
                    " arguments");
}

Outcomes wrong_type(Translation& t, const IntrinsicCall& call, const Value& value) {
    if (is_int_member(t, value)) {
        return t.beyond(std::string(call.name) + "() of a " + quoted(type_name(value)));
    }
    if (is_number_object(value)) {
        return numpy_computes(t, std::string(call.name) + "()", value);
    }
    if (value.is_unforeseen) {
        return t.beyond(std::string(call.name) + "() of " + unforeseen_text(value));
    }
    const bool is_known = value.is_known() || value.shape == Shape::Function || value.shape == Shape::Module;
    const std::string what = std::string(call.name) + "() of a " + quoted(type_name(value));
    // Instances may have methods for it, `__float__`, `__index__`.
    return is_known && !value.is_dynamic() && !is_instance_record(value)
               ? t.raises("TypeError", what)
               : t.unsupported(what, {}, "compute with float, int, bool, tuples and lists");
}

bool are_numbers(std::span<const Value> values) {
    return std::all_of(values.begin(), values.end(), [](const Value& value) { return value.is_number(); });
}

bool are_integral(std::span<const Value> values) {
    return std::all_of(values.begin(), values.end(), [](const Value& value) { return value.is_integral(); });
}

Outcomes not_numbers(Translation& t, const IntrinsicCall& call) {
    const auto is_number = [](const Value& value) { return value.is_number(); };
    return wrong_type(t, call, *std::find_if_not(call.arguments.begin(), call.arguments.end(), is_number));
}

Outcomes not_integral(Translation& t, const IntrinsicCall& call) {
    const auto is_integral = [](const Value& value) { return value.is_integral(); };
    return wrong_type(t, call, *std::find_if_not(call.arguments.begin(), call.arguments.end(), is_integral));
}

std::vector<Value> to_floats(Translation& t, std::span<const Value> numbers) {
    std::vector<Value> floats;
    for (const Value& number : numbers) {
        floats.push_back(float_value(to_float(t, number)));
    }
    return floats;
}

Value iterable(Translation& t, const Value& value) {
    std::vector<Value> items;
    if (try_items(t, value, items)) {
        return t.row(Shape::Tuple, std::move(items));
    }
    return indexable_of(t, value);
}

bool take_keyword(const IntrinsicCall& call, std::string_view name, Value& value) {
    if (call.keywords.empty()) {
        return true;
    }
    if (call.keywords.size() > 1 || call.keywords[0].name != name || !value.is_null()) {
        return false;
    }
    value = call.keywords[0].value;
    return true;
}

Value select_scalar(Translation& t, ir::ValueId condition, const Value& if_true, const Value& if_false) {
    const auto origin = [&](const NodeOrigin& of) { return of.is_fixed() ? t.origin(of.fixed) : of.dynamic; };
    Value chosen = if_true;
    if (if_true.leaf != if_false.leaf) {
        chosen.leaf = t.emit(ir::Op::Select, {condition, if_true.leaf, if_false.leaf});
    }
    if (if_true.origin != if_false.origin) {
        chosen.origin.dynamic = t.emit(ir::Op::Select, {condition, origin(if_true.origin), origin(if_false.origin)});
    }
    return chosen;
}

Value as_int(Translation& t, const Value& integral) {
    return integral.shape == Shape::Int ? integral : int_value(to_int(t, integral));
}

}  // namespace pp::frontend
